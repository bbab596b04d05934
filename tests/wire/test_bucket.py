"""A quota comes back with time, up to its burst."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.wire.bucket import Bucket


def test_a_burst_and_then_the_rate() -> None:
    bucket = Bucket(per_s=10, burst=5)
    assert [bucket.take(1, 0.0) for _ in range(6)] == [True] * 5 + [False]
    assert bucket.wait_ms(1, 0.0) == 100.0
    assert not bucket.take(1, 99.0)
    assert bucket.take(1, 100.0)


def test_what_is_refused_costs_nothing() -> None:
    bucket = Bucket(per_s=1, burst=5)
    assert not bucket.take(6, 0.0)
    assert bucket.take(5, 0.0)
    assert bucket.wait_ms(100, 0.0) == 5000.0


def test_time_that_goes_backwards_gives_nothing() -> None:
    bucket = Bucket(per_s=1000, burst=1)
    assert bucket.take(1, 1000.0)
    assert not bucket.take(1, 0.0)
    assert not bucket.take(1, 1000.5)
    assert bucket.take(1, 1001.0)


@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 20))))
def test_never_more_than_burst_and_rate(steps: list[tuple[float, float]]) -> None:
    bucket = Bucket(per_s=100, burst=10)
    now_ms = taken = 0.0
    for wait_ms, amount in steps:
        now_ms += wait_ms
        taken += amount if bucket.take(amount, now_ms) else 0.0
    assert taken <= 10 + now_ms * 0.1 + 1e-6
