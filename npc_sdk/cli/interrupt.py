"""Ctrl-C while a character speaks: the first ends its reply, the second the chat."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol


class Cancellable(Protocol):
    """Something that can be ended early, from any thread."""

    def cancel(self) -> None:
        """End it."""
        ...


@dataclass(slots=True)
class Interrupts:
    """How often Ctrl-C was pressed."""

    count: int = 0


@contextmanager
def cancelling(turn: Cancellable) -> Iterator[Interrupts]:
    """Let the first Ctrl-C inside the block cancel a turn, and the second one raise.

    Raises:
        KeyboardInterrupt: At the second Ctrl-C.
    """
    pressed = Interrupts()

    def handle(_number: int, _frame: FrameType | None) -> None:
        pressed.count += 1
        if pressed.count > 1:
            raise KeyboardInterrupt
        # The interrupted code may hold the lock that cancel() takes.
        threading.Thread(target=turn.cancel, daemon=True).start()

    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
