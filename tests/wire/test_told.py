from __future__ import annotations

import pytest

from npc_sdk import ActionCall, ActionDropped, Cost, Decision, HistoryLine, Sentence, SpeechDelta, StateError, TurnEnd
from npc_sdk.runtime.cost import DecodeCost, ReadCost
from npc_sdk.wire import messages as m
from npc_sdk.wire import told
from npc_sdk.wire.limits import DEFAULT_LIMITS
from npc_sdk.wire.translate import decision_body, event_body, history_body, turn_body

COST = Cost(
    queue_ms=1.5,
    read=ReadCost(cached=3, new=4, ms=5.0),
    first_token_ms=7.0,
    decode=DecodeCost(sampled=8, forced=9, ms=10.0),
    total_ms=11.0,
    deadline_ms=12.0,
    source="cut",
    why="deadline",
    requests=2,
    state_from="fork",
    is_complete=False,
)


@pytest.mark.parametrize(
    "event",
    [
        SpeechDelta(text="Hal", source="fallback"),
        Sentence(text="Halt!", ends_at=5),
        ActionCall(id="1.1", name="strike", arguments={"target": "goblin_1"}, tick=3),
        ActionDropped(name="strike", arguments={"target": "x"}, missing=("x",), tick=3, live_tick=4),
    ],
)
def test_events_come_back_as_they_were(event: SpeechDelta | Sentence | ActionCall | ActionDropped) -> None:
    assert told.turn_event(event_body(event), lambda *_: None) == event


def test_an_action_is_answered() -> None:
    answers: list[tuple[str, str, bool]] = []
    call = told.turn_event(
        m.ActionEvent(action_id="4.1", name="look", arguments={}, tick=0), lambda *a: answers.append(a)
    )
    assert isinstance(call, ActionCall)
    call.reply("Nothing there.", continue_=False)
    assert answers == [("4.1", "Nothing there.", False)]


def test_an_event_of_another_time() -> None:
    assert told.turn_event(m.OtherEvent(kind="gesture"), lambda *_: None) is None


def test_ends_come_back_as_they_were() -> None:
    end = TurnEnd(text="Halt.", source="cut", why="deadline", cost=COST, calls=1, dropped=2, bad_calls=3)
    assert told.turn_end(turn_body(end)) == end
    error = StateError("No.", code="odd", number=3)
    failed = told.turn_end(turn_body(TurnEnd(text="", source="fallback", why="odd", cost=COST, error=error))).error
    assert failed is not None
    assert failed.to_dict() == error.to_dict()


def test_decisions_come_back_as_they_were() -> None:
    decision = Decision(
        choice="b", index=1, probabilities={"a": 0.25, "b": 0.75}, source="model", why="scored", cost=COST
    )
    assert told.decision(decision_body(decision, ["a", "b"]), ["a", "b"]) == decision


def test_a_decision_that_does_not_fit() -> None:
    body = m.DecisionResult(choice="c", index=2, probabilities=(0.2, 0.3, 0.5), source="model", why="scored")
    assert told.decision(body, ["a", "b"]) is None


def test_history_comes_back_as_it_was() -> None:
    lines = (HistoryLine(speaker="player", text="Hi."), HistoryLine(speaker="npc", text="Oh.", actions=("wave",)))
    assert told.history(history_body(lines, None, DEFAULT_LIMITS)) == lines


def test_figures_of_another_time() -> None:
    assert told.cost({"queue_ms": "long", "read": 3, "requests": 2.5, "is_complete": 1, "watts": 7}) == Cost()
    assert told.cost({"queue_ms": 2, "first_token_ms": 3, "read": {"new": 4, "old": 5}}) == Cost(
        queue_ms=2, first_token_ms=3, read=ReadCost(new=4)
    )
