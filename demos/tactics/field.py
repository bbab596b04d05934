"""The ground of a battle: cells, walls, cover, ways and lines of sight. Pure; knows nothing of soldiers."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Cell: TypeAlias = "tuple[int, int]"

WIDTH, HEIGHT = 16, 10
# Columns at both ends where the squads begin; nothing stands there.
CAMP = 3
WALLS, COVERS = 5, 6

_DIRECTIONS = tuple((right, down) for right in (1, 0, -1) for down in (-1, 0, 1) if (right, down) != (0, 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A grid of cells ``(x, y)`` with ``(0, 0)`` at the upper left.

    Args:
        width: Columns.
        height: Rows.
        walls: Cells that nobody enters or sees through.
        cover: Cells on which one is hit less often.
    """

    width: int = WIDTH
    height: int = HEIGHT
    walls: frozenset[Cell] = frozenset()
    cover: frozenset[Cell] = frozenset()

    @classmethod
    def random(cls, seed: int) -> Field:
        """Return ground of the usual size that is the same for both sides.

        Args:
            seed: Any whole number; the same number gives the same field.
        """
        rng = random.Random(f"field/{seed}")
        halves = [(x, y) for x in range(CAMP, WIDTH // 2) for y in range(HEIGHT)]
        drawn = rng.sample(halves, WALLS + COVERS)
        walls, cover = _with_mirrored(drawn[:WALLS]), _with_mirrored(drawn[WALLS:])
        made = cls(walls=frozenset(walls), cover=frozenset(cover))
        # A wall right across would end the battle before it begins.
        return made if made.is_connected else cls.random(seed + 1_000_003)

    @property
    def is_connected(self) -> bool:
        """Whether every cell that is no wall can be reached from every other."""
        free = [cell for cell in self.cells() if cell not in self.walls]
        return bool(free) and len(self.ways_to(free[:1])) == len(free)

    def cells(self) -> Iterator[Cell]:
        """Yield every cell, row by row."""
        return ((x, y) for y in range(self.height) for x in range(self.width))

    def is_open(self, cell: Cell) -> bool:
        """Whether a cell lies on the field and is no wall."""
        return 0 <= cell[0] < self.width and 0 <= cell[1] < self.height and cell not in self.walls

    def neighbours(self, cell: Cell, forward: int = 1) -> Iterator[Cell]:
        """Yield the cells one move away; nobody squeezes past the corner of a wall.

        Args:
            cell: From where.
            forward: 1 yields those to the right first, -1 those to the left; so both sides see the same order.
        """
        x, y = cell
        for right, down in _DIRECTIONS:
            there = (x + right * forward, y + down)
            is_straight = right == 0 or down == 0
            if self.is_open(there) and (is_straight or not self._is_corner(cell, there)):
                yield there

    def _is_corner(self, cell: Cell, there: Cell) -> bool:
        return (cell[0], there[1]) in self.walls or (there[0], cell[1]) in self.walls

    def ways_to(self, goals: Iterable[Cell]) -> Mapping[Cell, int]:
        """Return how many moves each cell is away from the nearest of some goals; unreachable ones are left out."""
        distances = {goal: 0 for goal in goals}
        around = _neighbours(self)
        queue = deque(distances)
        while queue:
            cell = queue.popleft()
            for there in around[cell]:
                if there not in distances:
                    distances[there] = distances[cell] + 1
                    queue.append(there)
        return distances

    def can_see(self, one: Cell, other: Cell) -> bool:
        """Whether no wall stands in the line between the middles of two cells; touching a corner does not count."""
        (x, y), (to_x, to_y) = one, other
        across, down = to_x - x, to_y - y
        return not any(
            min(x, to_x) <= wall_x <= max(x, to_x)
            and min(y, to_y) <= wall_y <= max(y, to_y)
            and 2 * abs(across * (wall_y - y) - down * (wall_x - x)) < abs(across) + abs(down)
            for wall_x, wall_y in self.walls
        )

    def mirrored(self, cell: Cell) -> Cell:
        """Return the cell where the other side sees this one."""
        return self.width - 1 - cell[0], cell[1]


@lru_cache(maxsize=16)
def _neighbours(field: Field) -> Mapping[Cell, tuple[Cell, ...]]:
    """Return the neighbours of every cell; found once for each field, because every walk asks for them."""
    return {cell: tuple(field.neighbours(cell)) for cell in field.cells()}


def distance(one: Cell, other: Cell) -> int:
    """Return how many moves two cells are apart where nothing is in the way."""
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _with_mirrored(cells: Iterable[Cell]) -> set[Cell]:
    return {place for x, y in cells for place in ((x, y), (WIDTH - 1 - x, y))}
