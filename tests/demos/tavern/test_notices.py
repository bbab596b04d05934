from __future__ import annotations

import pytest

pygame = pytest.importorskip("pygame")

from demos.drawing.layout import Layout  # noqa: E402
from demos.drawing.notice import Notice  # noqa: E402
from demos.drawing.palette import CORAL, GREEN  # noqa: E402
from demos.drawing.type import Type  # noqa: E402
from demos.tavern.notices import draw_notices  # noqa: E402

LAYOUT = Layout.of((1280, 720))
ROOM = pygame.Rect(40, 30, 340, 400)


def drawn(*notices: Notice, rect: pygame.Rect = ROOM) -> pygame.Surface:
    surface = pygame.Surface((420, 480))
    draw_notices(surface, Type(LAYOUT.scale), LAYOUT, rect, notices)
    return surface


def height(surface: pygame.Surface, colour: tuple[int, int, int]) -> int:
    """Return how high what has about a colour is."""
    boxes = pygame.mask.from_threshold(surface, colour, (40, 40, 40, 255)).get_bounding_rects()
    return max((box.bottom for box in boxes), default=0) - min((box.top for box in boxes), default=0)


def test_the_newest_is_lowest() -> None:
    surface = drawn(Notice(text="Old.", kind="good"), Notice(text="New.", kind="trouble"))
    tops = [
        pygame.mask.from_threshold(surface, each, (30, 30, 30, 255)).get_bounding_rects()[0].top
        for each in (GREEN, CORAL)
    ]
    assert ROOM.top <= tops[0] < tops[1]


def test_long_news_have_a_few_rows() -> None:
    one, some = (
        height(drawn(Notice(text="Oh.", kind="good")), GREEN),
        height(drawn(Notice(text="word " * 20, kind="good")), GREEN),
    )
    assert one < some == height(drawn(Notice(text="word " * 2000, kind="good")), GREEN) < 4 * one


def test_only_the_newest_has_room() -> None:
    low = pygame.Rect(40, 30, 340, 34)
    surface = drawn(Notice(text="Old.", kind="good"), Notice(text="New.", kind="trouble"), rect=low)
    assert height(surface, CORAL) > 0 and height(surface, GREEN) == 0
    assert surface.get_clip() == surface.get_rect()


def test_old_news_are_gone() -> None:
    assert height(drawn(Notice(text="Oh.", kind="good", age_ms=6001.0)), GREEN) == 0


@pytest.mark.parametrize("text", ["", "\ud800\x00\u202e", "W" * 3000])
@pytest.mark.parametrize("width", [1, 20, 340])
def test_any_text_in_any_width(text: str, width: int) -> None:
    drawn(Notice(text=text), rect=pygame.Rect(0, 0, width, 10))
