"""Turns what a probe sees into the samples of a trace."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from npc_sdk.budget.probe import MemoryReading, NoReading, NowMs, Probe, monotonic_ms
from npc_sdk.budget.trace import TraceSample
from npc_sdk.errors import RequestError


def sampled(
    probe: Probe,
    *,
    period_ms: float,
    seconds: float | None = None,
    now_ms: NowMs = monotonic_ms,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[TraceSample | NoReading]:
    """Yield one sample a period, or why there is none; the first one at once.

    Args:
        probe: What is read.
        period_ms: Time from one sample to the next; one that comes too late is left out.
        seconds: How long; None goes on for good.
        now_ms: The clock.
        sleep: Waits so many seconds.

    Raises:
        RequestError: No time can be measured so (``bad_time``).
    """
    check_times(period_ms, seconds)
    start_ms = now_ms()
    step = 0
    while seconds is None or not step or max(step * period_ms, now_ms() - start_ms) <= seconds * 1000.0:
        wait_ms = start_ms + step * period_ms - now_ms()
        if wait_ms > 0.0:
            sleep(wait_ms / 1000.0)
        seen = probe.read()
        yield seen if isinstance(seen, NoReading) else sample_of(seen, at_ms=now_ms() - start_ms)
        step = max(step + 1, int((now_ms() - start_ms) // period_ms))


def check_times(period_ms: float, seconds: float | None) -> None:
    """Refuse times that are none.

    Raises:
        RequestError: The period is not above 0, or one of them has no end (``bad_time``).
    """
    if not (math.isfinite(period_ms) and period_ms > 0.0):
        raise RequestError(f"A period of {period_ms} ms is none.", "Give a number above 0.", code="bad_time")
    if seconds is not None and not (math.isfinite(seconds) and seconds >= 0.0):
        raise RequestError(f"{seconds} seconds are no time.", "Give a number of at least 0.", code="bad_time")


def sample_of(reading: MemoryReading, *, at_ms: float) -> TraceSample:
    """Return a reading as a sample: everything that is neither free nor our own is used by others.

    Args:
        reading: What was seen.
        at_ms: Time since the beginning of the trace.
    """
    taken = reading.total_bytes - reading.free_bytes - (reading.own_bytes or 0)
    return TraceSample(
        at_ms=max(0.0, at_ms),
        total_bytes=reading.total_bytes,
        used_by_others_bytes=min(max(0, taken), reading.total_bytes),
    )
