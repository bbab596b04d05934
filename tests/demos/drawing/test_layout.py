"""The parts of a window lie in it, and beside each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("pygame")

from demos.drawing.layout import LEAST_SCALE, MOST_SCALE, Layout

SIZES = st.tuples(st.integers(1, 4000), st.integers(1, 4000))


@settings(deadline=None)
@given(size=SIZES, cells=st.tuples(st.integers(1, 30), st.integers(1, 30)))
def test_parts_lie_in_the_window_and_do_not_overlap(size: tuple[int, int], cells: tuple[int, int]) -> None:
    layout = Layout.of(size, cells)
    parts = (layout.top, layout.bottom, layout.side, layout.stage)

    assert all(layout.window.contains(part) for part in parts if part.width and part.height)
    assert not any(one.colliderect(other) for one in parts for other in parts if one is not other)
    assert sum(part.width * part.height for part in parts) == size[0] * size[1]
    assert LEAST_SCALE <= layout.scale <= MOST_SCALE
    assert layout.field.size == (layout.cell * cells[0], layout.cell * cells[1])


@settings(deadline=None)
@given(size=st.tuples(st.integers(320, 4000), st.integers(240, 4000)))
def test_the_field_lies_on_the_stage_of_any_usual_window(size: tuple[int, int]) -> None:
    layout = Layout.of(size)

    assert layout.stage.contains(layout.field)
    assert layout.side.width >= size[0] // 16


@pytest.mark.parametrize(("size", "is_beside"), [((1280, 720), True), ((2560, 600), True), ((720, 1280), False)])
def test_the_panel_goes_where_the_cells_become_larger(size: tuple[int, int], is_beside: bool) -> None:
    layout = Layout.of(size)

    assert (layout.side.left >= layout.stage.right) == is_beside


def test_lengths_scale_with_the_window() -> None:
    assert Layout.of((1280, 720)).px(20) == 20
    assert Layout.of((2560, 1440)).px(20) == 40
    assert Layout.of((10, 10)).px(0.1) == 1
