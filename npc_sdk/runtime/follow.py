"""Waiting for what the runtime's thread writes down, from a thread or from asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

from npc_sdk.errors import DeadlineError
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.mailbox import Log

Item = TypeVar("Item")

GRACE_S = 10.0
MANUAL_LIMIT_S = 60.0
LONGEST_WAIT_S = 1e7


class Follow(Generic[Item]):
    """Reads a log that ends at a deadline; every method may be called from any thread.

    Args:
        log: What to read.
        clock: What the deadline is measured with.
        deadline_ms: When the log ends at last, counted from now.
    """

    def __init__(self, log: Log[Item], clock: Clock, *, deadline_ms: float) -> None:
        self.log = log
        self.deadline_ms = deadline_ms
        self._clock = clock
        # A clock that is moved by hand says nothing about real time.
        self._limit_s = MANUAL_LIMIT_S if clock.is_manual else deadline_ms / 1000.0 + GRACE_S

    def item(self, index: int) -> Item | None:
        """Wait for an item and return it; None when the log ends before it.

        Raises:
            DeadlineError: Nothing came long after the deadline (``wait_timeout``).
        """
        self._wait(lambda: self.log.is_ready(index), self._limit_s)
        return self.log.item(index)

    def last(self, timeout_s: float | None) -> Item:
        """Wait for the end and return the last item.

        Args:
            timeout_s: Longest wait; None waits for the deadline.

        Raises:
            DeadlineError: The time is up (``wait_timeout``).
        """
        self._wait(lambda: self.log.is_closed, self._limit_s if timeout_s is None else timeout_s)
        return self.log.items()[-1]

    async def async_item(self, index: int) -> Item | None:
        """As :meth:`item`, without blocking the event loop."""
        await self._async_wait(lambda: self.log.is_ready(index), self._limit_s)
        return self.log.item(index)

    async def async_last(self, timeout_s: float | None) -> Item:
        """As :meth:`last`, without blocking the event loop."""
        await self._async_wait(lambda: self.log.is_closed, self._limit_s if timeout_s is None else timeout_s)
        return self.log.items()[-1]

    def _wait(self, is_done: Callable[[], bool], limit_s: float) -> None:
        if not self._is_done_in(is_done, min(limit_s, LONGEST_WAIT_S)):
            raise _timeout(limit_s)

    def _is_done_in(self, is_done: Callable[[], bool], limit_s: float) -> bool:
        """Wait; a log that only grows when somebody does something for it is followed by a class of its own."""
        self._clock.skip(is_done)
        return self.log.wait(is_done, limit_s)

    async def _async_wait(self, is_done: Callable[[], bool], limit_s: float) -> None:
        if self._clock.is_manual:
            await asyncio.to_thread(self._clock.skip, is_done)
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def look() -> None:
            if is_done():
                changed.set()

        def wake() -> None:
            # The loop is closed when the task that waited was thrown away.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(look)

        stop = self.log.listen(wake)
        # Not asyncio.wait_for, which before Python 3.12 may swallow the cancellation of whoever waits.
        timer = loop.call_later(min(limit_s, LONGEST_WAIT_S), changed.set)
        try:
            if not is_done():
                await changed.wait()
        finally:
            timer.cancel()
            stop()
        if not is_done():
            raise _timeout(limit_s)


def _timeout(limit_s: float) -> DeadlineError:
    return DeadlineError(
        f"Nothing happened for {limit_s:g} s.",
        "Wait longer; with a clock that a test moves, advance it.",
        code="wait_timeout",
        waited_ms=limit_s * 1000.0,
    )
