"""Notices that strangers fill the memory of this process, or take all its connections."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psutil

LIMIT_BYTES: Final = 512 * 1024 * 1024
LOOK_MS: Final = 200.0
# So much of the files and connections that the system allows may be open; the rest is for the host's own work.
OPEN_SHARE: Final = 0.75
WANTED_FILES: Final = 4096


class MemoryGuard:
    """Compares what this process holds with what it held at first. Not thread safe; owned by the socket thread.

    ZeroMQ gathers all frames of a message before it hands them over, whoever has sent them, and has no limit for
    their number. What it holds cannot be asked for, so the memory of the whole process is looked at.

    Connections of somebody who never says anything are not told of either, and the last one that the system
    allows would be missing for the host's own files.

    Args:
        limit_bytes: How much more than at first is too much.
        read: Returns the bytes that the process has for itself.
        crowd: Returns whether too many connections are open.
        trim: Gives freed memory back to the system.
    """

    def __init__(
        self,
        *,
        limit_bytes: int = LIMIT_BYTES,
        read: Callable[[], int] | None = None,
        crowd: Callable[[], bool] | None = None,
        trim: Callable[[], None] | None = None,
    ) -> None:
        self._limit_bytes = limit_bytes
        self._read = own_bytes if read is None else read
        self._is_crowded = is_crowded if crowd is None else crowd
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
        return held > self._usual_bytes + self._limit_bytes or self._is_crowded()

    def freed(self) -> None:
        """Take note that everything was let go that could be; what is still held is usual from now on."""
        self._trim()
        if self._usual_bytes is not None and self._read() > self._usual_bytes + self._limit_bytes // 2:
            # It was something else, such as a larger model: doing the same again would not help.
            self._usual_bytes = self._read()


def own_bytes() -> int:
    """Return the memory that this process has for itself, without files that it only reads; 0 when unknown."""
    try:
        info = psutil.Process().memory_info()
    except (psutil.Error, OSError):
        return 0
    return int(info.rss) - int(getattr(info, "shared", 0))


def is_crowded() -> bool:
    """Return whether nearly as many files and connections are open as the system allows."""
    if sys.platform == "win32":
        return False
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    try:
        return limit != resource.RLIM_INFINITY and psutil.Process().num_fds() > limit * OPEN_SHARE
    except OSError:
        # Not even the question can be asked.
        return True
    except psutil.Error:
        return False


def allow_files() -> None:
    """Have the system allow this process more open files and connections, where it allows few."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def give_back() -> None:
    """Have the C library return freed memory to the system, where it keeps it otherwise."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
