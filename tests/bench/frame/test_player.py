from __future__ import annotations

import pytest

from npc_sdk.bench.frame import player as module
from npc_sdk.bench.frame.player import Nobody, Player
from npc_sdk.bench.frame.times import TARGET_MS, FrameLog


class Clock:
    """Time that passes only when somebody sleeps or draws."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def perf_counter(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


class Remembering(Nobody):
    def __init__(self) -> None:
        self.measured_ms: list[float] = []

    def frame(self, measured_ms: float) -> None:
        self.measured_ms.append(measured_ms)


def played(clock: Clock, work_ms: list[float], seconds: float = 1.0) -> tuple[FrameLog, Remembering]:
    company = Remembering()

    def draw(number: int) -> None:
        clock.now_s += work_ms[number % len(work_ms)] / 1000

    logs = list(Player(draw, company, is_stopped=lambda: False).play(seconds))
    assert all(log is logs[-1] for log in logs)
    return logs[-1], company


def test_frames_come_at_a_steady_pace(clock: Clock) -> None:
    log, company = played(clock, [3.0])
    assert len(log.interval_ms) == pytest.approx(59, abs=1)
    assert list(log.interval_ms) == pytest.approx([TARGET_MS] * len(log.interval_ms))
    assert list(log.work_ms) == pytest.approx([3.0] * len(log.work_ms))
    assert company.measured_ms[1:] == pytest.approx([3.0] * (len(company.measured_ms) - 1))


def test_a_frame_that_takes_too_long_is_followed_at_once(clock: Clock) -> None:
    log, company = played(clock, [3.0, 30.0, 3.0, 3.0])
    assert list(log.interval_ms)[1:5] == pytest.approx([TARGET_MS, 30.0, TARGET_MS, TARGET_MS])
    assert company.measured_ms[2] == pytest.approx(30.0)


def test_it_says_how_far_it_is_once_a_second(clock: Clock) -> None:
    logs = list(Player(lambda number: None, Nobody(), is_stopped=lambda: False).play(3.5))
    assert len(logs) == 4


def test_it_stops_when_it_is_told_to(clock: Clock) -> None:
    asked: list[int] = []

    def is_stopped() -> bool:
        asked.append(1)
        return len(asked) > 10

    (log,) = Player(lambda number: None, Nobody(), is_stopped=is_stopped).play(60.0)
    assert len(log.interval_ms) == 10
