"""A quota over time: so much at once, so much in the long run."""

from __future__ import annotations


class Bucket:
    """Holds tokens that come back with time. Not thread safe; the time never goes backwards in it.

    Args:
        per_s: Tokens that come back in a second.
        burst: Most tokens; it begins full.
    """

    __slots__ = ("_burst", "_left", "_now_ms", "_per_ms")

    def __init__(self, *, per_s: float, burst: float) -> None:
        self._per_ms = per_s / 1000.0
        self._burst = burst
        self._left = burst
        self._now_ms: float | None = None

    def take(self, amount: float, now_ms: float) -> bool:
        """Take tokens; False, and none are taken, when there are too few."""
        self._refill(now_ms)
        if amount > self._left:
            return False
        self._left -= amount
        return True

    def wait_ms(self, amount: float, now_ms: float) -> float:
        """Return how long it takes until so many are there; more than the burst counts as the burst."""
        self._refill(now_ms)
        return max(0.0, (min(amount, self._burst) - self._left) / self._per_ms)

    def _refill(self, now_ms: float) -> None:
        if self._now_ms is not None and now_ms > self._now_ms:
            self._left = min(self._burst, self._left + (now_ms - self._now_ms) * self._per_ms)
        self._now_ms = now_ms if self._now_ms is None else max(now_ms, self._now_ms)
