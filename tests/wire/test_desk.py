from __future__ import annotations

from typing import Any

import pytest
from fake_pump import FakePump, fake_desk

from npc_sdk.errors import BackendError, DeadlineError, RequestError, StateError
from npc_sdk.runtime.mailbox import Log
from npc_sdk.wire import messages as m
from npc_sdk.wire.desk import machine_ms, request_of


def test_calls_are_made_one_after_the_other() -> None:
    desk = fake_desk(FakePump())
    made: list[str] = []

    def first() -> None:
        made.append("first")
        assert desk.make_calls() == 0
        desk.call_later(lambda: made.append("later"))

    desk.call_later(first)
    desk.call_later(lambda: made.append("second"))
    assert desk.has_calls
    assert (desk.make_calls(), made) == (2, ["first", "second"])
    assert (desk.make_calls(), made[-1]) == (1, "later")
    assert not desk.has_calls


def test_a_call_that_fails_loses_no_other() -> None:
    desk = fake_desk(FakePump())
    made: list[str] = []

    def fail() -> None:
        raise ValueError("of the game")

    desk.call_later(fail)
    desk.call_later(lambda: made.append("second"))
    with pytest.raises(ValueError, match="of the game"):
        desk.make_calls()
    assert (desk.make_calls(), made) == (1, ["second"])


def test_what_nobody_waited_for() -> None:
    pump, news = FakePump(), []
    desk = fake_desk(pump, on_event=news.append)
    for error in (None, StateError("Gone.", code="unknown_npc"), StateError("Closed.", code="closed")):
        desk.ask(m.NpcGreet, desk.quiet("Bron", "npc.greet"), npc="Bron")
        pump.over(-1, None if error else m.Done(), error)
    desk.make_calls()
    assert [(event.npc, event.request, event.error.code) for event in news] == [("Bron", "npc.greet", "unknown_npc")]


def test_waiting_for_an_answer() -> None:
    pump = FakePump()
    desk = fake_desk(pump)
    with pytest.raises(DeadlineError) as late:
        desk.answered(m.NpcPark, npc="Bron")
    assert late.value.code == "no_answer"
    pump.peer.state = "lost"
    with pytest.raises(BackendError) as lost:
        desk.answered(m.NpcPark, npc="Bron")
    assert lost.value.code == "host_lost"
    assert len(pump.asked) == 1


def test_following_a_log() -> None:
    desk = fake_desk(FakePump())
    log: Log[str] = Log()
    follow = desk.follow(log, 500.0)
    log.append("first")
    assert follow.item(0) == "first"
    with pytest.raises(DeadlineError) as caught:
        follow.item(1)
    assert caught.value.code == "wait_timeout"
    log.append("last", is_last=True)
    assert (follow.last(None), follow.deadline_ms) == ("last", 500.0)


@pytest.mark.parametrize("fields", [{"npc": ""}, {"npc": "a\nb"}, {"npc": 3}, {}])
def test_values_that_cannot_be_sent(fields: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        request_of(m.NpcGreet, id=1, **fields)
    assert (caught.value.code, caught.value.details["field"]) == ("bad_request", "npc")


def test_the_clock() -> None:
    assert 0 <= machine_ms() <= machine_ms()
