"""Any text can be drawn, cut and wrapped, within its width."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pygame = pytest.importorskip("pygame")

from demos.drawing.type import SizeName, Type, one_line, printable  # noqa: E402

WIDE = "Wil" * 4000
# Lone surrogates included: a player's text may come from anywhere.
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=60)


@pytest.fixture(scope="module")
def letters() -> Type:
    """Return one scale for all tests."""
    return Type(1.0)


@settings(deadline=None)
@given(text=ANY_TEXT)
@example(text="\x00\x07\x1b[31m\r\n\t")
@example(text="שלום مرحبا e\u0301\u200d\u202e 👩‍🚀 \ud800")
@example(text=WIDE)
def test_any_text_draws_inside_the_surface_it_is_told(letters: Type, text: str) -> None:
    surface = pygame.Surface((120, 40))
    rect = letters.draw(surface, text, (10, 5), width=100)

    assert rect.width <= 100
    assert letters.measure(text)[0] >= 0


@settings(deadline=None)
@given(text=ANY_TEXT, width=st.integers(1, 200))
@example(text=WIDE, width=90)
@example(text=WIDE, width=1)
def test_wrapped_lines_are_no_wider_than_asked(letters: Type, text: str, width: int) -> None:
    lines = letters.wrap(text, "small", width)

    assert lines
    # A single letter cannot be broken.
    assert all(len(line) <= 1 or letters.measure(line, "small")[0] <= width for line in lines)


@settings(deadline=None)
@given(text=ANY_TEXT, width=st.integers(0, 200))
def test_cut_text_fits(letters: Type, text: str, width: int) -> None:
    assert letters.measure(letters.cut(text, "body", width), "body")[0] <= max(width, 0) or width == 0


def test_wrapping_keeps_all_words(letters: Type) -> None:
    text = "The mill must not fall while we stand"

    assert " ".join(letters.wrap(text, "body", 80)) == text
    assert letters.wrap("one\ntwo", "body", 500) == ["one", "two"]
    assert letters.wrap("", "body", 500) == [""]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x00b", "a b"),
        ("e\u0301", "é"),
        ("x\u0302\u0303y", "xy"),
        ("zero\u200dwidth\u202e", "zerowidth"),
        ("to → there", "to -> there"),
        ("\U0001f600", "□"),
        ("\ud800", "□"),
    ],
)
def test_what_the_font_lacks_is_replaced(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_line_has_an_end() -> None:
    assert len(one_line("x" * 1_000_000)) < 1000


@pytest.mark.parametrize("scale", [0.1, 0.62, 1.0, 3.0])
def test_letters_grow_with_the_scale_but_stay_readable(scale: float) -> None:
    sizes: tuple[SizeName, ...] = ("tiny", "small", "body", "large", "title", "huge")
    heights = [Type(scale).line_height(size) for size in sizes]

    assert heights == sorted(heights)
    assert heights[0] >= 9


@pytest.mark.parametrize(
    ("align", "left", "right"), [("left", 100, None), ("right", None, 100), ("center", None, None)]
)
def test_a_line_begins_or_ends_where_told(letters: Type, align: str, left: int | None, right: int | None) -> None:
    rect = letters.draw(pygame.Surface((200, 40)), "Mara", (100, 4), align=align)

    assert left is None or rect.left == left
    assert right is None or rect.right == right
    assert align != "center" or abs(rect.centerx - 100) <= 1


def test_alpha_of_one_line_does_not_stay_with_the_next(letters: Type) -> None:
    faint, solid = pygame.Surface((80, 30)), pygame.Surface((80, 30))
    letters.draw(faint, "Bran", (2, 2), alpha=40)
    letters.draw(solid, "Bran", (2, 2))

    assert _light(faint) < _light(solid) / 3


def test_an_outline_makes_a_line_readable_on_its_own_colour(letters: Type) -> None:
    surface = pygame.Surface((80, 40))
    surface.fill((255, 255, 255))
    letters.draw(surface, "Bran", (2, 2), colour=(255, 255, 255), outline=(0, 0, 0))

    assert min(surface.get_at((x, y)).r for x in range(80) for y in range(40)) < 60


def _light(surface: pygame.Surface) -> int:
    width, height = surface.get_size()
    return sum(surface.get_at((x, y)).r for x in range(width) for y in range(height))
