"""What was done in the last seconds, in buckets, so that asking costs the same however many calls there were."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

_BUCKETS = 12


@dataclass(slots=True)
class Work:
    """What happened from ``start_ms`` on: tokens spoken and read, and the time that speaking took."""

    start_ms: float
    spoken: int = 0
    read: int = 0
    speaking_ms: float = 0.0


class RecentWork:
    """Sums over a sliding window; not thread safe.

    Args:
        window_ms: How far back it reaches.
    """

    def __init__(self, window_ms: float) -> None:
        self._window_ms = window_ms
        self._buckets: deque[Work] = deque()

    def add(self, tokens: int, *, is_reading: bool, call_ms: float, now_ms: float) -> None:
        """Note a call that ended now."""
        self.forget_old(now_ms)
        if not self._buckets or now_ms - self._buckets[-1].start_ms > self._window_ms / _BUCKETS:
            self._buckets.append(Work(now_ms - call_ms))
        bucket = self._buckets[-1]
        if is_reading:
            bucket.read += tokens
        else:
            bucket.spoken += tokens
            bucket.speaking_ms += call_ms

    def forget_old(self, now_ms: float) -> None:
        """Let go of what has left the window."""
        while self._buckets and self._buckets[0].start_ms < now_ms - self._window_ms:
            self._buckets.popleft()

    def sums(self) -> Work:
        """Return the sums over the window; ``start_ms`` is where its first call began, infinite without one."""
        total = Work(self._buckets[0].start_ms if self._buckets else math.inf)
        for bucket in self._buckets:
            total.spoken += bucket.spoken
            total.read += bucket.read
            total.speaking_ms += bucket.speaking_ms
        return total
