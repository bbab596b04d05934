"""Where the runtime reads the time, so that tests can move it by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable


class Timed(Protocol):
    """Something that has work due at a time; a hand-moved clock drives it."""

    def next_ms(self) -> float | None:
        """Return when the next work is due, or None."""
        ...

    def fire(self) -> None:
        """Do the work that is due now."""
        ...

    def settle(self) -> None:
        """Return once everything that was handed in has been dealt with."""
        ...


class Clock(Protocol):
    """Milliseconds that never run backwards; safe to use from any thread."""

    @property
    def is_manual(self) -> bool:
        """Whether time moves only when somebody moves it."""
        ...

    def now_ms(self) -> float:
        """Return the time in milliseconds since some fixed point."""
        ...

    def seconds_until(self, at_ms: float) -> float | None:
        """Return how long to sleep until a time, or None when sleeping does not bring it nearer."""
        ...

    def attach(self, timed: Timed) -> None:
        """Let a hand-moved clock drive ``timed``; nothing for a real clock."""
        ...

    def detach(self, timed: Timed) -> None:
        """Undo :meth:`attach`."""
        ...

    def skip(self, is_done: Callable[[], bool]) -> None:
        """Move a hand-moved clock on while its owner waits; nothing for a real clock."""
        ...


@runtime_checkable
class Clocked(Protocol):
    """An engine that brings its own clock along."""

    @property
    def clock(self) -> Clock:
        """The clock that the runtime shall use with this engine."""
        ...


class SystemClock:
    """The machine's monotonic clock."""

    @property
    def is_manual(self) -> bool:
        """Always False."""
        return False

    def now_ms(self) -> float:
        """Return milliseconds of the monotonic clock."""
        return time.monotonic() * 1000.0

    def seconds_until(self, at_ms: float) -> float | None:
        """Return the seconds from now, at least 0."""
        return max(0.0, (at_ms - self.now_ms()) / 1000.0)

    def attach(self, timed: Timed) -> None:
        """Do nothing: real time drives everybody."""

    def detach(self, timed: Timed) -> None:
        """Do nothing."""

    def skip(self, is_done: Callable[[], bool]) -> None:
        """Do nothing."""
