from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.engine.request import Ended, EngineCost, Failed, Request, Scored, TokensOut
from npc_sdk.errors import BackendError
from npc_sdk.runtime.decision import Decision, DecisionMachine
from npc_sdk.runtime.plan import DecisionPlan
from npc_sdk.runtime.turn_machine import CancelRequest, Submit


def _changed(deciding: DecisionMachine) -> Failed:
    return Failed(deciding.request_id or 0, BackendError("Changed.", code="model_changed"), EngineCost(tokens_read=2))


def _plan(**changes: Any) -> DecisionPlan:
    values: dict[str, Any] = {
        "request": Request(id=0, sequence="Bron", kind="score", tokens=(1,), labels=(65, 66)),
        "options": ("fight", "flee"),
        "default": 1,
        "started_ms": 0.0,
        "deadline_ms": 200.0,
    }
    return DecisionPlan(**{**values, **changes})


def machine(**changes: Any) -> DecisionMachine:
    return DecisionMachine(_plan(**changes), itertools.count(1).__next__)


def test_scores_choose() -> None:
    deciding = machine()
    (submit,) = deciding.start(5)
    assert isinstance(submit, Submit) and submit.request.deadline_ms == 195
    assert deciding.engine(Scored(1, (math.log(0.8), math.log(0.2))), 10) == []
    (decision,) = deciding.engine(Ended(1, "scored", EngineCost(tokens_read=4)), 11)
    assert isinstance(decision, Decision)
    assert (decision.choice, decision.index, decision.source) == ("fight", 0, "model")
    assert decision.probabilities == pytest.approx({"fight": 0.8, "flee": 0.2})
    assert (decision.cost.read.new, decision.cost.total_ms) == (4, 11)
    assert deciding.next_ms() is None


@pytest.mark.parametrize("scores", [(), (0.0,), (float("nan"), float("nan")), (-math.inf, -math.inf)])
def test_scores_that_say_nothing_take_the_default(scores: tuple[float, ...]) -> None:
    deciding = machine()
    deciding.start(0)
    deciding.engine(Scored(1, scores), 1)
    (decision,) = deciding.engine(Ended(1, "scored", EngineCost()), 1)
    assert isinstance(decision, Decision) and decision.source == "fallback"


def test_the_deadline_takes_the_default() -> None:
    deciding = machine()
    deciding.start(0)
    assert deciding.tick(199) == []
    cancelled, decision = deciding.tick(200)
    assert isinstance(cancelled, CancelRequest) and isinstance(decision, Decision)
    assert (decision.choice, decision.why, decision.probabilities) == ("flee", "deadline", {"fight": 0.5, "flee": 0.5})


def test_no_request_takes_the_default_at_once() -> None:
    (decision,) = machine(request=None).start(0)
    assert isinstance(decision, Decision) and decision.why == "unavailable"


_events = st.sampled_from(
    [
        Scored(1, (-1.0, -2.0)),
        Scored(2, (-1.0, -2.0)),
        Ended(1, "scored", EngineCost()),
        Ended(1, "cancelled", EngineCost()),
        Ended(7, "scored", EngineCost()),
        Failed(1, BackendError("No."), EngineCost()),
        TokensOut(1, (1,), b"A"),
        "tick",
        "cancel",
        "fail",
        "hold",
        "again",
    ]
)


@given(events=st.lists(_events, max_size=12))
def test_whatever_happens_there_is_one_decision(events: list[Any]) -> None:
    deciding, now_ms = machine(), 0.0
    out: list[Any] = list(deciding.start(0))
    for event in events:
        now_ms += 30
        if event == "tick":
            out += deciding.tick(now_ms)
        elif event == "cancel":
            out += deciding.cancel("closed", now_ms)
        elif event == "fail":
            out += deciding.fail(BackendError("No."), now_ms)
        elif event == "hold":
            out += deciding.hold(_changed(deciding), now_ms)
        elif event == "again":
            out += deciding.ask_again(_plan(), now_ms)
        else:
            out += deciding.engine(event, now_ms)
    out += deciding.tick(1000)
    decisions = [item for item in out if isinstance(item, Decision)]
    assert len(decisions) == 1 and out[-1] == decisions[0]
    assert sum(decisions[0].probabilities.values()) == pytest.approx(1)


def test_a_decision_is_asked_again_after_a_change() -> None:
    deciding = machine()
    deciding.start(0)
    assert deciding.hold(_changed(deciding), 10) == []
    assert deciding.is_held
    request = Request(id=0, sequence="Bron", kind="score", tokens=(9,), labels=(5, 6))
    (submit,) = deciding.ask_again(_plan(request=request), 50)
    assert isinstance(submit, Submit)
    assert (submit.request.id, submit.request.tokens, submit.request.deadline_ms) == (2, (9,), 150)
    deciding.engine(Scored(2, (0.0, -9.0)), 60)
    (decision,) = deciding.engine(Ended(2, "scored", EngineCost()), 60)
    assert isinstance(decision, Decision)
    assert (decision.choice, decision.cost.requests) == ("fight", 2)


def test_a_held_decision_keeps_its_deadline() -> None:
    deciding = machine()
    deciding.start(0)
    deciding.hold(_changed(deciding), 10)
    (decision,) = deciding.tick(200)
    assert isinstance(decision, Decision) and decision.why == "deadline"
    assert deciding.ask_again(_plan(), 210) == []
