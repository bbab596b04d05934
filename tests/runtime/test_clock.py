from __future__ import annotations

from npc_sdk.runtime.clock import Clocked, SystemClock
from npc_sdk.testing import FakeEngine


def test_the_system_clock_runs_on() -> None:
    clock = SystemClock()
    before = clock.now_ms()
    assert clock.now_ms() >= before
    assert not clock.is_manual
    assert clock.seconds_until(before - 5) == 0
    assert 9 < clock.seconds_until(clock.now_ms() + 10_000) <= 10


def test_nothing_drives_the_system_clock() -> None:
    clock = SystemClock()
    engine = FakeEngine()
    clock.attach(engine)
    clock.detach(engine)
    clock.skip(lambda: False)


def test_a_fake_engine_brings_its_clock() -> None:
    assert isinstance(FakeEngine(), Clocked)
    assert not isinstance(object(), Clocked)
