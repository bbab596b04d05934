"""The only way between threads: a mailbox for the runtime's thread, and a log that many may read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Many put, one takes; every method may be called from any thread."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque()
        self._is_closed = False
        self._condition = threading.Condition()

    def put(self, item: Item) -> bool:
        """Add an item and wake the taker; returns False once the mailbox is closed."""
        with self._condition:
            if self._is_closed:
                return False
            self._items.append(item)
            self._condition.notify()
            return True

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be taken."""
        return not self._items

    def close(self) -> list[Item]:
        """Take nothing any more; returns what nobody took."""
        with self._condition:
            self._is_closed = True
            left = list(self._items)
            self._items.clear()
            return left

    def take(self, timeout_s: float | None) -> Item | None:
        """Return the oldest item, waiting for one; None when the time is up (None waits without a limit)."""
        with self._condition:
            if not self._items:
                self._condition.wait(timeout_s)
            return self._items.popleft() if self._items else None


class Log(Generic[Item]):
    """An append-only list that ends once and that any number of readers may follow.

    Every method may be called from any thread.
    """

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._is_closed = False
        self._condition = threading.Condition()
        self._listeners: list[Callable[[], None]] = []

    def __len__(self) -> int:
        return len(self._items)

    @property
    def is_closed(self) -> bool:
        """Whether no item will follow."""
        return self._is_closed

    def items(self) -> tuple[Item, ...]:
        """Return what is there now."""
        with self._condition:
            return tuple(self._items)

    def append(self, item: Item, *, is_last: bool = False) -> None:
        """Add an item and wake all readers; ignored once the log is closed."""
        with self._condition:
            if self._is_closed:
                return
            self._items.append(item)
            self._is_closed = is_last
            self._condition.notify_all()
            listeners = list(self._listeners)
            if is_last:
                # Whoever listens often holds the log, and such a ring would stay until Python looks for rings.
                self._listeners.clear()
        for listener in listeners:
            listener()

    def is_ready(self, index: int) -> bool:
        """Whether a reader at this position need not wait."""
        return self._is_closed or index < len(self._items)

    def item(self, index: int) -> Item | None:
        """Return the item at a position, or None when the log ended before it."""
        with self._condition:
            return self._items[index] if index < len(self._items) else None

    def wait(self, is_done: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for items until ``is_done``; returns False when the time is up."""
        with self._condition:
            return self._condition.wait_for(is_done, timeout_s)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every item, from the writer's thread; returns how to stop that."""
        with self._condition:
            if not self._is_closed:
                self._listeners.append(listener)

        def stop() -> None:
            with self._condition:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop
