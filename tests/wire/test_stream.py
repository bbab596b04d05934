"""Streams: what the sender keeps, and what the receiver lets through."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.wire.stream import ReceivedStream, SentStream


def stream(count: int, *, is_over: bool = False) -> SentStream:
    made = SentStream(7)
    for index in range(count):
        made.add([bytes([index])], is_last=is_over and index == count - 1)
    return made


def sent(made: SentStream) -> list[int]:
    out = []
    while made.has_unsent:
        out.append(made.send()[0][0])
    return out


def test_items_are_sent_once_and_kept_until_acknowledged() -> None:
    made = stream(3, is_over=True)
    assert sent(made) == [0, 1, 2]
    assert (made.kept, made.unacked, made.bytes) == (3, 3, 3)
    made.acknowledge(2)
    assert (made.kept, made.unacked, made.bytes, made.is_finished) == (1, 1, 1, False)
    made.acknowledge(3)
    assert made.is_finished


def test_what_was_never_sent_cannot_be_acknowledged() -> None:
    made = stream(3)
    made.send()
    made.acknowledge(99)
    assert (made.kept, made.next_seq, sent(made)) == (2, 3, [1, 2])


def test_a_rewind_sends_again_what_is_kept() -> None:
    made = stream(4)
    sent(made)
    made.acknowledge(1)
    made.rewind()
    assert (made.unacked, sent(made)) == (0, [1, 2, 3])


def test_an_ack_after_a_rewind_counts_what_was_sent_before() -> None:
    made = stream(4)
    sent(made)
    made.rewind()
    made.acknowledge(3)
    assert (made.sent, made.unacked, sent(made)) == (3, 0, [3])


def test_a_receiver_lets_each_number_through_once() -> None:
    received = ReceivedStream()
    assert [received.take(seq) for seq in (0, 0, 2, 1, 2, 1)] == ["new", "double", "gap", "new", "new", "double"]
    assert received.next_seq == 3


@given(st.lists(st.one_of(st.just("add"), st.just("send"), st.just("rewind"), st.integers(0, 12)), max_size=60))
def test_the_numbers_of_a_stream_fit_each_other(steps: list[str | int]) -> None:
    made, received, added = SentStream(1), ReceivedStream(), 0
    for step in steps:
        if step == "add":
            made.add([bytes([added % 256])])
            added += 1
        elif step == "send" and made.has_unsent:
            expected = made.sent
            assert made.send() == [bytes([expected % 256])]
            received.take(expected)
        elif step == "rewind":
            made.rewind()
        elif isinstance(step, int):
            made.acknowledge(min(step, received.next_seq))
        assert made.next_seq == added
        assert 0 <= made.unacked <= made.kept
        assert made.next_seq - made.kept <= received.next_seq, "something was forgotten that never arrived"
