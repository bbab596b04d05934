from __future__ import annotations

import pytest

from npc_sdk.testing import FakeClock


class Alarm:
    """Rings at given times."""

    def __init__(self, clock: FakeClock, *times: float) -> None:
        self.clock = clock
        self.times = list(times)
        self.rang: list[float] = []
        self.settled = 0
        clock.attach(self)

    def next_ms(self) -> float | None:
        return self.times[0] if self.times else None

    def fire(self) -> None:
        self.rang.append(self.clock.now_ms())
        self.times.pop(0)

    def settle(self) -> None:
        self.settled += 1


def test_time_moves_only_when_it_is_moved() -> None:
    clock = FakeClock(100)
    assert clock.now_ms() == 100
    clock.advance(5)
    assert clock.now_ms() == 105
    assert clock.is_manual
    assert clock.seconds_until(500) is None
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_everything_due_happens_in_order_and_at_its_time() -> None:
    clock = FakeClock()
    first, second = Alarm(clock, 10, 30), Alarm(clock, 20, 30, 99)
    clock.advance(50)
    assert (first.rang, second.rang, clock.now_ms()) == ([10, 30], [20, 30], 50)
    assert first.settled > 2


def test_a_wait_moves_time_to_what_it_waits_for_and_no_further() -> None:
    clock = FakeClock()
    alarm = Alarm(clock, 10, 20, 30)
    clock.skip(lambda: len(alarm.rang) == 2)
    assert clock.now_ms() == 20
    clock.skip(lambda: False)
    assert clock.now_ms() == 30


def test_a_clock_that_does_not_move_alone() -> None:
    clock = FakeClock(moves_alone=False)
    alarm = Alarm(clock, 10)
    clock.skip(lambda: False)
    assert (clock.now_ms(), alarm.rang) == (0, [])


def test_a_detached_thing_is_not_driven() -> None:
    clock = FakeClock()
    alarm = Alarm(clock, 10)
    clock.detach(alarm)
    clock.detach(alarm)
    clock.advance(50)
    assert alarm.rang == []
