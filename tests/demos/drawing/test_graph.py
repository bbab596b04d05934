"""Curves show what was late, and stay where they belong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame", exc_type=ImportError)

from demos.drawing.graph import SHOWN_FRAMES, draw_decisions, draw_frames, quantile  # noqa: E402
from demos.drawing.palette import CORAL  # noqa: E402


def share_of(surface: pygame.Surface, colour: tuple[int, int, int]) -> float:
    """Return how much of a surface has exactly this colour."""
    mask = pygame.mask.from_threshold(surface, colour, (1, 1, 1, 255))
    return mask.count() / (surface.get_width() * surface.get_height())


def test_late_frames_are_seen() -> None:
    fast, slow = pygame.Surface((300, 100)), pygame.Surface((300, 100))
    rect = pygame.Rect(10, 10, 280, 80)
    draw_frames(fast, rect, (5.0,) * 240, 16.7)
    draw_frames(slow, rect, (5.0, 40.0) * 120, 16.7)
    assert share_of(fast, CORAL) == 0 and share_of(slow, CORAL) > 0.01


@given(st.lists(st.floats(0, 1e12), max_size=400), st.integers(1, 60), st.integers(1, 40))
@settings(max_examples=50)
def test_the_curve_stays_in_its_rectangle(times: list[float], width: int, height: int) -> None:
    surface = pygame.Surface((80, 60))
    rect = pygame.Rect(9, 9, width, height)
    draw_frames(surface, rect, times, 16.7)
    surface.fill((0, 0, 0), rect.inflate(4, 4))
    assert share_of(surface, (0, 0, 0)) == 1.0


def test_only_the_last_frames_have_room() -> None:
    many, few = pygame.Surface((300, 100)), pygame.Surface((300, 100))
    draw_frames(many, many.get_rect(), (40.0,) * 500 + (5.0,) * SHOWN_FRAMES, 16.7)
    draw_frames(few, few.get_rect(), (5.0,) * SHOWN_FRAMES, 16.7)
    assert pygame.image.tobytes(many, "RGB") == pygame.image.tobytes(few, "RGB")


def test_decisions_that_were_late_are_seen() -> None:
    well, late = pygame.Surface((300, 60)), pygame.Surface((300, 60))
    draw_decisions(well, well.get_rect(), (100.0,) * 30, (True,) * 30, 900.0, shown=60)
    draw_decisions(late, late.get_rect(), (100.0,) * 30, (True, False) * 15, 900.0, shown=60)
    assert share_of(well, CORAL) == 0 and share_of(late, CORAL) > 0


@given(
    st.lists(st.floats(0, 1e12), max_size=80),
    st.lists(st.booleans(), max_size=80),
    st.integers(1, 60),
    st.integers(1, 40),
)
@settings(max_examples=50)
def test_the_dots_stay_in_their_rectangle(times: list[float], flags: list[bool], width: int, height: int) -> None:
    surface = pygame.Surface((80, 60))
    rect = pygame.Rect(9, 9, width, height)
    draw_decisions(surface, rect, times, flags, 900.0, shown=60)
    surface.fill((0, 0, 0), rect.inflate(4, 4))
    assert share_of(surface, (0, 0, 0)) == 1.0


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 2), (0.99, 4), (1.0, 4)])
def test_quantiles_are_values_that_were_there(share: float, value: int) -> None:
    assert quantile([4, 1, 3, 2], share) == value
    assert quantile([], share) is None
