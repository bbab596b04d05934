"""One session: its window, its queue, what it resumes, and when it is over."""

from __future__ import annotations

import pytest

from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.outputs import Output, Pause, Send, Unpause
from npc_sdk.wire.session import NEXT, Session


def session(**limits: int) -> Session:
    hello = m.Hello(attempt=1, protocol="1.0", instance="game")
    made = Session(name="s", owner="o", hello=hello, limits=Limits(**limits))
    made.route = b"r"
    made.sign("bound", 0.0)
    return made


def sent(outputs: list[Output]) -> list[bytes]:
    return [output.frames[0] for output in outputs if isinstance(output, Send)]


def add(made: Session, id: int, *texts: str, is_last: bool = False) -> list[Output]:
    out: list[Output] = []
    for index, text in enumerate(texts):
        out += made.add(id, [text.encode()], 0.0, is_last=is_last and index == len(texts) - 1)
    return out


def ack(made: Session, below: int = 0, **upto: int) -> list[Output]:
    receipts = tuple(m.Receipt(id=int(id[1:]), seq=seq) for id, seq in upto.items())
    return made.acknowledge(m.Ack(below=below, upto=receipts), 0.0)


def test_every_state_knows_every_sign() -> None:
    assert set(NEXT) == {
        (state, sign) for state in ("present", "away") for sign in ("heard", "bound", "silent", "unsent")
    }


def test_the_window_holds_back_what_is_not_acknowledged() -> None:
    made = session(max_events_unacked=2)
    made.open(1)
    assert sent(add(made, 1, "a", "b", "c")) == [b"a", b"b"]
    assert made.items == 2
    assert sent(ack(made, _1=0)) == [b"c"]
    assert made.items == 3


def test_streams_take_turns_when_the_window_opens() -> None:
    made = session(max_events_unacked=1)
    made.open(1)
    made.open(2)
    add(made, 1, "a", "b", "c")
    add(made, 2, "x", "y")
    order = []
    for _ in range(4):
        out = ack(made, _1=made._streams[1].sent - 1, _2=max(0, made._streams[2].sent - 1))
        order += sent(out)
    assert order == [b"b", b"x", b"c", b"y"] or order == [b"x", b"b", b"y", b"c"]


def test_a_session_that_is_away_keeps_what_comes() -> None:
    made = session()
    made.open(1)
    made.sign("silent", 5000.0)
    assert add(made, 1, "a") == []
    assert sent(made.sign("heard", 6000.0)) == [b"a"]


def test_a_route_that_is_gone_is_used_no_more() -> None:
    made = session()
    made.open(1)
    made.sign("unsent", 0.0)
    assert (made.route, add(made, 1, "a"), made.sign("heard", 1.0)) == (None, [], [])


def test_resuming_sends_again_from_where_the_client_is() -> None:
    made = session()
    for id in (1, 2, 3):
        made.open(id)
    add(made, 1, "a", "b", "c")
    add(made, 2, "x", is_last=True)
    add(made, 3, "p", "q")
    lost = made.resume([m.StreamPoint(id=1, next_seq=1), m.StreamPoint(id=3, next_seq=0), m.StreamPoint(id=9)])
    assert lost == [9]
    assert made.items == 1 + 1, "what is to be sent again does not count; what was not named has arrived"
    assert sent(made.sign("bound", 0.0)) == [b"b", b"p", b"c", b"q"]
    assert made.items == 6
    assert (made.open_requests, made.standing(2)) == (2, "over")


def test_a_request_that_comes_again_is_repeated_once_for_each_connection() -> None:
    made = session()
    made.open(1)
    add(made, 1, "a", "b")
    ack(made, _1=0)
    repeated = made.repeat(1, 0.0)
    assert repeated is not None and sent(repeated) == [b"b"]
    assert made.repeat(1, 0.0) is None
    made.resume([m.StreamPoint(id=1, next_seq=1)])
    made.sign("bound", 0.0)
    again = made.repeat(1, 0.0)
    assert again is not None and sent(again) == [b"b"]


def test_acknowledged_requests_are_remembered_until_below_passes_them() -> None:
    made = session()
    for id in (1, 2):
        made.open(id)
        add(made, id, "a", is_last=True)
    ack(made, _2=0)
    assert (made.standing(1), made.standing(2), made.standing(3)) == ("open", "over", "new")
    ack(made, below=3)
    assert (made.standing(1), made.standing(2), made.remembered, made.open_requests) == ("forgotten", "forgotten", 0, 0)
    assert made.items == 2


def test_below_never_goes_back() -> None:
    made = session()
    ack(made, below=10)
    ack(made, below=5)
    assert made.standing(7) == "forgotten"


@pytest.mark.parametrize("limits", [{"max_events_queued": 4}, {"max_bytes_queued": 4}])
def test_too_much_pauses_the_turns(limits: dict[str, int]) -> None:
    made = session(max_events_unacked=1, **limits)
    made.open(1)
    assert [type(one) for one in add(made, 1, "a", "b", "c", "d", "e") if not isinstance(one, Send)] == [Pause]
    assert not made.is_overfull
    out = [one for seq in range(5) for one in ack(made, _1=seq)]
    assert [type(one) for one in out if not isinstance(one, Send)] == [Unpause]
    add(made, 1, *"abcdefghij")
    assert made.is_overfull and made.is_slow(0.0)


def test_a_reader_that_stands_still_is_slow_after_a_while() -> None:
    made = session(max_events_unacked=1, slow_reader_ms=100)
    made.open(1)
    made.add(1, [b"a"], 0.0)
    assert not made.is_slow(1000.0), "nothing waits"
    made.add(1, [b"b"], 1000.0)
    assert made.due_ms() == 1100.0
    assert not made.is_slow(1099.0)
    assert made.is_slow(1100.0)
    made.acknowledge(m.Ack(upto=(m.Receipt(id=1, seq=0),)), 1100.0)
    assert not made.is_slow(1100.0)


def test_one_who_is_away_is_not_slow() -> None:
    made = session(max_events_unacked=1, slow_reader_ms=100)
    made.open(1)
    add(made, 1, "a", "b")
    made.sign("silent", 50.0)
    assert not made.is_slow(10_000.0)


def test_silence_ends_a_session_in_time() -> None:
    made = session(session_ttl_ms=10_000, lost_ms=3000)
    assert made.due_ms() == 3000.0
    made.sign("silent", 3000.0)
    assert made.due_ms() == 10_000.0
    assert (made.is_expired(9999.0), made.is_expired(10_000.0)) == (False, True)
