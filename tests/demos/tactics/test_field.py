from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.tactics.field import CAMP, HEIGHT, WIDTH, Field, distance

CELLS = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1))
SEEDS = st.integers(0, 500)


@given(SEEDS)
def test_a_drawn_field(seed: int) -> None:
    field = Field.random(seed)
    assert field == Field.random(seed)
    assert field.is_connected
    assert not field.walls & field.cover
    for cells in (field.walls, field.cover):
        assert {field.mirrored(cell) for cell in cells} == cells
        assert all(CAMP <= x < WIDTH - CAMP for x, _ in cells)


@given(SEEDS, CELLS, CELLS)
def test_sight_is_mutual_and_the_same_in_a_mirror(seed: int, one: tuple[int, int], other: tuple[int, int]) -> None:
    field = Field.random(seed)
    assert field.can_see(one, other) == field.can_see(other, one)
    assert field.can_see(one, other) == field.can_see(field.mirrored(one), field.mirrored(other))


@pytest.mark.parametrize(
    ("other", "is_seen"),
    [((4, 2), False), ((4, 4), True), ((4, 1), False), ((3, 3), True), ((1, 2), True), ((5, 2), False), ((3, 1), True)],
)
def test_what_a_wall_hides(other: tuple[int, int], is_seen: bool) -> None:
    assert Field(walls=frozenset({(3, 2)})).can_see((2, 2), other) is is_seen


def test_ways_go_around_walls_and_not_past_their_corners() -> None:
    field = Field(width=5, height=3, walls=frozenset({(2, 0), (2, 1)}))
    assert distance((1, 0), (3, 0)) == 2
    # Down, across below the walls, and up again; no step cuts a corner.
    assert field.ways_to([(3, 0)])[(1, 0)] == 6
    assert not Field(width=3, height=1, walls=frozenset({(1, 0)})).is_connected
    assert (1, 1) not in set(Field(walls=frozenset({(1, 0)})).neighbours((0, 0)))


def test_neighbours_come_in_the_order_that_each_side_sees() -> None:
    field = Field(width=3, height=3)
    right, left = list(field.neighbours((1, 1), 1)), list(field.neighbours((1, 1), -1))
    assert [field.mirrored(cell) for cell in right] == left and len(left) == 8
