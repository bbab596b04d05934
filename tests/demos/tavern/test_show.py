from __future__ import annotations

from collections.abc import Iterator

import pytest

from demos.tavern.minds import Minds
from demos.tavern.table import Table

pygame = pytest.importorskip("pygame")
from demos.start import Request  # noqa: E402 - only where there is pygame
from demos.tavern.show import TavernShow, open_show  # noqa: E402

SIZE = (960, 540)


@pytest.fixture
def show(minds: Minds, monkeypatch: pytest.MonkeyPatch) -> Iterator[TavernShow]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    made = TavernShow(Table(minds))
    try:
        yield made
    finally:
        made.close()


def begun(show: TavernShow, minds: Minds) -> pygame.Surface:
    surface = pygame.Surface(SIZE)
    show.advance(0.0)
    show.draw(surface)
    assert minds.wait_loaded(60)
    show.advance(20.0)
    show.draw(surface)
    return surface


def test_talking(show: TavernShow, minds: Minds) -> None:
    surface = begun(show, minds)
    assert show.is_loaded and show.is_typing
    show.on_text("Odo, where is the ferr")
    show.on_text("yy")
    assert show.on_key("backspace")
    show.on_compose("?")
    show.advance(40.0)
    show.draw(surface)
    show.on_compose("")
    assert show.on_key("enter")
    for frame in range(200):
        show.advance(60.0 + frame * 16)
        show.frame(16.7, 3.0)
    show.draw(surface)
    told = show.report()["transcript"]
    assert [line["text"] for line in told[:2]] == ["Co", "Odo, where is the ferry"] or told[0]["speaker"] == "player"


def test_letters_are_keys_when_nobody_types(show: TavernShow, minds: Minds) -> None:
    surface = begun(show, minds)
    assert not show.on_key("k") and not show.on_key("r")
    assert show.on_key("escape") and not show.is_typing
    assert show.on_key("p") and not minds.is_paced
    assert show.on_key("k")
    assert show.on_key("f1")
    show.draw(surface)
    assert show.on_key("f1")
    assert not show.on_key("escape")
    assert show.on_key("enter") and show.is_typing
    assert not show.on_key("left")


def test_clicks(show: TavernShow, minds: Minds) -> None:
    begun(show, minds)
    show.on_key("escape")
    show.on_click((530 * 960 // 1280, 665 * 540 // 720), 1, SIZE)
    assert show.is_typing
    show.on_click((195 * 3 // 4, 330 * 3 // 4), 1, SIZE)
    show.advance(30.0)
    assert show.report()["trouble"] == ""
    assert show.on_key("escape") and show.on_key("escape") and not show.on_key("escape")
    show.on_click((2000, 2000), 3, SIZE)
    show.on_notice("A picture was taken.")


def test_another_size_in_between(show: TavernShow, minds: Minds) -> None:
    begun(show, minds)
    for size in ((640, 360), (1, 1), (300, 900), SIZE):
        show.draw(pygame.Surface(size))


def test_a_show_for_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Minds, "load", lambda minds: None)
    show = open_show(Request(name="tavern", seed=4), None)
    show.advance(0.0)
    assert not show.is_loaded and not show.is_typing
    show.close()
