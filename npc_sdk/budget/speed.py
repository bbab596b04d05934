"""Notices when the device gets so slow that something must have happened: the driver pages us out."""

from __future__ import annotations

from collections import deque
from statistics import median

_REMEMBERED = 61
_LEAST_KNOWN = 9
_STRIKES = 3


class SpeedWatch:
    """Compares each measured speed with the median of those before it; not thread safe.

    Args:
        collapse: How many times slower than the median is a collapse.
    """

    def __init__(self, collapse: float) -> None:
        self._collapse = collapse
        self._known: deque[float] = deque(maxlen=_REMEMBERED)
        self._strikes = 0

    @property
    def usual(self) -> float:
        """The running median; 0 while too little is known."""
        return median(self._known) if len(self._known) >= _LEAST_KNOWN else 0.0

    def seen(self, tokens_per_s: float) -> bool:
        """Take in a speed; True when several in a row have collapsed. Those do not move the median."""
        is_slow = tokens_per_s < self.usual / self._collapse
        self._strikes = self._strikes + 1 if is_slow else 0
        if not is_slow:
            self._known.append(tokens_per_s)
        return self._strikes >= _STRIKES

    def forget(self) -> None:
        """Begin anew: what computes has changed."""
        self._known.clear()
        self._strikes = 0
