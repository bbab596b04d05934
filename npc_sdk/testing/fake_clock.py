"""A clock that stands still until it is moved."""

from __future__ import annotations

import threading
from collections.abc import Callable

from npc_sdk.runtime.clock import Timed


class FakeClock:
    """Time for tests: it moves through :meth:`advance`, and by itself while somebody waits for an event.

    When a test iterates over a turn, nobody else would move the time; so a wait moves it to the next
    thing that is due (a token, a deadline), and not further. Nothing ever sleeps. Safe to use from any
    thread.

    Args:
        start_ms: The time at the beginning.
        moves_alone: False leaves time still during waits; then another thread must advance it.
    """

    def __init__(self, start_ms: float = 0.0, *, moves_alone: bool = True) -> None:
        self._now_ms = start_ms
        self._moves_alone = moves_alone
        self._timed: list[Timed] = []
        self._lock = threading.RLock()

    @property
    def is_manual(self) -> bool:
        """Always True."""
        return True

    def now_ms(self) -> float:
        """Return the time."""
        return self._now_ms

    def seconds_until(self, at_ms: float) -> float | None:
        """Return None: sleeping does not move this clock."""
        return None

    def attach(self, timed: Timed) -> None:
        """Let this clock drive ``timed``."""
        with self._lock:
            self._timed.append(timed)

    def detach(self, timed: Timed) -> None:
        """Stop driving ``timed``; unknown ones are ignored."""
        with self._lock:
            if timed in self._timed:
                self._timed.remove(timed)

    def advance(self, ms: float) -> None:
        """Move time on and let everything that falls due happen in order; returns when all is done.

        Args:
            ms: How far, at least 0.
        """
        if ms < 0:
            raise ValueError("Time does not run backwards.")
        with self._lock:
            target_ms = self._now_ms + ms
            self._settle()
            while self._step(limit_ms=target_ms):
                self._settle()
            self._now_ms = target_ms
            self._settle()

    def skip(self, is_done: Callable[[], bool]) -> None:
        """Move to the next due thing again and again until ``is_done``, or until nothing is due."""
        with self._lock:
            self._settle()
            while self._moves_alone and not is_done() and self._step(limit_ms=None):
                self._settle()

    def _settle(self) -> None:
        for timed in list(self._timed):
            timed.settle()

    def _step(self, *, limit_ms: float | None) -> bool:
        due = [(at_ms, timed) for timed in self._timed if (at_ms := timed.next_ms()) is not None]
        if not due:
            return False
        first_ms = min(at_ms for at_ms, _ in due)
        if limit_ms is not None and first_ms > limit_ms:
            return False
        self._now_ms = max(self._now_ms, first_ms)
        for at_ms, timed in due:
            if at_ms <= self._now_ms:
                timed.fire()
        return True
