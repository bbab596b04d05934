from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from npc_sdk.budget.probe import MemoryReading, monotonic_ms

READING = MemoryReading(total_bytes=100, free_bytes=40, at_ms=0.0, source="x", reserved_bytes=10)


def test_what_is_taken_is_neither_free_nor_the_drivers() -> None:
    assert READING.taken_bytes == 50
    assert replace(READING, reserved_bytes=None).taken_bytes == 60
    assert replace(READING, free_bytes=95).taken_bytes == 0


@pytest.mark.parametrize(("own", "accounted", "room"), [(None, 30, 70), (20, 30, 60), (0, 30, 40), (None, 90, 100)])
def test_room_is_what_is_free_and_what_we_hold(own: int | None, accounted: int, room: int) -> None:
    assert replace(READING, own_bytes=own).room_bytes(accounted) == room


@given(some.integers(0, 50), some.integers(0, 50))
def test_taking_memory_does_not_change_the_room(held: int, more: int) -> None:
    before = replace(READING, free_bytes=50 - held // 2, own_bytes=held // 2)
    taken = min(more, before.free_bytes)
    after = replace(before, free_bytes=before.free_bytes - taken, own_bytes=held // 2 + taken)
    assert after.room_bytes(0) == before.room_bytes(0)


def test_time_runs_forwards() -> None:
    assert monotonic_ms() <= monotonic_ms()
