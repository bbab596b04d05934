from __future__ import annotations

from typing import Any

import pytest
from fake_pump import FakePump, fake_desk

from npc_sdk import ActionCall, Persona, PromptError
from npc_sdk.errors import NpcError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.desk import Desk
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.peer_outputs import Over
from npc_sdk.wire.remote_turn import Begun
from npc_sdk.wire.talk import Fallbacks, OpenDecision, Talk

BRON = Persona(name="Bron", role="the gate guard", fallback=("Hm.", "What?"))
BEGUN = Begun(at_ms=0.0, deadline_ms=1000.0)


@pytest.fixture
def pump() -> FakePump:
    """Takes what a turn sends."""
    return FakePump()


@pytest.fixture
def desk(pump: FakePump) -> Desk:
    """What the turn is asked for at."""
    return fake_desk(pump)


@pytest.fixture
def talk(desk: Desk) -> Talk:
    """A turn with the id 7."""
    made = Talk(desk, "Bron", BEGUN, Fallbacks(BRON), None)
    made.id = 7
    made.is_asked = True
    return made


def heard(pump: FakePump) -> list[int]:
    assert all(isinstance(request, m.NpcHeard) and request.turn == 7 for request in pump.requests)
    return [request.characters for request in pump.requests]


def lost(code: str = "host_lost") -> Over:
    return Over(7, error=m.Failure.of(StateError("Gone.", code=code)), is_local=True)


def test_fallback_lines_take_turns() -> None:
    fallbacks = Fallbacks(BRON)
    assert fallbacks.next_line() == "Hm."
    fallbacks.said()
    assert fallbacks.next_line() == "What?"


def test_reports_wait_for_the_one_on_its_way(talk: Talk, pump: FakePump) -> None:
    for count in (1, 2, 3):
        talk.heard(count)
    assert heard(pump) == [1]
    pump.over(0, m.Done())
    assert heard(pump) == [1, 3]
    pump.over(1, m.Done())
    assert heard(pump) == [1, 3]


def test_the_next_turn_waits_for_no_report(talk: Talk, pump: FakePump) -> None:
    talk.heard(1)
    talk.heard(2)
    talk.flush()
    assert heard(pump) == [1, 2]


def test_a_fallback_was_not_said_by_the_host(talk: Talk, pump: FakePump) -> None:
    talk.item(m.Speech(text="Wel"))
    talk.heard(2)
    talk.over(lost())
    pump.over(0, m.Done())
    talk.heard(3)
    assert heard(pump) == [2, 0]
    assert talk.turn.end is not None
    assert talk.turn.end.text == "Hm."


def test_whole_sentences_were_said(talk: Talk, pump: FakePump) -> None:
    talk.item(m.Speech(text="Halt! Who"))
    talk.item(m.SpokenSentence(text="Halt!", ends_at=5))
    talk.over(lost("deadline"))
    assert heard(pump) == [5]
    pump.over(0, m.Done())
    talk.heard(4)
    assert heard(pump) == [5, 4]


@pytest.mark.parametrize("code", ["host_restarted", "closed", "cancelled"])
def test_nobody_to_tell(talk: Talk, pump: FakePump, code: str) -> None:
    talk.over(lost(code))
    assert heard(pump) == []


def test_a_turn_that_was_never_sent(talk: Talk, pump: FakePump) -> None:
    talk.is_asked = False
    talk.over(lost())
    talk.heard(2)
    talk.cancel()
    assert (heard(pump), pump.told) == ([], [])


def test_the_end_of_the_host_needs_no_report(talk: Talk, pump: FakePump) -> None:
    talk.over(Over(7, result=m.TurnResult(text="Halt.", source="model", why="stop")))
    assert heard(pump) == []
    assert talk.turn.end is not None


def test_events_are_called_later(desk: Desk) -> None:
    events: list[Any] = []
    talk = Talk(desk, "Bron", BEGUN, Fallbacks(BRON), events.append)
    talk.item(m.Speech(text="Halt."))
    talk.over(lost("cancelled"))
    assert events == []
    assert desk.make_calls() == 2
    assert tuple(events) == talk.turn.log.items()


def test_results(talk: Talk, pump: FakePump) -> None:
    pump.peer.limits = Limits(max_string_bytes=100)
    talk.item(m.ActionEvent(action_id="3.1", name="look", arguments={}, tick=0))
    (call,) = talk.turn.log.items()
    assert isinstance(call, ActionCall)
    call.reply("A goblin.", continue_=False)
    (request,) = pump.requests
    assert (request.npc, request.action_id, request.result, request.may_continue) == ("Bron", "3.1", "A goblin.", False)
    with pytest.raises(PromptError) as caught:
        call.reply("é" * 60)
    assert (caught.value.code, caught.value.details["bytes"]) == ("text_too_long", 120)
    pump.is_closed = True
    call.reply("Too late.")


def test_a_decision(desk: Desk, pump: FakePump) -> None:
    decisions: list[Any] = []
    opened = OpenDecision(desk, BEGUN, ("a", "b"), 0, decisions.append)
    opened.id = 3
    assert opened.decision is None
    opened.cancel()
    assert len(pump.told) == 1
    opened.item(m.OtherEvent(kind="new"))
    opened.over(
        Over(3, result=m.DecisionResult(choice="b", index=1, probabilities=(0.1, 0.9), source="model", why="scored"))
    )
    assert opened.result().choice == "b"
    desk.make_calls()
    assert decisions == [opened.decision]


def test_a_decision_that_fails(desk: Desk) -> None:
    opened = OpenDecision(desk, BEGUN, ("a", "b"), 1)
    opened.over(Over(3, error=m.Failure.of(NpcError("No.", code="too_many_turns"))))
    assert (opened.result().choice, opened.result().why) == ("b", "too_many_turns")
