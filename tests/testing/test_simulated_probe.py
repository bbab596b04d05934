from __future__ import annotations

import pytest

from npc_sdk.budget.guarded import GuardedProbe
from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.budget.trace import Trace
from npc_sdk.errors import RequestError
from npc_sdk.testing import FakeClock
from npc_sdk.testing.simulated_probe import AtEnd, SimulatedProbe, shipped_trace, shipped_traces

LINES = [
    f'{{"at_ms": {at_ms}, "total_bytes": 100, "used_by_others_bytes": {used}, "frame_ms": {used}}}'
    for at_ms, used in ((50, 10), (150, 20), (250, 30), (9250, 40))
]


def probe_at(at_ms: float, *, at_end: AtEnd = "hold", own_bytes: int = 0) -> SimulatedProbe:
    clock = FakeClock(5000.0)
    probe = SimulatedProbe(Trace.parse(LINES), clock, own_bytes=lambda: own_bytes, at_end=at_end)
    clock.advance(at_ms)
    return probe


def used_at(at_ms: float, *, at_end: AtEnd = "hold") -> int | str | None:
    seen = probe_at(at_ms, at_end=at_end).read()
    return seen.used_by_others_bytes if isinstance(seen, MemoryReading) else seen.code


def test_the_trace_begins_when_the_probe_is_made() -> None:
    assert [used_at(at_ms) for at_ms in (0, 99, 100, 200, 300)] == [10, 10, 20, 30, 30]


def test_what_the_model_holds_is_not_free() -> None:
    seen = probe_at(0, own_bytes=60).read()
    assert isinstance(seen, MemoryReading)
    assert (seen.free_bytes, seen.own_bytes, seen.room_bytes(0), seen.at_ms) == (30, 60, 90, 5000.0)
    over = probe_at(0, own_bytes=95).read()
    assert isinstance(over, MemoryReading) and over.free_bytes == 0


def test_frame_times_come_along() -> None:
    assert probe_at(100).frame_ms == 20.0
    assert probe_at(5000).frame_ms is None


def test_a_gap_is_silence() -> None:
    assert [used_at(at_ms) for at_ms in (2200, 2300, 9199, 9200)] == [30, "trace_gap", "trace_gap", 40]
    assert [finding.code for finding in probe_at(0).findings] == ["trace_gap"]


def test_the_end() -> None:
    assert used_at(100_000) == 40
    assert used_at(100_000, at_end="stop") == "trace_ended"
    assert used_at(9200 + 100, at_end="repeat") == 20


def test_a_guard_holds_through_a_short_gap_only() -> None:
    clock = FakeClock()
    probe = GuardedProbe(SimulatedProbe(Trace.parse(LINES), clock), hold_ms=3000.0, now_ms=clock.now_ms)
    seen: list[str] = []
    for _ in range(10):
        reading = probe.read()
        assert isinstance(reading, MemoryReading)
        seen.append(reading.trust)
        clock.advance(1000.0)
    assert seen == ["measured"] * 3 + ["held"] * 3 + ["assumed"] * 4


def test_it_can_be_closed() -> None:
    probe = probe_at(0)
    probe.close()
    seen = probe.read()
    assert isinstance(seen, NoReading) and seen.code == "probe_closed"


def test_traces_come_with_the_package() -> None:
    assert shipped_traces() == ("calm", "level_load", "sawtooth", "slow_leak")
    for name in shipped_traces():
        trace = shipped_trace(name)
        assert trace.findings == ()
        assert all(sample.frame_ms is not None for sample in trace.samples)
    with pytest.raises(RequestError) as caught:
        shipped_trace("storm")
    assert caught.value.code == "unknown_trace" and "calm" in caught.value.next_step
