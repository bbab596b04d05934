"""Bounded reading of the start of a file that nobody vouches for."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO, Final

from npc_sdk.errors import ModelError

# Far above any real header (the largest vocabularies need some 20 MB), far below what would hurt.
MAX_HEADER_BYTES: Final = 64 * 2**20
MAX_STRING_BYTES: Final = 16 * 2**20
MAX_ITEMS: Final = 4_000_000
_FIRST_READ_BYTES: Final = 2**20
_LENGTH: Final = struct.Struct("<Q")


def malformed(path: Path, what: str) -> ModelError:
    """Return the error for a header that contradicts itself or the format."""
    return ModelError(
        f"The header of {path} is damaged: {what}.", "Fetch the file again.", code="model_malformed", path=str(path)
    )


def truncated(path: Path, needed_bytes: int, found_bytes: int) -> ModelError:
    """Return the error for a file that ends too early."""
    return ModelError(
        f"{path} ends after {found_bytes:,} bytes and needs at least {needed_bytes:,}.",
        "Fetch the file again; the download was cut short.",
        code="model_truncated",
        path=str(path),
        needed_bytes=needed_bytes,
        found_bytes=found_bytes,
    )


class Cursor:
    """Reads little-endian values from the start of a file, never past its end or a limit.

    Only what is asked for is read, in growing steps. Not thread safe.
    """

    def __init__(self, file: BinaryIO, path: Path, file_bytes: int) -> None:
        self.path = path
        self.file_bytes = file_bytes
        self.position = 0
        self._file = file
        self._buffer = bytearray()
        self._items = 0

    def _need(self, end: int) -> None:
        if end <= len(self._buffer):
            return
        if end > self.file_bytes:
            raise truncated(self.path, end, self.file_bytes)
        if end > MAX_HEADER_BYTES:
            raise malformed(self.path, f"it would be larger than {MAX_HEADER_BYTES:,} bytes")
        goal = max(end, 2 * len(self._buffer), _FIRST_READ_BYTES)
        self._buffer += self._file.read(goal - len(self._buffer))
        if end > len(self._buffer):
            raise truncated(self.path, end, len(self._buffer))

    def check(self, count: int, item_bytes: int, what: str) -> None:
        """Refuse a count of items that the rest of the file cannot hold."""
        if count * item_bytes > self.file_bytes - self.position:
            raise truncated(self.path, self.position + count * item_bytes, self.file_bytes)
        if count * item_bytes > MAX_HEADER_BYTES:
            raise malformed(self.path, f"{count:,} {what} are too many")

    def raw(self, n_bytes: int) -> bytes:
        """Return the next bytes."""
        start = self.position
        self._need(start + n_bytes)
        self.position = start + n_bytes
        return bytes(self._buffer[start : start + n_bytes])

    def skip(self, n_bytes: int) -> None:
        """Pass over bytes."""
        self._need(self.position + n_bytes)
        self.position += n_bytes

    def unpack(self, letters: str) -> tuple[Any, ...]:
        """Return values of a :mod:`struct` format without byte order."""
        layout = struct.Struct("<" + letters)
        start = self.position
        self._need(start + layout.size)
        self.position = start + layout.size
        return layout.unpack_from(self._buffer, start)

    def number(self, letter: str) -> Any:
        """Return one value of a :mod:`struct` letter."""
        return self.unpack(letter)[0]

    def string(self) -> str:
        """Return a string; bytes that are not UTF-8 become replacement characters."""
        length = int(self.number("Q"))
        self.check(length, 1, "bytes of a string")
        if length > MAX_STRING_BYTES:
            raise malformed(self.path, f"a string of {length:,} bytes")
        return self.raw(length).decode("utf-8", errors="replace")

    def count_items(self, count: int) -> None:
        """Count values of lists against the limit of the whole header."""
        self._items += count
        if self._items > MAX_ITEMS:
            raise malformed(self.path, f"more than {MAX_ITEMS:,} values in lists")

    def skip_strings(self, count: int) -> None:
        """Pass over strings without keeping them."""
        position = self.position
        for _ in range(count):
            self._need(position + 8)
            position += 8 + _LENGTH.unpack_from(self._buffer, position)[0]
            if position > self.file_bytes:
                raise truncated(self.path, position, self.file_bytes)
        self.position = position
        self._need(position)
