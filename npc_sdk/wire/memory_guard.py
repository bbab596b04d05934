"""Notices that this process holds far more memory than it should, because somebody fills its connections."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psutil

LIMIT_BYTES: Final = 512 * 1024 * 1024
LOOK_MS: Final = 200.0


class MemoryGuard:
    """Compares the memory of this process with what it was. Not thread safe; owned by the socket thread.

    ZeroMQ gathers all frames of a message before it hands them over, whoever has sent them, and has no limit for
    their number. What it holds cannot be asked for, so the memory of the whole process is looked at.

    Args:
        limit_bytes: How much more than at first is too much.
        read: Returns the bytes that the process has for itself.
        trim: Gives freed memory back to the system.
    """

    def __init__(
        self,
        *,
        limit_bytes: int = LIMIT_BYTES,
        read: Callable[[], int] | None = None,
        trim: Callable[[], None] | None = None,
    ) -> None:
        self._limit_bytes = limit_bytes
        self._read = own_bytes if read is None else read
        self._trim = give_back if trim is None else trim
        self._usual_bytes: int | None = None
        self._due_ms = float("-inf")

    def look(self, now_ms: float) -> bool:
        """Return whether there is too much now; looks only now and then.

        Args:
            now_ms: The time now.
        """
        if now_ms < self._due_ms:
            return False
        self._due_ms = now_ms + LOOK_MS
        held = self._read()
        if self._usual_bytes is None:
            self._usual_bytes = held
        return held > self._usual_bytes + self._limit_bytes

    def freed(self) -> None:
        """Take note that everything was let go that could be; what is still held is usual from now on."""
        self._trim()
        if self._usual_bytes is not None and self._read() > self._usual_bytes + self._limit_bytes // 2:
            # It was something else, such as a larger model: doing the same again would not help.
            self._usual_bytes = self._read()


def own_bytes() -> int:
    """Return the memory that this process has for itself, without files that it only reads."""
    try:
        info = psutil.Process().memory_info()
    except psutil.Error:
        return 0
    return int(info.rss) - int(getattr(info, "shared", 0))


def give_back() -> None:
    """Have the C library return freed memory to the system, where it keeps it otherwise."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
