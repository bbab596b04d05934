"""Shapes have the size they are told, smooth edges, and leave what they share as it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from demos.drawing import shapes  # noqa: E402
from demos.drawing.palette import GOLD, NIGHT, mixed  # noqa: E402

PLACES = st.tuples(st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))


def canvas() -> pygame.Surface:
    """Return a black surface."""
    return pygame.Surface((100, 60))


def test_a_disc_is_round_and_smooth() -> None:
    image = shapes.disc(10, GOLD)

    assert image.get_at((10, 10))[:3] == GOLD
    assert image.get_at((0, 0)).a == 0
    assert any(0 < image.get_at((x, 4)).a < 255 for x in range(22))


@settings(deadline=None)
@given(size=st.tuples(st.integers(0, 90), st.integers(0, 90)), radius=st.integers(0, 60))
def test_a_rounded_box_has_its_size_and_colour(size: tuple[int, int], radius: int) -> None:
    image = shapes.rounded(size, radius, GOLD)
    width, height = image.get_size()

    assert (width, height) == (max(1, size[0]), max(1, size[1]))
    assert image.get_at((width // 2, height // 2))[:3] == GOLD


def test_a_panel_of_a_rounded_edge_leaves_its_corners_free() -> None:
    surface = canvas()
    shapes.draw_panel(surface, pygame.Rect(10, 10, 60, 40), colour=GOLD, edge=(255, 0, 0), radius=12)

    assert surface.get_at((10, 10))[:3] == (0, 0, 0)
    assert surface.get_at((40, 10))[:3] == (255, 0, 0)
    assert surface.get_at((40, 30))[:3] == GOLD


def test_a_faded_panel_leaves_the_next_one_solid() -> None:
    rect, solid = pygame.Rect(10, 10, 60, 40), canvas()
    shapes.draw_panel(canvas(), rect, colour=GOLD, edge=None, alpha=20)
    shapes.draw_panel(solid, rect, colour=GOLD, edge=None)

    assert solid.get_at(rect.center)[:3] == GOLD


@pytest.mark.parametrize(("share", "filled"), [(-1.0, 0), (0.0, 0), (0.5, 40), (1.0, 80), (9.0, 80)])
@pytest.mark.parametrize("from_right", [False, True])
def test_a_bar_is_filled_to_its_share(share: float, filled: int, from_right: bool) -> None:
    surface = canvas()
    shapes.draw_bar(surface, pygame.Rect(10, 20, 80, 10), share, GOLD, back=NIGHT, from_right=from_right)
    row = [surface.get_at((x, 25))[:3] == GOLD for x in range(10, 90)]

    assert abs(sum(row) - filled) <= 3
    assert not any(row) or row[-1 if from_right else 0] or filled < 80


@settings(deadline=None)
@given(start=PLACES, end=PLACES, width=st.floats(0, 50), dash=st.floats(-1, 60), shift=st.floats(-2, 2))
def test_lines_of_any_kind_never_fail(
    start: tuple[float, float], end: tuple[float, float], width: float, dash: float, shift: float
) -> None:
    surface = canvas()
    shapes.draw_line(surface, start, end, GOLD, width=width, alpha=128)
    shapes.draw_arrow_head(surface, start, end, GOLD)
    if math.dist(start, end) < 3000 or dash < 0:
        shapes.draw_dashes(surface, start, end, GOLD, width=width, dash=dash if abs(dash) > 1 else -1, shift=shift)


def test_dashes_have_gaps() -> None:
    surface = canvas()
    shapes.draw_dashes(surface, (5, 30), (95, 30), GOLD, width=4, dash=10)
    row = [surface.get_at((x, 30))[:3] == GOLD for x in range(5, 95)]

    assert 30 < sum(row) < 65


def test_a_glow_fades_outwards() -> None:
    image = shapes.glow(20, GOLD)

    assert image.get_at((20, 20)).r > image.get_at((30, 20)).r > image.get_at((39, 20)).r


def test_a_shadow_is_darkest_below_its_box() -> None:
    image = shapes.shadow((40, 20), 5, 8)

    assert image.get_size() == (56, 36)
    assert image.get_at((28, 18)).a > image.get_at((28, 3)).a >= 0


@settings(deadline=None)
@given(share=st.floats(-5, 5))
def test_mixed_colours_are_colours(share: float) -> None:
    assert all(0 <= part <= 255 for part in mixed(GOLD, NIGHT, share))
