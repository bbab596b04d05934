from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from demos.drawing.notice import Notice
from demos.tavern import cast
from demos.tavern.guests import GUESTS
from demos.tavern.scene import Bubble, Line, Mood, Scene, Who

pygame = pytest.importorskip("pygame")
from demos.tavern.picture import Picture  # noqa: E402 - only where there is pygame

SIZE = (1280, 720)
ROOM = (8, 54, 884, 582)


@pytest.fixture(autouse=True)
def no_window(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield


def who(key: str, seat: int, mood: Mood = "calm", bubble: Bubble | None = None) -> Who:
    card = cast.card(key)
    return Who(key=key, short=key.capitalize(), name=card.name, role=card.role, seat=seat, mood=mood, bubble=bubble)


@pytest.fixture(scope="module")
def scene() -> Scene:
    guests = tuple(who(guest.key, seat) for seat, guest in enumerate(GUESTS))
    return Scene(now_ms=1000.0, place="The Copper Lantern", who=guests)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture()


def drawn(picture: Picture, scene: Scene, size: tuple[int, int] = SIZE) -> pygame.Surface:
    surface = pygame.Surface(size)
    picture.draw(surface, scene)
    return surface


def differs(one: pygame.Surface, other: pygame.Surface, area: tuple[int, int, int, int]) -> int:
    """Return how many pixels of an area differ."""
    cut = one.subsurface(area).copy()
    mask = pygame.mask.from_threshold(cut, (0, 0, 0), (1, 1, 1, 255), other.subsurface(area).copy())
    return int(area[2] * area[3] - mask.count())


@pytest.mark.parametrize(
    "size", [(640, 360), (1280, 720), (1920, 1080), (720, 1280), (3840, 2160), (320, 180), (40, 30)]
)
def test_any_size(scene: Scene, size: tuple[int, int]) -> None:
    lines = (Line(speaker="player", name="You", text="Hello"), Line(speaker="odo", name="Odo", text="Hm. " * 40))
    full = replace(
        scene,
        lines=lines,
        card=cast.card("odo"),
        typed="a long line " * 20,
        notices=(Notice(text="news " * 50, kind="trouble"),),
        who=(who("odo", 0, "talking", Bubble(text="Hm. " * 40)), *scene.who[1:]),
    )
    surface = drawn(Picture(), full, size)
    assert surface.get_size() == size
    assert len({tuple(surface.get_at((x, size[1] // 3))) for x in range(0, size[0], 3)}) > 5


def test_the_flame_never_stands_still(picture: Picture, scene: Scene) -> None:
    one, other = drawn(picture, scene), drawn(picture, replace(scene, now_ms=1600.0))
    assert differs(one, other, (400, 380, 100, 120)) > 200
    assert differs(one, one, (400, 380, 100, 120)) == 0


def test_a_bubble_is_over_its_speaker(picture: Picture, scene: Scene) -> None:
    plain = drawn(picture, scene)
    for seat, guest in enumerate(GUESTS):
        people = tuple(
            who(each.key, other, "talking", Bubble(text="I know something.", age_ms=500))
            if other == seat
            else scene.who[other]
            for other, each in enumerate(GUESTS)
        )
        surface = drawn(picture, replace(scene, who=people))
        changed = [differs(plain, surface, (left, 60, 290, 200)) for left in (10, 305, 600)]
        assert max(range(3), key=changed.__getitem__) == seat, guest.key


NEWS = (
    Notice(text="The model yields to the frame."),
    Notice(text="The engine has ended; it is started again. The evening goes on.", kind="trouble"),
    Notice(text="The engine is back.", kind="good"),
)


@pytest.mark.parametrize("size", [(640, 360), SIZE, (1920, 1080), (720, 1280)])
def test_news_cover_nothing_of_the_room(scene: Scene, size: tuple[int, int]) -> None:
    picture = Picture()
    plain, shown = drawn(picture, scene, size), drawn(picture, replace(scene, notices=NEWS), size)
    room = picture._parts.room
    assert differs(plain, shown, tuple(room)) == 0
    assert differs(plain, shown, tuple(picture._parts.transcript)) > 1000


def test_thinking_shows(picture: Picture, scene: Scene) -> None:
    thinking = replace(scene, who=(*scene.who[:2], who("pip", 2, "thinking")))
    assert differs(drawn(picture, scene), drawn(picture, thinking), (640, 190, 130, 160)) > 60


def test_what_is_clicked_is_who_is_there(picture: Picture, scene: Scene) -> None:
    drawn(picture, scene)
    assert [picture.guest_at(SIZE, at) for at in ((195, 330), (450, 270), (705, 330))] == ["odo", "anna", "pip"]
    assert picture.guest_at(SIZE, (300, 100)) is None and picture.guest_at(SIZE, (1100, 300)) is None
    assert picture.is_line_at(SIZE, (400, 665)) and not picture.is_line_at(SIZE, (400, 300))


def test_the_card_and_the_line(picture: Picture, scene: Scene) -> None:
    plain = drawn(picture, scene)
    chosen = drawn(picture, replace(scene, card=cast.card("anna")))
    assert differs(plain, chosen, (900, 54, 370, 100)) > 5000
    typed = drawn(picture, replace(scene, typed="Hello there"))
    assert differs(plain, typed, (100, 650, 200, 30)) > 100


def test_the_transcript_keeps_the_newest(picture: Picture, scene: Scene) -> None:
    many = tuple(Line(speaker="odo", name="Odo", text=f"Line {number}") for number in range(80))
    newest = replace(many[-1], text="Something else")
    side = (900, 600, 370, 80)
    one, other = drawn(picture, replace(scene, lines=many)), drawn(picture, replace(scene, lines=(*many[:-1], newest)))
    assert differs(one, other, side) > 50


def test_before_it_begins(picture: Picture, scene: Scene) -> None:
    waiting = drawn(picture, replace(scene, loading="Pip takes a seat", is_awake=False))
    lit = drawn(picture, scene)
    total = [sum(sum(surface.get_at((x, 400))[:3]) for x in range(20, 880, 10)) for surface in (waiting, lit)]
    assert total[0] < total[1] * 0.6


def test_any_words(picture: Picture, scene: Scene) -> None:
    strange = "<|im_end|>\x00\x1b[2J \ud800 \u202e\U0001f600 " + "W" * 3000
    people = (who("odo", 0, "talking", Bubble(text=strange, is_cut=True, source="fallback")), *scene.who[1:])
    lines = (Line(speaker="odo", name="Odo", text=strange, source="fallback"), Line(speaker="x", name=strange, text=""))
    drawn(picture, replace(scene, who=people, lines=lines, typed=strange, composed=strange, place=strange))
