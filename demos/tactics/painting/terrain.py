"""The ground of a battle: the meadow with walls, in light and shadow."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import lru_cache

import pygame

from ...drawing.layout import Layout
from ...drawing.palette import SHADOW, WALL, WALL_DARK, mixed
from ...drawing.shapes import draw_polygon
from ..field import Cell, Field
from .brush import Brush, picture

_VARIANTS = 6


def terrain(meadow: pygame.Surface, layout: Layout, ground: Field) -> pygame.Surface:
    """Return a meadow with the walls of a battle, in the format of the meadow.

    Args:
        meadow: The window without walls.
        layout: Where the stage and the field are.
        ground: Walls.
    """
    image = meadow.copy()
    stage = image.subsurface(layout.stage)
    field = layout.field.move(-layout.stage.left, -layout.stage.top)
    _paint_walls(stage, field, layout.cell, ground.walls)
    return image


def _paint_walls(stage: pygame.Surface, field: pygame.Rect, cell: int, walls: Iterable[Cell]) -> None:
    cells = sorted(walls, key=lambda place: (place[1], place[0]))
    known = frozenset(cells)
    for x, y in cells:
        _paint_wall_shadow(stage, field.left + x * cell, field.top + y * cell, cell)
    for x, y in cells:
        block = _wall(cell, (x, y + 1) in known, (x * 3 + y * 5) % _VARIANTS)
        stage.blit(block, (field.left + x * cell - cell // 4, field.top + y * cell - cell // 4))


def _paint_wall_shadow(stage: pygame.Surface, left: int, top: int, cell: int) -> None:
    for step in range(9):
        reach = cell * (0.06 + 0.033 * step)
        points = [
            (left + 0.1 * cell, top + cell),
            (left + 0.1 * cell + reach, top + 0.98 * cell + reach * 0.55),
            (left + cell + reach, top + 0.98 * cell + reach * 0.55),
            (left + cell + reach, top + 0.2 * cell + reach),
            (left + cell, top + 0.15 * cell),
            (left + cell, top + cell),
        ]
        draw_polygon(stage, points, SHADOW, 15)


@lru_cache(maxsize=4 * _VARIANTS)
def _wall(cell: int, goes_on: bool, variant: int) -> pygame.Surface:
    """Return a block of stone, a quarter of a cell larger than its cell on each side."""
    rng = random.Random(variant)
    side = 2 * (cell // 4) + cell
    origin = (float(cell // 4), float(cell // 4))
    tones = [rng.uniform(-0.07, 0.1) for _ in range(12)]

    def paint(brush: Brush) -> None:
        front = 1.0 if goes_on else 0.98
        brush.box(0.01, -0.14, 0.98, front + 0.14, mixed(WALL_DARK, SHADOW, 0.12), radius=0.07)
        if not goes_on:
            _paint_courses(brush, tones)
        top = 0.86 + (0.14 if goes_on else -0.22)
        brush.box(0.02, -0.13, 0.96, top, WALL, radius=0.06, outline=False)
        _paint_slabs(brush, top, tones)

    return picture((side, side), cell, origin, paint, line=0.022)


def _paint_courses(brush: Brush, tones: list[float]) -> None:
    for row, y in enumerate((0.5, 0.73)):
        for column in range(3):
            x = 0.035 + column * 0.33 - (0.16 if row else 0.0)
            left, right = max(0.03, x), min(0.97, x + 0.31)
            colour = mixed(WALL_DARK, WALL, 0.22 + tones[row * 3 + column])
            brush.box(left, y + 0.02, right - left, 0.2, colour, radius=0.03, outline=False)
    brush.box(0.87 if tones[0] > 0 else 0.84, 0.75, 0.1, 0.2, mixed(WALL_DARK, WALL, 0.1), radius=0.03, outline=False)


def _paint_slabs(brush: Brush, top: float, tones: list[float]) -> None:
    gap = mixed(WALL, WALL_DARK, 0.55)
    brush.box(0.03, -0.12, 0.94, top - 0.02, gap, radius=0.05, outline=False)
    half = (top - 0.05) / 2
    for number, (x, y, width) in enumerate(
        ((0.03, -0.12, 0.55), (0.605, -0.12, 0.365), (0.03, -0.095 + half, 0.34), (0.395, -0.095 + half, 0.575))
    ):
        colour = mixed(WALL, (236, 230, 214), 0.16 + tones[6 + number])
        brush.box(x, y, width, half, colour, radius=0.045, outline=False)
        brush.line([(x + 0.05, y + 0.025), (x + width - 0.05, y + 0.025)], (228, 223, 210), 0.016, outline=False)
