from __future__ import annotations

import time

import pytest

from npc_sdk.bench.wire.clock import JumpingClock, move_wall_clock


def test_it_jumps_forward_only() -> None:
    clock = JumpingClock()
    before_ms = clock.now_ms()
    clock.jump(5000.0)
    clock.jump(-9000.0)
    assert 5000.0 <= clock.now_ms() - before_ms < 10_000.0


def test_the_time_of_day_moves_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = time.time()
    monkeypatch.setattr(time, "time", time.time)
    move_wall_clock(-3600.0)
    assert -3601.0 < time.time() - now_s < -3590.0
