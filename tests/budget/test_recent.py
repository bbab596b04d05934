from __future__ import annotations

import math
import random

import pytest

from npc_sdk.budget.recent import RecentWork


def test_nothing_has_happened_at_first() -> None:
    assert RecentWork(1000).sums().start_ms == math.inf


def test_reading_and_speaking_are_told_apart() -> None:
    recent = RecentWork(1000)
    recent.add(100, is_reading=True, call_ms=20, now_ms=20)
    recent.add(4, is_reading=False, call_ms=7, now_ms=30)
    work = recent.sums()
    assert (work.start_ms, work.spoken, work.read, work.speaking_ms) == (0, 4, 100, 7)


def test_what_left_the_window_is_forgotten() -> None:
    recent = RecentWork(1000)
    recent.add(4, is_reading=False, call_ms=7, now_ms=7)
    recent.forget_old(2000)
    assert recent.sums().spoken == 0


def test_the_sums_follow_the_window_closely_with_few_buckets() -> None:
    recent, calls, generator = RecentWork(3000), [], random.Random(3)
    now_ms = 0.0
    for _ in range(20_000):
        now_ms += generator.random()
        recent.add(1, is_reading=False, call_ms=0.1, now_ms=now_ms)
        calls.append(now_ms)
    inside = sum(call > now_ms - 3000 for call in calls)
    assert recent.sums().spoken == pytest.approx(inside, rel=0.12)
