"""A parked state: the bytes of one sequence, and what must be true before llama.cpp may see them again."""

from __future__ import annotations

import mmap
import os
import secrets
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgpack
import numpy as np
import xxhash
from numpy.typing import NDArray

from npc_sdk.engine.request import PrefixKind
from npc_sdk.errors import CapacityError

MAGIC = b"NPCSTATE"
FORMAT = 1
_ALIGN = 64
_SUFFIX = ".state"

Tokens = NDArray[np.int32]
Writer = Callable[[memoryview], int]
"""Fills a buffer of the announced size and returns the bytes written."""


class ParkedState:
    """One stored state and what it claims to be.

    Not thread safe; owned by the engine thread.

    Attributes:
        tokens: The tokens that were read to reach the state.
        kind: How long it is likely to be of use.
        sequence: The sequence it was taken from.
        size: Bytes of the state.
        tier: ``memory`` or ``disk``.
    """

    def __init__(self, *, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, tier: str, checksum: str) -> None:
        self.tokens = tokens
        self.kind = kind
        self.sequence = sequence
        self.size = size
        self.tier = tier
        self.checksum = checksum
        self.last_used = 0

    def view(self) -> memoryview:
        """Return the bytes; they stay valid until :meth:`drop`."""
        raise NotImplementedError

    def drop(self) -> None:
        """Free the bytes; safe to call twice."""
        raise NotImplementedError

    def verified(self) -> memoryview | None:
        """Return the bytes if length and checksum are right, else None."""
        try:
            data = self.view()
        except (OSError, ValueError):
            return None
        if len(data) != self.size or _checksum(self.tokens, data) != self.checksum:
            return None
        return data


class StateStore(Protocol):
    """Keeps the bytes of parked states somewhere."""

    tier: str

    def save(self, *, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, write: Writer) -> ParkedState | None:
        """Store one state; None when the writer failed.

        Raises:
            CapacityError: There is no room for it.
        """
        ...

    def close(self) -> None:
        """Drop what does not outlive the engine."""
        ...


class _MemoryState(ParkedState):
    _data: bytearray | None = None

    def view(self) -> memoryview:
        return memoryview(self._data if self._data is not None else b"").toreadonly()

    def drop(self) -> None:
        self._data = None


class MemoryStore:
    """Parked states in the memory of this process."""

    tier = "memory"

    def save(self, *, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, write: Writer) -> ParkedState | None:
        """Store one state; see :class:`StateStore`."""
        try:
            data = bytearray(size)
        except MemoryError as error:
            raise CapacityError(
                f"No memory for a parked state of {size} bytes.", "Lower parked_bytes.", code="no_host_memory"
            ) from error
        if write(memoryview(data)) != size:
            return None
        checksum = _checksum(tokens, data)
        state = _MemoryState(tokens=tokens, kind=kind, sequence=sequence, size=size, tier=self.tier, checksum=checksum)
        state._data = data
        return state

    def close(self) -> None:
        """Nothing outlives the process."""


class _FileState(ParkedState):
    path: Path
    offset: int

    def view(self) -> memoryview:
        with self.path.open("rb") as file:  # the map lives as long as the view: thousands of states, no open files
            area = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return memoryview(area)[self.offset : self.offset + self.size]

    def drop(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError:  # Windows keeps a file that somebody still reads; the next start removes it
            return


class FolderStore:
    """Parked states as files, which survive the process; on tmpfs they are host memory.

    Args:
        folder: Made when missing, readable by its owner alone.
        model_key: Names the model and everything else that the bytes depend on; files with another
            key are ignored.
        tier: ``memory`` or ``disk``, as reported in costs.

    Raises:
        CapacityError: The folder cannot be made.
    """

    def __init__(self, folder: str | Path, model_key: str, *, tier: str) -> None:
        self.tier = tier
        self._folder = Path(folder)
        self._model_key = model_key
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise CapacityError(
                f"Parked states cannot be kept in {folder}: {error.strerror}.",
                "Name a folder that can be made and written to.",
                code="bad_state_folder",
                folder=str(folder),
            ) from error

    def save(self, *, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, write: Writer) -> ParkedState | None:
        """Store one state; see :class:`StateStore`."""
        path = self._folder / (secrets.token_hex(12) + _SUFFIX)
        partial = path.with_suffix(".part")
        try:
            checksum, offset = self._write(partial, tokens, kind, sequence, size, write)
            if checksum is None:
                partial.unlink(missing_ok=True)
                return None
            partial.rename(path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise CapacityError(
                f"A parked state of {size} bytes cannot be written to {self._folder}: {error.strerror}.",
                "Free space there, or lower parked_bytes.",
                code="no_room_for_state",
            ) from error
        return self._state(path, offset, tokens, kind, sequence, size, checksum)

    def _write(
        self, path: Path, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, write: Writer
    ) -> tuple[str | None, int]:
        header: dict[str, Any] = {
            "format": FORMAT,
            "model": self._model_key,
            "kind": int(kind),
            "sequence": sequence,
            "tokens": tokens.tobytes(),
            "size": size,
            "checksum": "0" * 32,
        }
        offset = _data_offset(len(msgpack.packb(header)))
        with path.open("xb+") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, offset + size)  # a full disk shows here, not as a SIGBUS
            else:
                file.truncate(offset + size)
            with mmap.mmap(file.fileno(), offset + size) as area:
                data = memoryview(area)[offset:]
                done = write(data)
                header["checksum"] = _checksum(tokens, data) if done == size else None
                data.release()
            if header["checksum"] is None:
                return None, offset
            packed = msgpack.packb(header)
            file.seek(0)
            file.write(MAGIC + struct.pack("<I", len(packed)) + packed)
        return str(header["checksum"]), offset

    def _state(
        self, path: Path, offset: int, tokens: Tokens, kind: PrefixKind, sequence: str, size: int, checksum: str
    ) -> ParkedState:
        state = _FileState(tokens=tokens, kind=kind, sequence=sequence, size=size, tier=self.tier, checksum=checksum)
        state.path = path
        state.offset = offset
        return state

    def found(self) -> Iterator[ParkedState]:
        """Yield the states that an earlier process left and that fit this model; others are deleted."""
        for path in sorted(self._folder.glob("*.part")):
            path.unlink(missing_ok=True)
        for path in sorted(self._folder.glob("*" + _SUFFIX)):
            state = self._open(path)
            if state is None:
                path.unlink(missing_ok=True)
            else:
                yield state

    def _open(self, path: Path) -> ParkedState | None:
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(len(MAGIC) + 4)
                if len(start) != len(MAGIC) + 4 or start[: len(MAGIC)] != MAGIC:
                    return None
                length = struct.unpack("<I", start[len(MAGIC) :])[0]
                if length > size:
                    return None
                header = msgpack.unpackb(file.read(length))
            if header["format"] != FORMAT or header["model"] != self._model_key:
                return None
            tokens = np.frombuffer(header["tokens"], dtype=np.int32)
            offset = _data_offset(length)
            if offset + int(header["size"]) != size:
                return None
            kind = PrefixKind(header["kind"])
            return self._state(
                path, offset, tokens, kind, str(header["sequence"]), int(header["size"]), str(header["checksum"])
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError, msgpack.exceptions.UnpackException):
            return None

    def close(self) -> None:
        """Keep the files: the next process may need them."""


def _checksum(tokens: Tokens, data: memoryview | bytearray) -> str:
    """Return what names the bytes and the tokens they stand for: right bytes for other tokens are wrong too."""
    digest = xxhash.xxh3_128(np.ascontiguousarray(tokens, dtype=np.int32).data)
    digest.update(data)
    return str(digest.hexdigest())


def _data_offset(header_bytes: int) -> int:
    start = len(MAGIC) + 4 + header_bytes
    return (start + _ALIGN - 1) // _ALIGN * _ALIGN
