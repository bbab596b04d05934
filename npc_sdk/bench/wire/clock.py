"""Time that can jump, for hosts under test."""

from __future__ import annotations

import time

from npc_sdk.runtime.clock import SystemClock


class JumpingClock(SystemClock):
    """The machine's monotonic clock, which a test can set forward. Safe to use from any thread."""

    def __init__(self) -> None:
        self._ahead_ms = 0.0

    def now_ms(self) -> float:
        """Return milliseconds of the monotonic clock, and of the jumps so far."""
        return time.monotonic() * 1000.0 + self._ahead_ms

    def jump(self, ms: float) -> None:
        """Set the time forward.

        Args:
            ms: How far, at least 0.
        """
        self._ahead_ms += max(0.0, ms)


def move_wall_clock(seconds: float) -> None:
    """Have :func:`time.time` of this process tell another time from now on.

    Args:
        seconds: How far it jumps, in either direction.
    """
    real = time.time
    time.time = lambda: real() + seconds
