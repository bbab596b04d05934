"""Bubbles stay in their bounds and away from what they must not cover."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from demos.drawing.bubble import MOST_LINES, draw_bubble, fitted, place  # noqa: E402
from demos.drawing.type import Type  # noqa: E402

LETTERS = Type(1.0)
BACK = (1, 2, 3)


@settings(deadline=None)
@given(
    bounds=st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 500), st.integers(1, 400)),
    anchor=st.tuples(st.floats(-50, 600), st.floats(-50, 500)),
    text=st.text(max_size=200),
    others=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 400), st.integers(1, 99), st.integers(1, 60))),
)
def test_a_bubble_stays_inside_and_apart(
    bounds: tuple[int, int, int, int],
    anchor: tuple[float, float],
    text: str,
    others: list[tuple[int, int, int, int]],
) -> None:
    area, avoid = pygame.Rect(bounds), [pygame.Rect(other) for other in others]
    rect = draw_bubble(pygame.Surface((640, 480)), LETTERS, text, anchor, bounds=area, avoid=avoid)

    assert rect.width == 0 or area.contains(rect)
    assert rect.width == 0 or rect.collidelist(avoid) < 0


def test_a_bubble_is_above_its_speaker_when_there_is_room() -> None:
    rect = draw_bubble(pygame.Surface((640, 480)), LETTERS, "Hold!", (300, 300), bounds=pygame.Rect(0, 0, 640, 480))

    assert rect.bottom < 300
    assert rect.left < 300 < rect.right


def test_a_bubble_keeps_its_place_while_it_is_free() -> None:
    bounds = pygame.Rect(0, 0, 640, 480)
    first = place((80, 30), (300, 300), bounds=bounds)
    assert first is not None
    moved = place((80, 30), (300, 300), bounds=bounds, avoid=[first[0]])
    assert moved is not None

    assert moved[1] != first[1]
    assert place((80, 30), (300, 300), bounds=bounds, preferred=moved[1]) == moved


def test_there_is_no_place_for_what_is_larger_than_the_bounds() -> None:
    assert place((80, 30), (10, 10), bounds=pygame.Rect(0, 0, 79, 400)) is None


def test_of_a_long_text_the_end_is_shown() -> None:
    words = fitted(LETTERS, "word " * 200 + "last", 120)

    assert len(words.lines) == MOST_LINES
    assert words.lines[0].startswith("…")
    assert words.lines[-1].endswith("last")


def test_silence_is_three_dots() -> None:
    assert fitted(LETTERS, " \n", 120).lines == ("...",)


def test_paper_ink_and_edge_are_drawn_where_the_bubble_is() -> None:
    surface = pygame.Surface((400, 300))
    surface.fill(BACK)
    rect = draw_bubble(surface, LETTERS, "Reload!", (200, 200), bounds=surface.get_rect(), accent=(0, 0, 255))
    colours = {tuple(surface.get_at((x, rect.centery)))[:3] for x in range(rect.left, rect.right)}

    assert max(sum(colour) for colour in colours) > 700
    assert min(sum(colour) for colour in colours) < 300
    assert tuple(surface.get_at((rect.left, rect.centery)))[:3] == (0, 0, 255)
    assert tuple(surface.get_at((5, 5)))[:3] == BACK
