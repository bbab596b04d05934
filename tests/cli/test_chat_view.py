from __future__ import annotations

import json

import pytest

from npc_sdk.cli.chat_view import view_for
from npc_sdk.errors import PromptError
from npc_sdk.runtime import ActionCall, ActionDropped, Cost, SpeechDelta, TurnEnd
from npc_sdk.runtime.events import TurnEvent


def _end(**changes: object) -> TurnEnd:
    return TurnEnd(**{"text": "", "source": "model", "why": "stop", "cost": Cost(), **changes})  # type: ignore[arg-type]


def _shown(capsys: pytest.CaptureFixture[str], name: str, *events: TurnEvent, is_verbose: bool = False) -> list[str]:
    view = view_for(name, as_json=False, is_verbose=is_verbose)
    for event in events:
        view.event(event)
    return list(capsys.readouterr())


def test_speech_is_one_line_with_its_speaker(capsys: pytest.CaptureFixture[str]) -> None:
    speech = (SpeechDelta(text="Ha"), SpeechDelta(text="lt."), _end())
    assert _shown(capsys, "Ann", *speech) == ["Ann: Halt.\n", ""]
    assert _shown(capsys, "", *speech) == ["Halt.\n", ""]


def test_actions_stand_on_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    call = ActionCall(id="1", name="open_gate", arguments={}, tick=1)
    out, _ = _shown(capsys, "Ann", SpeechDelta(text="Go."), call, SpeechDelta(text=" On."), _end())
    assert out == "Ann: Go.\n  * open_gate()\nAnn: On.\n"


def test_what_is_not_the_models_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    deltas = (SpeechDelta(text="I thi"), SpeechDelta(text="Hm.", source="fallback"))
    out, err = _shown(capsys, "", *deltas, _end(source="fallback", why="deadline"))
    assert out == "I thi\nHm.\n"
    assert err == "  [fallback: deadline]\n"


def test_an_error_behind_a_fallback_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    _, err = _shown(capsys, "", _end(source="fallback", why="x", error=PromptError("Too long.")))
    assert "Too long." in err


def test_lost_actions_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    dropped = ActionDropped(name="attack", arguments={"target": "orc"}, missing=("orc",), tick=1, live_tick=2)
    _, err = _shown(capsys, "", dropped, _end(bad_calls=1))
    assert "dropped: orc is gone" in err and "1 action(s) could not be read" in err


def test_the_cost_is_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert "first token" in _shown(capsys, "", _end(), is_verbose=True)[1]


def test_speech_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = _shown(capsys, "A\x1b", SpeechDelta(text="\x1b[2J[red]x[/red]"), _end())
    assert "\x1b" not in out and "[red]x[/red]" in out


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    view = view_for("Ann", as_json=True, is_verbose=False)
    view.greeting("Halt.")
    view.event(SpeechDelta(text="a"))
    view.note("b")
    view.error(PromptError("c"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["greeting", "speech", "note", "error"]


def test_words_that_a_limit_withdrew_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    deltas = (SpeechDelta(text="Halt."), SpeechDelta(text=" And if you"))
    out, err = _shown(capsys, "", *deltas, _end(text="Halt.", why="limit"))
    assert (out, err) == ("Halt. And if you\n", "  [cut: limit]\n")


def test_each_turn_is_marked_for_itself(capsys: pytest.CaptureFixture[str]) -> None:
    end = _end(text="Halt.", why="limit")
    assert _shown(capsys, "", SpeechDelta(text="Halt."), end, SpeechDelta(text="Halt."), end)[1] == ""


def test_a_warning_is_a_note_beside_the_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    view_for("Ann", as_json=False, is_verbose=False).warning("No template.")
    assert list(capsys.readouterr()) == ["", "  [No template.]\n"]
    view_for("Ann", as_json=True, is_verbose=False).warning("No template.")
    assert json.loads(capsys.readouterr().out) == {"event": "note", "text": "No template."}
