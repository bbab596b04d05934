from __future__ import annotations

import pytest

from demos.window.pace import Beat


class Clock:
    def __init__(self, late_s: float = 0.0) -> None:
        self.now_s = 100.0
        self.late_s = late_s
        self.slept: list[float] = []

    def read(self) -> float:
        return self.now_s

    def sleep(self, for_s: float) -> None:
        self.slept.append(for_s)
        self.now_s += for_s + self.late_s


def _begins(clock: Clock, works_s: list[float]) -> list[float]:
    beat, begins = Beat(clock=clock.read, sleep=clock.sleep), []
    for work_s in works_s:
        begins.append(beat.wait(10.0) - 100_000.0)
        clock.now_s += work_s
    return begins


def test_frames_begin_on_the_beat_whatever_their_work() -> None:
    assert _begins(Clock(), [0.001, 0.009, 0.002, 0.0, 0.0]) == pytest.approx([0, 10, 20, 30, 40])


def test_waking_up_late_does_not_shift_the_beat() -> None:
    assert _begins(Clock(late_s=0.001), [0.001] * 5) == pytest.approx([0, 11, 21, 31, 41])


def test_a_late_frame_is_not_caught_up_on() -> None:
    assert _begins(Clock(), [0.001, 0.035, 0.001, 0.001, 0.001]) == pytest.approx([0, 10, 45, 55, 65])


def test_work_is_what_comes_after_the_wait() -> None:
    clock = Clock()
    beat = Beat(clock=clock.read, sleep=clock.sleep)
    beat.wait(10.0)
    beat.wait(10.0)
    clock.now_s += 0.004
    assert beat.work_ms == pytest.approx(4.0)
    assert clock.slept == pytest.approx([0.01])
