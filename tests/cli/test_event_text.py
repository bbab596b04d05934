from __future__ import annotations

import json
from typing import Any

import pytest

from npc_sdk.cli.event_text import call_text, cost_text, ending_text, event_data
from npc_sdk.errors import EngineCrashError
from npc_sdk.runtime import ActionCall, ActionDropped, Cost, ReadCost, Sentence, SpeechDelta, TurnEnd
from npc_sdk.runtime.events import TurnEvent

EVENTS = [
    (SpeechDelta(text="Ha"), "speech"),
    (Sentence(text="Halt.", ends_at=5), "sentence"),
    (ActionCall(id="1", name="point_to", arguments={"place": "the mill"}, tick=3), "action"),
    (ActionDropped(name="x", arguments={}, missing=("a",), tick=1, live_tick=2), "action_dropped"),
    (TurnEnd(text="Halt.", source="model", why="stop", cost=Cost()), "end"),
    (TurnEnd(text="", source="fallback", why="x", cost=Cost(), error=EngineCrashError("Gone.", exit_code=9)), "end"),
]


@pytest.mark.parametrize(("event", "kind"), EVENTS)
def test_events_are_json(event: TurnEvent, kind: str) -> None:
    data = event_data(event)
    assert json.loads(json.dumps(data)) == data
    assert data["event"] == kind


def test_an_error_at_the_end_keeps_its_code() -> None:
    error = event_data(EVENTS[-1][0])["error"]
    assert (error["code"], error["details"]) == ("engine_crashed", {"exit_code": 9})


def test_actions_read_like_calls() -> None:
    assert call_text("point_to", {"place": 'the "mill"', "times": 2}) == 'point_to(place="the \\"mill\\"", times=2)'
    assert "\x1b" not in call_text("x", {"a": "\x1b[2J"})


def test_the_cost_is_one_line() -> None:
    text = cost_text(Cost(read=ReadCost(cached=5, new=7, ms=1.0), first_token_ms=None, why="deadline"))
    assert "\n" not in text
    assert all(part in text for part in ("7 new + 5 cached", "first token none", "deadline"))


@pytest.mark.parametrize(
    ("changes", "shown", "text"),
    [
        ({}, "Halt.", ""),
        ({"why": "limit"}, "Halt.", ""),
        ({"why": "limit"}, "Halt. And", "cut: limit"),
        ({"source": "cut", "why": "deadline"}, "Halt. And", "cut: deadline"),
        ({"source": "fallback", "why": "x", "error": EngineCrashError("Gone.")}, "", "fallback: x: Gone."),
    ],
)
def test_an_ending_that_is_not_plain_is_told(changes: dict[str, Any], shown: str, text: str) -> None:
    values: dict[str, Any] = {"text": "Halt.", "source": "model", "why": "stop", "cost": Cost(), **changes}
    assert ending_text(TurnEnd(**values), shown) == text
