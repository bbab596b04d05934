from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from npc_sdk.engine.codec import pack_calls, unpack_calls
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.process import ProcessEngine
from npc_sdk.engine.request import Ended, Event, Request
from npc_sdk.engine.step_log import MOST_CALLS, EngineCall, ReportsCalls, StepLog
from npc_sdk.engine.thread import ThreadEngine


def test_calls_are_kept_until_they_are_taken() -> None:
    log = StepLog()
    assert not log and log.take(1.0) == []
    log.note(1.0, 0.5, 32, 1, True)
    log.note(2.0, 0.25, 2, 2, False)
    assert log
    assert log.take(3.0) == [EngineCall(2000.0, 500.0, 32, 1, True), EngineCall(1000.0, 250.0, 2, 2, False)]
    assert not log


def test_the_oldest_are_lost_when_nobody_takes_them() -> None:
    log = StepLog()
    for n in range(MOST_CALLS + 5):
        log.note(float(n), 0.0, n, 1, False)
    assert [call.tokens for call in log.take(0.0)] == list(range(5, MOST_CALLS + 5))


def test_calls_cross_the_pipe() -> None:
    calls = [EngineCall(1.0, 2.0, 3, 4, True)]
    assert unpack_calls([list(values) for values in pack_calls(calls)]) == calls


@pytest.mark.parametrize("kind", [ThreadEngine, ProcessEngine])
def test_engines_report_their_calls_once_somebody_asks(kind: type, tiny_hybrid_path: Path) -> None:
    engine = kind(EngineConfig(model_path=str(tiny_hybrid_path), slots=2, cells=256))
    assert isinstance(engine, ReportsCalls)
    seen: list[EngineCall] = []
    has_ended, has_called = threading.Event(), threading.Event()

    def on_event(event: Event) -> None:
        if isinstance(event, Ended):
            has_ended.set()

    def on_calls(calls: Sequence[EngineCall]) -> None:
        seen.extend(calls)
        if sum(call.tokens for call in seen if call.is_reading) >= 40:
            has_called.set()

    engine.start(on_event)
    try:
        engine.submit(Request(id=1, sequence="a", tokens=tuple(range(5, 25)), max_tokens=4))
        assert has_ended.wait(30) and not seen
        engine.watch_calls(on_calls)
        has_ended.clear()
        engine.submit(Request(id=2, sequence="b", tokens=tuple(range(30, 70)), max_tokens=4, ignore_end=True))
        assert has_ended.wait(30) and has_called.wait(10)
    finally:
        engine.close()
    assert sum(call.tokens for call in seen if call.is_reading) == 40
    assert any(not call.is_reading for call in seen)
    assert all(call.spent_ms > 0 and call.age_ms >= 0 and call.rows == 1 for call in seen)
