from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

pygame = pytest.importorskip("pygame")

from demos.drawing.gauges import Gauges  # noqa: E402
from demos.drawing.layout import Layout  # noqa: E402
from demos.drawing.palette import NIGHT  # noqa: E402
from demos.start import Request  # noqa: E402
from demos.tactics.loading import Loading  # noqa: E402
from demos.tactics.minds import Minds  # noqa: E402
from demos.tactics.play import Play, PlayOptions  # noqa: E402
from demos.tactics.recording import Replay  # noqa: E402
from demos.tactics.scene import Scene, TalkPanel  # noqa: E402
from demos.tactics.show import BattleShow, open_show  # noqa: E402
from demos.tactics.stage import Stage  # noqa: E402
from npc_sdk.errors import NpcError  # noqa: E402

SIZE = (960, 540)
PANEL = TalkPanel(label="guard_1", name="Mara", about="a captain")


class Game:
    """A game that stands still and notes what is done with it."""

    def __init__(self, **parts: Any) -> None:
        stage = Stage(seed=1, limit=9, tick_ms=1400.0, players={"blue": "model", "red": "utility"})
        self.scene: Scene = replace(stage.scene(0.0), **parts)
        self.gauges = Gauges()
        self.loading = Loading(text="Waking everybody", share=0.5)
        self.is_loaded = True
        self.done: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *given: self.done.append((name, *given))


@pytest.fixture(autouse=True)
def _screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pygame.display.init()
    pygame.display.set_mode(SIZE)
    yield
    pygame.display.quit()


def _drawn(show: BattleShow, now_ms: float = 1000.0) -> bytes:
    surface = pygame.Surface(SIZE)
    show.advance(now_ms)
    show.draw(surface)
    return bytes(pygame.image.tobytes(surface, "RGB"))


def test_keys_do_what_they_say() -> None:
    game = Game()
    show = BattleShow(game)
    for key in ("p", "v", "k", "r", "space", "pause", "x", "enter", "backspace", "1"):
        show.on_key(key)
    assert [name for name, *_ in game.done] == [
        "load",
        "toggle_pacing",
        "toggle_reserve",
        "kill_engine",
        "restart",
        "toggle_pause",
        "toggle_pause",
    ]
    assert not show.on_key("escape")


def test_a_panel_takes_what_is_typed() -> None:
    game = Game(talk=PANEL)
    show = BattleShow(game)
    assert show.is_typing
    show.on_text("hold")
    assert show.on_key("backspace") and show.on_key("enter") and show.on_key("escape")
    assert game.done[1:] == [("type", "hold"), ("erase",), ("submit",), ("deselect",)]


def test_a_soldier_that_is_led_takes_numbers() -> None:
    game = Game(talk=replace(PANEL, choices=("hold", "retreat")))
    show = BattleShow(game)
    assert not show.is_typing
    for key in ("2", "3", "0"):
        show.on_key(key)
    assert game.done[1:] == [("choose", 1)]


def test_clicks_go_to_cells_and_choices() -> None:
    game = Game()
    show = BattleShow(game)
    _drawn(show)
    field = Layout.of(SIZE).field
    show.on_click((field.left + 1, field.top + 1), 1, SIZE)
    name, at, button = game.done[-1]
    assert (name, button) == ("click", 1) and at is not None and max(at) < 1.0
    show.on_click((1, 1), 3, SIZE)
    assert game.done[-1] == ("click", None, 3)


def test_a_click_on_a_soldier_of_the_list_finds_him() -> None:
    game = Game()
    game.scene = replace(
        game.scene,
        soldiers=tuple(
            replace(soldier, fallen_ms=9000.0) if soldier.label == "guard_2" else soldier
            for soldier in game.scene.soldiers
        ),
    )
    show = BattleShow(game)
    side, found = Layout.of(SIZE).side, set()
    for y in range(side.top, side.bottom, 4):
        show.on_click((side.centerx, y), 1, SIZE)
        found.add(game.done[-1][1])
    assert found == {None, *(soldier.at for soldier in game.scene.soldiers if soldier.fallen_ms is None)}
    game.scene = replace(game.scene, talk=PANEL)
    show.on_click((side.centerx, side.centery), 1, SIZE)
    assert game.done[-1] == ("click", None, 1)


def test_loading_is_to_be_seen() -> None:
    game = Game()
    game.is_loaded = False
    show = BattleShow(game)
    seen = _drawn(show)
    assert seen[:3] == bytes(NIGHT) and len(set(zip(seen[::3], seen[1::3], seen[2::3], strict=True))) > 5
    assert _drawn(show, 1300.0) != seen
    assert not show.is_loaded and not show.is_typing and not show.is_over
    assert not show.on_key("k")
    show.on_click((100, 100), 1, SIZE)
    assert [name for name, *_ in game.done] == ["load", "advance", "advance"]


def test_what_cannot_be_loaded_ends_the_show() -> None:
    game = Game()
    show = BattleShow(game)
    game.loading = Loading(text="", share=0.0, error="No luck.")
    show.advance(0.0)
    game.is_loaded = False
    with pytest.raises(NpcError, match="No luck"):
        show.advance(1.0)


def test_figures_are_shown_and_hidden() -> None:
    show = BattleShow(Game())
    plain = _drawn(show)
    assert show.on_key("f1")
    assert _drawn(show) != plain
    assert show.on_key("f1")
    assert _drawn(show) == plain


def test_a_notice_of_the_window_goes_away() -> None:
    show = BattleShow(Game())
    plain = _drawn(show)
    show.on_notice("Picture: npc-demo-1.png")
    assert _drawn(show) != plain
    assert _drawn(show, 9000.0) == plain


def test_unfinished_text_is_seen_after_what_was_typed() -> None:
    show = BattleShow(Game(talk=replace(PANEL, typed="hold ")))
    plain = _drawn(show)
    show.on_compose("ni")
    assert _drawn(show) != plain
    show.on_text("你")
    assert _drawn(show) == plain


def test_nobody_is_there_to_close_it() -> None:
    over = {"verdict": "blue", "verdict_ms": 3600.0}
    assert BattleShow(Game(**over), ends_with_battle=True).is_over
    assert not BattleShow(Game(verdict="blue", verdict_ms=100.0), ends_with_battle=True).is_over
    assert not BattleShow(Game(**over)).is_over


def test_what_the_command_line_asks_for() -> None:
    show = open_show(Request(squads="utility:random", seed=4, ticks=7), None)
    assert isinstance(show._game, Play)
    assert (show._game.options.seed, show._game.options.limit) == (4, 7)
    assert show._game.options.squads == {"blue": "utility", "red": "random"}
    show.close()


def test_a_report_is_shown_again() -> None:
    report = {"seed": 3, "limit": 9, "squads": {"blue": "utility", "red": "still"}, "records": []}
    show = open_show(Request(is_headless=True), report)
    assert isinstance(show._game, Replay) and show.is_loaded
    assert not show.is_over
    for step in range(30):
        show.advance(step * 200.0)
    assert show.is_over
    assert show.report()["seed"] == 3


def test_a_host_that_cannot_be_opened_ends_the_show() -> None:
    class Full(Minds):
        def open(self, deciders: int) -> Any:
            raise OSError(28, "No space left on device")

    show = BattleShow(Play(PlayOptions(), minds=Full(), now_ms=0.0))
    end_s = time.monotonic() + 60.0
    with pytest.raises(NpcError, match="No space left") as caught:
        while time.monotonic() < end_s:
            show.advance(0.0)
            time.sleep(0.002)
    assert caught.value.code == "demo_failed"
    show.close()
