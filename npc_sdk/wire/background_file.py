"""A file that is written by a thread of its own, so that whoever has something to write never waits for a disk."""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from npc_sdk.errors import CapacityError, NpcError

QUEUE_LIMIT_BYTES: Final = 64 << 20
CLOSE_LIMIT_S: Final = 10.0
_AT_ONCE_BYTES: Final = 1 << 20
_logger = logging.getLogger(__name__)


class BackgroundFile:
    """Writes what it is given, in order and in whole pieces; every method may be called from any thread.

    When the disk is full or cannot keep up, it says so once, cuts off what was written in part, and takes
    nothing any more.

    Args:
        file: Where; what was there is replaced. Readable for its owner only.
        on_failure: Called once, from another thread, with why nothing is written any more.
        queue_limit_bytes: Most bytes that wait for the disk.

    Raises:
        CapacityError: The file cannot be written (``file_unusable``).
    """

    def __init__(
        self,
        file: Path,
        *,
        on_failure: Callable[[NpcError], None],
        queue_limit_bytes: int = QUEUE_LIMIT_BYTES,
    ) -> None:
        self.file = file
        self._on_failure = on_failure
        self._limit_bytes = queue_limit_bytes
        self._descriptor = _opened(file)
        self._queue: deque[bytes | None] = deque()
        self._waiting_bytes = 0
        self._written_bytes = 0
        self._changed = threading.Condition()
        self._is_closing = self._has_failed = False
        self._thread = threading.Thread(target=self._run, name="npc-writer", daemon=True)
        self._thread.start()

    @property
    def has_failed(self) -> bool:
        """Whether nothing is written any more."""
        return self._has_failed

    def put(self, piece: bytes) -> None:
        """Have a piece written; nothing after a failure or after :meth:`close`."""
        with self._changed:
            if self._is_closing or self._has_failed:
                return
            is_slow = self._waiting_bytes + len(piece) > self._limit_bytes
            if not is_slow:
                self._queue.append(piece)
                self._waiting_bytes += len(piece)
                self._changed.notify()
                return
        self._fail(CapacityError(f"The disk of {self.file} is too slow.", "Use another one.", code="disk_too_slow"))

    def rotate(self) -> None:
        """Give what was written so far another name (see :func:`older_file`) and go on with an empty file."""
        with self._changed:
            self._queue.append(None)
            self._changed.notify()

    def close(self, timeout_s: float = CLOSE_LIMIT_S) -> bool:
        """Write what waits and close the file; returns False when it takes too long. Safe to call twice."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (piece := self._next()) is not False:
            if self._has_failed:
                continue
            try:
                if piece is None:
                    self._begin_anew()
                elif isinstance(piece, bytes):
                    self._write(piece)
            except OSError as error:
                self._cut()
                self._fail(_failure(self.file, error))
        with suppress(OSError):
            os.close(self._descriptor)

    def _next(self) -> bytes | None | bool:
        """Return the next piece, None to rotate, or False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing)
            if not self._queue:
                return False
            parts: list[bytes] = []
            size = 0
            while self._queue and size < _AT_ONCE_BYTES:
                piece = self._queue[0]
                if piece is None:
                    break
                parts.append(piece)
                size += len(piece)
                self._queue.popleft()
            if not parts:
                self._queue.popleft()
                return None
            self._waiting_bytes -= size
            return b"".join(parts)

    def _write(self, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            view = view[os.write(self._descriptor, view) :]
        self._written_bytes += len(piece)

    def _cut(self) -> None:
        """Drop what was written of a piece in part."""
        with suppress(OSError):
            os.ftruncate(self._descriptor, self._written_bytes)

    def _begin_anew(self) -> None:
        os.close(self._descriptor)
        os.replace(self.file, older_file(self.file))
        self._descriptor = _opened(self.file)
        self._written_bytes = 0

    def _fail(self, error: NpcError) -> None:
        with self._changed:
            if self._has_failed:
                return
            self._has_failed = True
            self._queue.clear()
            self._waiting_bytes = 0
        _logger.error("%s", error)
        self._on_failure(error)


def older_file(file: Path) -> Path:
    """Return the name that what was written before has after a rotation: ``trace.json`` becomes ``trace.1.json``."""
    return file.with_name(f"{file.stem}.1{file.suffix}")


def _opened(file: Path) -> int:
    flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    try:
        return os.open(file, flags, 0o600)
    except OSError as error:
        raise CapacityError(
            f"{file} cannot be written: {error.strerror or error}.",
            "Name a file in a folder of yours.",
            code="file_unusable",
            file=str(file),
        ) from error


def _failure(file: Path, error: OSError) -> CapacityError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return CapacityError(
            f"The disk is full: {file} is not written any more.", "Free some room.", code="disk_full", file=str(file)
        )
    return CapacityError(
        f"{file} is not written any more: {error.strerror or error}.",
        "Look at the disk.",
        code="disk_failed",
        file=str(file),
    )
