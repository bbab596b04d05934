from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli import demo as command
from npc_sdk.cli import demo_package
from npc_sdk.cli.demo_package import demo_module
from npc_sdk.errors import NpcError


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module that begins demos; what it is asked for is noted instead of done."""
    module = demo_module("start")
    asked: list[Any] = []
    monkeypatch.setattr(module, "start", lambda request, *, tell: asked.append(request))
    return asked


def test_what_is_asked_for_without_words(npc: Any, start: Any) -> None:
    assert npc("demo").exit_code == 0
    request = start[0]
    assert (request.name, request.squads, request.seed, request.size) == ("tactics", "model:utility", 1, (1280, 720))
    assert not request.is_headless and not request.is_full_screen
    assert (request.report, request.replay, request.screenshot, request.film) == (None, None, None, None)


def test_every_word_arrives(npc: Any, start: Any) -> None:
    words = "demo tactics --squads player:random --seed 7 --ticks 9 --size 1920x1080 --full-screen".split()
    files = "--report r.json --replay p.json --screenshot s.png --record f.mp4 --after 2.5 --model m.gguf".split()
    assert npc(*words, *files).exit_code == 0
    assert npc("demo", "tavern", "--headless", "--say", "Hello.", "--say", "Bye.").exit_code == 0
    request, talk = start
    assert (request.name, request.squads, request.seed, request.ticks) == ("tactics", "player:random", 7, 9)
    assert (request.size, request.is_full_screen, request.is_headless) == ((1920, 1080), True, False)
    assert (talk.name, talk.is_headless, talk.say) == ("tavern", True, ("Hello.", "Bye."))
    assert (request.report, request.replay, request.screenshot) == (Path("r.json"), Path("p.json"), Path("s.png"))
    assert (request.film, request.after_s, request.model) == (Path("f.mp4"), 2.5, "m.gguf")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["nonsense"], "tavern"),
        (["--size", "big"], "1280x720"),
        (["--size", "1280×"], "1280x720"),
        (["--size", "1x1"], "320x180"),
        (["--size", "99999x99999"], "7680x4320"),
        (["--squads", "model"], "model:utility"),
        (["--squads", "model:dragon"], "utility"),
        (["--seed", "-1"], "--seed"),
        (["--seed", "x"], "--seed"),
        (["--ticks", "0"], "--ticks"),
        (["--after", "-1"], "--after"),
    ],
)
def test_words_that_cannot_be_used(npc: Any, start: Any, words: list[str], hint: str) -> None:
    result = npc("demo", *words)
    assert result.exit_code == 2
    assert hint in result.stderr
    assert start == []


def test_values_are_completed() -> None:
    assert "model:utility" in command._squads("mod")
    assert command._squads("utility:r") == ["utility:random"]
    assert command._squads("nobody") == []
    assert command._demos("ta") == ["tactics", "tavern"]
    assert command._sizes("19") == ["1920x1080"]


def test_the_players_are_those_of_the_game() -> None:
    pairing = demo_module("tactics.pairing")
    assert set(command.PLAYERS) == {*pairing.PLAYERS, "player"}


def test_no_demos(npc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The second is there, and holds no demo of ours.
    monkeypatch.setattr(demo_package, "PACKAGES", ("npc_nothing", "json"))
    result = npc("demo")
    assert result.exit_code == 3
    assert "no_demos" in result.stderr and '".[demo]"' in result.stderr


@pytest.mark.parametrize("library", ["pygame", "PIL.Image"])
def test_without_a_library_of_the_extra(npc: Any, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    pytest.importorskip("pygame")
    monkeypatch.setitem(sys.modules, library, None)
    result = npc("demo")
    assert result.exit_code == 3
    assert "missing_extra" in result.stderr and "[demo]" in result.stderr


def test_the_other_pygame(npc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", type(sys)("pygame"))
    result = npc("demo")
    assert result.exit_code == 3
    assert "pygame-ce" in result.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there always is a display")
def test_no_display(npc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    result = npc("demo", "--squads", "utility:random")
    assert result.exit_code == 3
    assert "no_display" in result.stderr and "--headless" in result.stderr


@pytest.mark.parametrize("option", ["--report", "--screenshot", "--record"])
def test_a_file_that_cannot_be_written_is_told_at_once(npc: Any, tmp_path: Path, option: str) -> None:
    result = npc("demo", "--headless", option, tmp_path / "none" / "out.gif")
    assert result.exit_code == 3
    assert "file_unwritable" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--headless", "--squads", "player:utility"],
        ["--headless", "--replay", "x.json"],
        ["--headless", "--say", "Hello"],
        ["tavern", "--say", "Hello"],
        ["tavern", "--replay", "x.json"],
    ],
)
def test_words_that_do_not_go_together(npc: Any, words: list[str]) -> None:
    result = npc("demo", *words)
    assert result.exit_code == 3
    assert "bad_options" in result.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("tavern --squads utility:random", "nobody fights in the tavern"),
        ("tavern --squads model:utility", "nobody fights in the tavern"),
        ("--full-screen --headless", "--headless uses none"),
        ("--full-screen --headless --screenshot s.png", "--headless uses none"),
        ("--headless --after 5", "--screenshot or --record"),
        ("tavern --headless --after 0", "--screenshot or --record"),
    ],
)
def test_words_that_would_do_nothing_are_refused(npc: Any, start: Any, words: str, hint: str) -> None:
    result = npc("demo", *words.split())
    assert result.exit_code == 3
    assert "bad_options" in result.stderr and hint in result.stderr
    assert start == []


@pytest.mark.parametrize(
    "words",
    ["--after 5", "tavern --after 5", "--headless --screenshot s.png --after 5", "--headless --record f.gif --after 5"],
)
def test_a_time_to_end_is_taken_wherever_something_is_drawn(npc: Any, start: Any, words: str) -> None:
    assert npc("demo", *words.split()).exit_code == 0
    assert start[0].after_s == 5.0


@pytest.mark.parametrize("held", [None, b"", b'{"seed": 1, "recor', b"[]", b"\x00\xff"])
def test_a_replay_that_is_none(npc: Any, tmp_path: Path, held: bytes | None) -> None:
    file = tmp_path / "replay.json"
    if held is not None:
        file.write_bytes(held)
    result = npc("demo", "--replay", file)
    assert result.exit_code == 3
    assert ("bad_report" if held is not None else "file_unusable") in result.stderr


def test_a_battle_without_a_window(npc: Any, tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    words = "demo --headless --squads utility:random --seed 3 --ticks 40 --report".split()
    result = npc(*words, file)
    assert result.exit_code == 0
    assert "utility against random: blue" in result.stdout
    assert json.loads(file.read_text(encoding="utf-8"))["result"]["verdict"] == "blue"


def test_ctrl_c(npc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = demo_module("start")

    def interrupted(request: Any, *, tell: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "start", interrupted)
    assert npc("demo").exit_code == 130


def test_an_error_of_a_demo_is_a_panel(npc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    module = demo_module("start")

    def failing(request: Any, *, tell: Any) -> None:
        raise NpcError("No luck.", "Try again.", code="no_luck")

    monkeypatch.setattr(module, "start", failing)
    result = npc("demo")
    assert result.exit_code == 5
    assert "no_luck" in result.stderr and "Try again." in result.stderr
