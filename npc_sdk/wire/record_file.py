"""The file of a recording: a header, and records that are counted and checked, so that a torn end is recognised.

    "NPCREC" version:u16, then for each record: length:u32 crc32:u32 body

All numbers are little-endian. The body is one msgpack list of the record's time in milliseconds, its kind and its data.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgpack

from npc_sdk.errors import RequestError

MAGIC: Final = b"NPCREC"
VERSION: Final = 1
MAX_RECORD_BYTES: Final = 16 << 20
_OPENING = struct.Struct("<6sH")
_FRAME = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Record:
    """Something that happened.

    Args:
        at_ms: When, counted from the beginning of the recording.
        kind: ``header``, ``in``, ``out``, ``asked``, ``engine``, ``kept``, ``seed`` or ``closing``; kinds may be added.
        data: What there is to say.
    """

    at_ms: float
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


def opening() -> bytes:
    """Return the first bytes of a file."""
    return _OPENING.pack(MAGIC, VERSION)


def pack_record(record: Record) -> bytes:
    """Return a record as bytes.

    Raises:
        RequestError: It is too large, or no plain data (``not_plain``).
    """
    try:
        body: bytes = msgpack.packb([record.at_ms, record.kind, record.data])
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RequestError(f"A record cannot be written: {error}.", code="not_plain") from error
    if len(body) > MAX_RECORD_BYTES:
        raise RequestError(f"A record has {len(body)} bytes.", code="not_plain")
    return _FRAME.pack(len(body), zlib.crc32(body)) + body


class Recording:
    """A recording that was written before; each iteration reads it from the start. Not thread safe.

    Args:
        file: Where it is.

    Attributes:
        header: What stands in its first record.
        torn_at: After an iteration: where the file breaks off or is damaged, in bytes; None when it is whole. What
            stands before is usable.

    Raises:
        RequestError: There is no such file, it is no recording (``bad_recording``), or it was written by a newer
            version (``recording_newer``).
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.torn_at: int | None = None
        first = next(iter(self), None)
        if first is None or first.kind != "header":
            raise _bad(file, "it has no header")
        self.header = first.data

    def __iter__(self) -> Iterator[Record]:
        self.torn_at = None
        try:
            stream = self.file.open("rb")
        except OSError as error:
            raise _bad(self.file, error.strerror or str(error)) from error
        with stream:
            _check_opening(self.file, stream)
            while True:
                position = stream.tell()
                start = stream.read(_FRAME.size)
                if not start:
                    return
                record = _record(start, stream)
                if record is None:
                    self.torn_at = position
                    return
                yield record


def _record(start: bytes, stream: BinaryIO) -> Record | None:
    """Return the record that follows, or None when it is not whole."""
    if len(start) < _FRAME.size:
        return None
    length, check = _FRAME.unpack(start)
    if length > MAX_RECORD_BYTES:
        return None
    body = stream.read(length)
    if len(body) < length or zlib.crc32(body) != check:
        return None
    try:
        at_ms, kind, data = msgpack.unpackb(body, strict_map_key=False)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException):
        return None
    if not isinstance(kind, str) or not isinstance(data, dict) or not isinstance(at_ms, (int, float)):
        return None
    return Record(float(at_ms), kind, data)


def _check_opening(file: Path, stream: BinaryIO) -> None:
    start = stream.read(_OPENING.size)
    if len(start) < _OPENING.size:
        raise _bad(file, "it is too short")
    magic, version = _OPENING.unpack(start)
    if magic != MAGIC:
        raise _bad(file, "it is no recording")
    if version > VERSION:
        raise RequestError(
            f"{file} was recorded by a newer version.",
            "Update this program.",
            code="recording_newer",
            file=str(file),
            version=version,
        )


def _bad(file: Path, reason: str) -> RequestError:
    return RequestError(
        f"{file} cannot be replayed: {reason}.",
        "Record one with: npc serve --record FILE",
        code="bad_recording",
        file=str(file),
    )
