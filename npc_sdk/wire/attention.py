"""Time as a game sees it that may stop looking for a while."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_GAP_MS = 1000.0


class Attention:
    """A clock that runs while somebody looks. Not thread safe; owned by its client.

    A game that shows a loading screen for ten seconds did not listen for ten seconds, which says nothing
    about the host, and answers may lie unread. So the time between two looks counts no more than one
    missed sign of life.

    Args:
        now_ms: The machine's clock; never runs backwards.
        longest_gap_ms: Most that the time between two looks counts.

    Attributes:
        last_ms: What the last look has returned.
    """

    def __init__(self, now_ms: Callable[[], float], *, longest_gap_ms: float = LONGEST_GAP_MS) -> None:
        self._real_ms = now_ms
        self._longest_gap_ms = longest_gap_ms
        self._looked_ms = now_ms()
        self.last_ms = 0.0

    def now_ms(self) -> float:
        """Look, and return the time that was spent looking so far."""
        real_ms = self._real_ms()
        self.last_ms += min(max(0.0, real_ms - self._looked_ms), self._longest_gap_ms)
        self._looked_ms = real_ms
        return self.last_ms
