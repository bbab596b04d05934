from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.engine.request import EngineDown, EngineUp
from npc_sdk.errors import EngineCrashError
from npc_sdk.runtime import ActionCall, ActionDropped, Cost, Decision, HistoryLine, Sentence, SpeechDelta, TurnEnd
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import decode, encode
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.translate import decision_body, event_body, history_body, news_body, turn_body

EVENTS = [
    (SpeechDelta(text="Hi"), {"kind": "speech", "text": "Hi", "source": "model"}),
    (
        Sentence(text="Hi.", source="fallback", ends_at=3),
        {"kind": "sentence", "text": "Hi.", "source": "fallback", "ends_at": 3},
    ),
    (
        ActionCall(id="7.1", name="look", arguments={"at": ["a"]}, tick=4),
        {"kind": "action", "action_id": "7.1", "name": "look", "arguments": {"at": ["a"]}, "tick": 4},
    ),
    (
        ActionDropped(name="hit", arguments={"x": 1}, missing=("orc",), tick=-1, live_tick=9),
        {
            "kind": "action_dropped",
            "name": "hit",
            "arguments": {"x": 1},
            "missing": ["orc"],
            "tick": 0,
            "live_tick": 9,
        },
    ),
]


@pytest.mark.parametrize(("event", "plain"), EVENTS, ids=lambda value: type(value).__name__)
def test_an_event_travels(event: Any, plain: Any) -> None:
    body = event_body(event)
    assert body.model_dump(mode="json") == plain
    message = m.Event(id=1, seq=0, event=body)
    assert decode(encode(message), DEFAULT_LIMITS, "to_client") == message


def test_an_end_travels() -> None:
    error = EngineCrashError("It broke.", details_of="x")
    end = TurnEnd(text="Hm.", source="fallback", why="engine_crashed", cost=Cost(first_token_ms=3.5), error=error)
    message = m.End(id=1, seq=0, result=turn_body(end))
    assert decode(encode(message), DEFAULT_LIMITS, "to_client") == message
    assert isinstance(message.result, m.TurnResult) and message.result.error is not None
    assert message.result.error.to_error().to_dict() == error.to_dict()
    with pytest.raises(TypeError):
        event_body(end)


def test_a_decision_travels_in_the_order_of_the_options() -> None:
    shares = {"b": 0.25, "a": 0.75}
    decision = Decision(choice="a", index=0, probabilities=shares, source="model", why="scored", cost=Cost())
    assert decision_body(decision, ("a", "b")).probabilities == (0.75, 0.25)


def test_a_history_is_cut_to_what_fits() -> None:
    lines = [HistoryLine(speaker="npc", text=f"{index} " + "ä" * 200, actions=("look",)) for index in range(3000)]
    for limits in (DEFAULT_LIMITS, Limits(max_body_bytes=10_000), Limits(max_list=5), Limits(max_values=200)):
        body = history_body(lines, None, limits)
        message = m.End(id=1, seq=0, result=body)
        assert decode(encode(message, limits), limits, "to_client") == message
        assert body.lines and not body.is_whole
        assert body.lines[-1].text == lines[-1].text
    assert [line.text for line in history_body(lines[:5], 2, DEFAULT_LIMITS).lines] == [lines[3].text, lines[4].text]
    assert history_body(lines[:5], 9, DEFAULT_LIMITS).is_whole
    assert history_body([], None, DEFAULT_LIMITS) == m.HistoryResult(lines=(), is_whole=True)


def test_a_line_that_is_too_long_is_shortened() -> None:
    line = HistoryLine(speaker="npc", text="ä" * 50_000)
    body = history_body([line], None, DEFAULT_LIMITS)
    assert len(body.lines[0].text.encode()) <= DEFAULT_LIMITS.max_string_bytes


def test_news_have_a_kind_and_plain_data() -> None:
    kind, data = news_body(EngineDown(EngineCrashError("It broke."), True))
    assert (kind, data["is_final"], data["error"]["code"]) == ("engine_down", True, "engine_crashed")
    assert news_body(EngineUp(3)) == ("engine_up", {"restarts": 3})
