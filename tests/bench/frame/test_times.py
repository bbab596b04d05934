from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.bench.frame.times import LONG_MS, TARGET_MS, FrameLog, Spread, count_over, figures_of, spread

TIMES = st.lists(st.floats(min_value=0.1, max_value=500.0), min_size=1, max_size=300)


@given(TIMES)
def test_percentiles_are_times_that_were_measured_and_in_order(times_ms: list[float]) -> None:
    found = spread(times_ms)
    assert {found.p50, found.p99, found.p999, found.longest} <= set(times_ms)
    assert found.p50 <= found.p99 <= found.p999 <= found.longest == max(times_ms)


@given(TIMES)
def test_a_percentile_is_not_exceeded_by_more_than_its_share(times_ms: list[float]) -> None:
    found = spread(times_ms)
    assert count_over(times_ms, found.p99) <= 0.01 * len(times_ms)
    assert count_over(times_ms, found.p50) <= 0.5 * len(times_ms)


def test_percentiles_of_known_times() -> None:
    found = spread([float(number) for number in range(1000)])
    assert (found.p50, found.p99, found.p999, found.longest) == (500.0, 990.0, 999.0, 999.0)
    assert spread([]) == Spread()


def test_late_and_long_frames_are_counted() -> None:
    log = FrameLog()
    for interval_ms in (TARGET_MS, TARGET_MS + 0.9, TARGET_MS + 1.1, LONG_MS - 0.1, LONG_MS + 0.1):
        log.add(interval_ms, 3.0, 0.2)
    figures = figures_of(log)
    assert (figures.frames, figures.late, figures.long) == (5, 3, 1), "a sleep may be a little too long"
    assert figures.to_dict()["work_ms"]["p50"] == 3.0


def test_nothing_was_drawn() -> None:
    assert figures_of(FrameLog()).to_dict()["interval_ms"]["p99"] == 0.0
