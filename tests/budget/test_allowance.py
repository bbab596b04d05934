from __future__ import annotations

import random
from typing import Any

import pytest

from npc_sdk.budget.allowance import Allowance, Beside
from npc_sdk.budget.frame import FrameHint

TARGET_MS = 16.0
CEILING_MS = 8.0


def make(**changes: Any) -> Allowance:
    return Allowance(**{"late_share": 0.004, "starts_full": False, **changes})


def feed(allowance: Allowance, measured_ms: float | None, count: int = 1, **beside: Any) -> None:
    hint = FrameHint(target_ms=TARGET_MS, measured_ms=measured_ms)
    told = Beside(**{"ran_ms": 4.0, "least_call_ms": 1.0, **beside})
    for _ in range(count):
        allowance.frame(hint, CEILING_MS, told)


def test_it_begins_low_and_rises_quickly_while_no_frame_is_late() -> None:
    allowance = make()
    feed(allowance, TARGET_MS)
    assert allowance.ms < 0.3 * CEILING_MS
    feed(allowance, TARGET_MS, 120)
    assert allowance.is_full
    assert allowance.ms == CEILING_MS


def test_on_a_cpu_it_begins_at_the_ceiling() -> None:
    allowance = make(starts_full=True)
    feed(allowance, TARGET_MS)
    assert allowance.is_full


def test_it_backs_off_fast_and_recovers_slowly() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 120)
    feed(allowance, 20.0)
    assert allowance.ms == pytest.approx(0.6 * CEILING_MS)
    feed(allowance, TARGET_MS, 60)
    assert allowance.ms < 0.75 * CEILING_MS
    feed(allowance, TARGET_MS, 600)
    assert allowance.is_full
    assert allowance.late_frames == 1


def test_late_frames_in_a_row_are_one_cause() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 120)
    feed(allowance, 20.0, 3)
    assert allowance.ms == pytest.approx(0.6 * CEILING_MS, rel=0.01)
    feed(allowance, 20.0, 60)
    assert allowance.ms < 0.01 * CEILING_MS


def test_frames_that_the_game_loses_by_itself_change_nothing() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 120)
    feed(allowance, 60.0, 5)
    feed(allowance, 25.0, 5, ran_ms=0.0)
    assert allowance.ms == CEILING_MS
    assert allowance.late_frames == 0


def test_a_game_that_is_slower_than_its_target_is_measured_by_itself() -> None:
    allowance = make()
    feed(allowance, 24.0, 200, ran_ms=0.0)
    before_ms = allowance.ms
    feed(allowance, 24.2, 10)
    assert allowance.ms >= before_ms
    feed(allowance, 27.0)
    assert allowance.ms < before_ms


def test_a_frame_that_missed_the_display_counts_however_short_our_call_was() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 120)
    feed(allowance, 2 * TARGET_MS, ran_ms=1.0)
    assert allowance.ms < 0.7 * CEILING_MS


def test_a_game_that_loses_frames_by_itself_lets_more_be_late() -> None:
    smooth, rough = make(), make()
    feed(smooth, TARGET_MS, 2000, ran_ms=0.0, has_demand=False)
    for _ in range(100):
        feed(rough, TARGET_MS, 19, ran_ms=0.0, has_demand=False)
        feed(rough, 17.0, 1, ran_ms=0.0, has_demand=False)
    for allowance in (smooth, rough):
        feed(allowance, TARGET_MS, 120)
        feed(allowance, 17.0)
        feed(allowance, TARGET_MS, 20)
    assert rough.ms > 1.2 * smooth.ms


def test_silence_proves_nothing() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 500, ran_ms=0.0, has_demand=False)
    assert allowance.ms < 0.3 * CEILING_MS


def test_a_loading_screen_is_no_frame() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 120)
    feed(allowance, 5000.0)
    assert allowance.ms == CEILING_MS
    assert allowance.late_frames == 0


def test_without_a_measure_half_of_the_ceiling_is_used() -> None:
    allowance = make()
    feed(allowance, None, 50)
    assert allowance.ms == CEILING_MS / 2
    assert allowance.frames == 0


def test_a_mode_that_gives_less_holds_at_once() -> None:
    allowance = make()
    feed(allowance, TARGET_MS, 120)
    allowance.frame(FrameHint(target_ms=TARGET_MS, measured_ms=10.0), 2.0, Beside(ran_ms=1.0))
    assert allowance.ms == 2.0


def test_late_frames_stay_as_rare_as_asked_wherever_the_limit_lies() -> None:
    for limit_ms in (0.5, 3.0, 6.0):
        allowance, generator = make(), random.Random(5)
        frames = 30_000
        for _ in range(frames):
            # A call runs in this frame when the allowance pays for it; it is late when the frame had less to spare.
            ran_ms = allowance.ms if allowance.ms > 1.0 or generator.random() < allowance.ms else 0.0
            is_late = max(ran_ms, 1.0 if ran_ms else 0.0) > generator.gauss(limit_ms, 0.2)
            measured_ms = 17.0 if ran_ms and is_late else 16.0
            feed(allowance, measured_ms, ran_ms=max(ran_ms, 1.0) if ran_ms else 0.0)
        assert allowance.late_frames / frames < 0.009, limit_ms
