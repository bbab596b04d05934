from __future__ import annotations

import pytest

from npc_sdk.errors import ProtocolError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.answer import Answer, code_of, failure_of
from npc_sdk.wire.peer_outputs import Over

FAILURE = m.Failure.of(StateError("No.", code="odd"))


def test_a_result() -> None:
    seen: list[Over] = []
    answer = Answer(seen.append)
    answer.item(m.OtherEvent(kind="news"))
    assert not answer.is_over
    over = Over(1, result=m.Done())
    answer.over(over)
    assert (answer.is_over, answer.result(), seen) == (True, m.Done(), [over])


def test_an_error() -> None:
    answer = Answer()
    over = Over(1, error=FAILURE)
    answer.over(over)
    with pytest.raises(StateError) as caught:
        answer.result()
    assert caught.value.code == code_of(over) == "odd"


def test_neither() -> None:
    assert isinstance(failure_of(Over(1)), ProtocolError)
    assert code_of(Over(1)) == "bad_message"
    with pytest.raises(ProtocolError):
        Answer().result()
