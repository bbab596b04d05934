from __future__ import annotations

from collections.abc import Callable

import pytest

from npc_sdk.budget.probe import Device, MemoryReading, NoReading
from npc_sdk.budget.recording import check_times, sample_of, sampled
from npc_sdk.budget.trace import TraceSample
from npc_sdk.errors import RequestError


class Scene:
    """A probe, a clock and a bed in one."""

    name = "x"
    device: Device | None = None

    def __init__(self, *, read_ms: float = 0.0) -> None:
        self.at_ms = 1000.0
        self.read_ms = read_ms
        self.on_read: Callable[[], None] = lambda: None
        self.is_silent = False

    def now_ms(self) -> float:
        return self.at_ms

    def sleep(self, seconds: float) -> None:
        self.at_ms += seconds * 1000.0

    def read(self) -> MemoryReading | NoReading:
        self.at_ms += self.read_ms
        if self.is_silent:
            return NoReading(code="device_lost", reason="Gone.")
        return MemoryReading(total_bytes=100, free_bytes=60, at_ms=self.at_ms, source="x", own_bytes=30)

    def close(self) -> None:
        """Nothing is open."""


def record(scene: Scene, *, seconds: float, period_ms: float = 100.0) -> list[TraceSample | NoReading]:
    return list(sampled(scene, period_ms=period_ms, seconds=seconds, now_ms=scene.now_ms, sleep=scene.sleep))


def test_one_sample_a_period() -> None:
    seen = record(Scene(), seconds=0.5)
    assert [round(one.at_ms) for one in seen if isinstance(one, TraceSample)] == [0, 100, 200, 300, 400, 500]


def test_a_slow_probe_leaves_samples_out_and_does_not_drift() -> None:
    seen = record(Scene(read_ms=150.0), seconds=1.0)
    assert [round(one.at_ms) for one in seen if isinstance(one, TraceSample)] == [150, 300, 450, 600, 750, 900, 1050]


def test_no_time_is_one_sample() -> None:
    assert len(record(Scene(), seconds=0.0)) == 1


def test_silence_is_handed_on() -> None:
    scene = Scene()
    scene.is_silent = True
    assert [one.code for one in record(scene, seconds=0.1) if isinstance(one, NoReading)] == ["device_lost"] * 2


def test_everything_but_the_model_and_the_free_is_used_by_others() -> None:
    reading = MemoryReading(total_bytes=100, free_bytes=60, at_ms=0.0, source="x", own_bytes=30, reserved_bytes=5)
    assert sample_of(reading, at_ms=-1.0) == TraceSample(at_ms=0.0, total_bytes=100, used_by_others_bytes=10)


@pytest.mark.parametrize(("period_ms", "seconds"), [(0.0, None), (-1.0, 1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_times_that_are_none(period_ms: float, seconds: float | None) -> None:
    with pytest.raises(RequestError) as caught:
        check_times(period_ms, seconds)
    assert caught.value.code == "bad_time"
