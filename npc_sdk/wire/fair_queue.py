"""Work of many clients for one thread, so that none of them waits for all the work of another."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")


class FairQueue(Generic[Key, Item]):
    """Keeps the order of each key, and takes from the keys in turns; every method may be called from any thread."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: dict[Key, deque[Item]] = {}
        self._turns: OrderedDict[Key, None] = OrderedDict()
        self._held: set[Key] = set()
        self._is_closed = False

    def __len__(self) -> int:
        with self._condition:
            return sum(len(items) for items in self._waiting.values())

    @property
    def is_closed(self) -> bool:
        """Whether nothing is taken in any more."""
        return self._is_closed

    def put(self, key: Key, item: Item, *, is_first: bool = False) -> bool:
        """Add work.

        Args:
            key: Whose it is.
            item: The work.
            is_first: Whether it goes before what this key has waiting.

        Returns:
            False once the queue is closed.
        """
        with self._condition:
            if self._is_closed:
                return False
            items = self._waiting.setdefault(key, deque())
            if is_first:
                items.appendleft(item)
            else:
                items.append(item)
            self._offer(key)
            return True

    def take(self, timeout_s: float | None) -> tuple[Key, Item] | None:
        """Return the next work, or None when the time is up or the queue is closed and empty."""
        with self._condition:
            self._condition.wait_for(lambda: self._turns or self._is_closed, timeout_s)
            if not self._turns:
                return None
            key, _ = self._turns.popitem(last=False)
            items = self._waiting[key]
            item = items.popleft()
            if items:
                self._turns[key] = None
            else:
                del self._waiting[key]
            return key, item

    def hold(self, key: Key) -> None:
        """Take nothing more of a key until :meth:`release`."""
        with self._condition:
            self._held.add(key)
            self._turns.pop(key, None)

    def release(self, key: Key, item: Item | None = None) -> None:
        """Take from a key again.

        Args:
            key: The key.
            item: Work to do before what it has waiting.
        """
        with self._condition:
            self._held.discard(key)
            if item is not None:
                self._waiting.setdefault(key, deque()).appendleft(item)
            self._offer(key)

    def close(self) -> None:
        """Take in nothing any more; what waits may still be taken."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()

    def _offer(self, key: Key) -> None:
        if key not in self._held and self._waiting.get(key):
            self._turns.setdefault(key)
            self._condition.notify()
