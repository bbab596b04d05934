"""Writes the JSON array of trace events that Perfetto and chrome://tracing read, event by event.

An event follows the one before with a comma in front, and the closing bracket comes last. Both programs read a file
without that bracket, so what a host wrote before it was killed can be looked at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from npc_sdk.errors import NpcError
from npc_sdk.wire.background_file import BackgroundFile

MOST_BYTES: Final = 64 << 20
_PIECE_BYTES: Final = 64 << 10

TraceEvent: TypeAlias = Mapping[str, Any]


class TraceFile:
    """A trace of bounded size. Not thread safe; whoever owns it holds a lock.

    Args:
        file: Where. When it is full it gets another name (``trace.1.json``), in place of the one before, and an
            empty one takes its place.
        preamble: Returns the events that every file begins with.
        on_failure: Called once, from another thread, with why nothing is written any more.
        most_bytes: Size of one file.

    Raises:
        CapacityError: The file cannot be written (``file_unusable``).
    """

    def __init__(
        self,
        file: Path,
        *,
        preamble: Callable[[], Iterable[TraceEvent]],
        on_failure: Callable[[NpcError], None],
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._file = BackgroundFile(file, on_failure=on_failure)
        self._preamble = preamble
        self._most_bytes = most_bytes
        self._lines: list[str] = []
        self._waiting_bytes = 0
        self._file_bytes = 0
        self._is_closed = False

    def add(self, event: TraceEvent) -> None:
        """Add an event; it is written soon."""
        if self._is_closed or self._file.has_failed:
            return
        if self._file_bytes >= self._most_bytes:
            self._rotate()
        self._append(event)
        if self._waiting_bytes >= _PIECE_BYTES:
            self.flush()

    def flush(self) -> None:
        """Have everything written that was added."""
        if self._lines:
            self._file.put("".join(self._lines).encode())
            self._lines.clear()
            self._waiting_bytes = 0

    def close(self) -> None:
        """Complete the file; safe to call twice."""
        if self._is_closed:
            return
        self._is_closed = True
        self._end()
        self._file.close()

    def _append(self, event: TraceEvent) -> None:
        if not self._file_bytes:
            self._line("[\n")
            for first in self._preamble():
                self._separated(first)
        self._separated(event)

    def _separated(self, event: TraceEvent) -> None:
        line = json.dumps(event, separators=(",", ":"), ensure_ascii=True, default=str)
        self._line(line if self._file_bytes <= len("[\n") else ",\n" + line)

    def _line(self, line: str) -> None:
        self._lines.append(line)
        self._waiting_bytes += len(line)
        self._file_bytes += len(line)

    def _end(self) -> None:
        self._line("\n]\n" if self._file_bytes else "[\n]\n")
        self.flush()

    def _rotate(self) -> None:
        self._end()
        self._file.rotate()
        self._file_bytes = 0
