"""The requests of a client: each comes to one end, and what has arrived is acknowledged."""

from __future__ import annotations

from npc_sdk.wire import messages as m
from npc_sdk.wire.asked import Asked
from npc_sdk.wire.book import Book
from npc_sdk.wire.peer_outputs import Over
from npc_sdk.wire.receipts import Receipts

FAILURE = m.Failure(code="host_lost")


def book(*requests: m.Request, is_sent: bool = True) -> Book:
    made = Book(Receipts(every=3, after_ms=100.0))
    for request in requests:
        assert request.id == made.take_id()
        made.put(Asked(request, [b""], due_ms=1000.0 * request.id))
    if is_sent:
        for asked in made.unsent():
            made.send(asked)
    return made


def say(id: int) -> m.Request:
    return m.NpcSay(id=id, npc="Bron", text="Hm?")


def observe(id: int) -> m.Request:
    return m.NpcObserve(id=id, npc="Bron", text="It rains.")


def test_items_arrive_once_and_in_order() -> None:
    made = book(say(1))
    assert made.arrived(1, 1, 0.0) is None and made.has_gap(1, 1)
    assert made.arrived(1, 0, 0.0) is not None
    assert made.arrived(1, 0, 0.0) is None and not made.has_gap(1, 0)
    assert made.arrived(9, 0, 0.0) is None and not made.has_gap(9, 5)
    assert made.receipts.items == 1


def test_nothing_arrives_for_what_was_not_sent() -> None:
    made = book(say(1), is_sent=False)
    assert made.arrived(1, 0, 0.0) is None
    assert not made.has_gap(1, 3)


def test_below_is_the_first_request_that_is_not_over() -> None:
    made = book(say(1), observe(2), observe(3))
    for id in (3, 1):
        asked = made.arrived(id, 0, 0.0)
        assert asked is not None
        if id == 3:
            made.remove(asked, 0)
    assert made.ack(limit=10) == m.Ack(below=1, upto=(m.Receipt(id=3, seq=0), m.Receipt(id=1, seq=0)))
    asked = made.get(1)
    assert asked is not None
    made.remove(asked, 0)
    assert made.ack(limit=10) == m.Ack(below=2, upto=(m.Receipt(id=3, seq=0),))
    asked = made.arrived(2, 0, 0.0)
    assert asked is not None
    made.remove(asked, 0)
    assert made.ack(limit=10) == m.Ack(below=4)


def test_an_ack_names_only_so_many() -> None:
    made = book(*(observe(id) for id in range(1, 6)))
    for id in range(1, 6):
        made.arrived(id, 0, 0.0)
    assert len(made.ack(limit=2).upto) == 2


def test_acks_are_due_by_number_and_by_time() -> None:
    receipts = Receipts(every=3, after_ms=100.0)
    assert receipts.due_ms() is None and not receipts.is_due(1e9)
    receipts.arrived(50.0)
    assert (receipts.due_ms(), receipts.is_due(149.0), receipts.is_due(150.0)) == (150.0, False, True)
    receipts.arrived(60.0)
    receipts.arrived(70.0)
    assert receipts.is_due(70.0)
    receipts.ack(1, (), 10)
    assert not receipts.is_due(1e9)


def test_a_turn_that_was_told_runs_on_unseen() -> None:
    made = book(say(1), observe(2))
    assert made.tell_turns(FAILURE) == [Over(1, error=FAILURE, is_local=True)]
    assert made.tell_turns(FAILURE) == []
    assert (len(made), made.cancelled()) == (2, [1])
    assert made.arrived(1, 0, 0.0) is not None


def test_what_waits_is_told_and_gone() -> None:
    made = book(say(1), is_sent=False)
    assert len(made.tell_turns(FAILURE)) == 1
    assert len(made) == 0


def test_what_is_overdue_is_found_once() -> None:
    made = book(say(1), observe(2))
    assert made.guard_ms() == 1000.0
    assert [asked.request.id for asked in made.overdue(1500.0)] == [1]
    assert made.overdue(1500.0) == []
    assert made.guard_ms() == 2000.0
    assert made.tell_all(FAILURE)
    assert made.guard_ms() == float("inf")


def test_after_a_resume_only_what_was_lost_waits_again() -> None:
    made = book(say(1), observe(2), observe(3))
    made.tell_turns(FAILURE)
    made.resumed([1, 3])
    assert ([asked.request.id for asked in made.unsent()], made.sent, len(made)) == ([3], 1, 2)


def test_in_a_new_session_only_what_may_run_twice_waits_again() -> None:
    made = book(say(1), observe(2), m.NpcResult(id=3, npc="Bron", action_id="1", result="x"))
    waiting = m.NpcSay(id=made.take_id(), npc="Bron", text="Hm?")
    made.put(Asked(waiting, [b""], due_ms=0.0))
    made.arrived(2, 0, 0.0)
    told = made.restarted()
    assert [(one.id, one.error.code) for one in told if isinstance(one, Over) and one.error] == [
        (1, "host_restarted"),
        (3, "host_restarted"),
    ]
    assert [asked.request.id for asked in made.unsent()] == [2, 4]
    assert (made.points(), made.sent, made.receipts.items) == ([], 0, 0)
    for asked in made.unsent():
        made.send(asked)
    assert made.arrived(2, 0, 0.0) is not None, "its stream begins anew"
