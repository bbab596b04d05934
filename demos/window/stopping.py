"""Ctrl-C and the wish of a process manager, as a question that a loop asks itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether a signal wants the window to close."""

    def __init__(self) -> None:
        self.is_wanted = self.is_interrupt = False

    def ask(self, number: int, _frame: FrameType | None) -> None:
        """Close soon; a second Ctrl-C does not wait."""
        if self.is_wanted:
            raise KeyboardInterrupt
        self.is_wanted, self.is_interrupt = True, number == signal.SIGINT


@contextmanager
def stopping() -> Iterator[Stop]:
    """Turn Ctrl-C and the wish of a process manager into a window that closes; only on the main thread."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
