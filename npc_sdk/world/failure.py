"""What goes wrong in SQLite, as errors of this package."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from npc_sdk.errors import CapacityError, NpcError, StateError

# Primary result codes of SQLite.
_BUSY: Final = (5, 6)
_READ_ONLY: Final = 8
_INPUT_OUTPUT: Final = 10
_CORRUPT: Final = (11, 26)
_FULL: Final = 13
_CANNOT_OPEN: Final = 14

# Python 3.10 does not tell the code, only the words.
_WORDS: Final = {
    "is locked": 5,
    "readonly": _READ_ONLY,
    "disk I/O error": _INPUT_OUTPUT,
    "malformed": 11,
    "not a database": 26,
    "disk is full": _FULL,
    "unable to open": _CANNOT_OPEN,
}


def is_corrupt(error: sqlite3.Error) -> bool:
    """Return whether an error says that the file itself is damaged."""
    return _code(error) in _CORRUPT


def as_store_error(error: Exception, file: Path) -> NpcError:
    """Return an error of this package for one of SQLite's or the file system's.

    Args:
        error: What was raised.
        file: The file of the store.
    """
    if isinstance(error, NpcError):
        return error
    code = _code(error) if isinstance(error, sqlite3.Error) else None
    if code == _FULL:
        return CapacityError(
            f"The disk is full: {file} cannot grow.",
            "Free some room; characters go on, and are saved as soon as there is some.",
            code="disk_full",
            file=str(file),
        )
    if code in _BUSY:
        cause = f"Another program holds {file}."
        return StateError(cause, "Close it, or name another file.", code="store_busy", file=str(file))
    if code in _CORRUPT:
        return corrupt_error(file, None)
    if code is None and not isinstance(error, OSError):
        return NpcError(f"The character could not be stored: {type(error).__name__}: {error}.", code="store_failed")
    return CapacityError(
        f"{file} cannot be read or written: {error}.",
        "Check the disk, and that the folder can be written to.",
        code="disk_failed",
        file=str(file),
    )


def corrupt_error(file: Path, kept_as: Path | None) -> NpcError:
    """Return the error for a damaged file.

    Args:
        file: The file.
        kept_as: Where it was moved to, or None when it is where it was.
    """
    where = "It is left as it is." if kept_as is None else f"It was kept as {kept_as}, and an empty one was begun."
    return NpcError(
        f"The store of characters {file} is damaged. {where}",
        "Put a copy of it back, or go on without what was in it.",
        code="store_corrupt",
        file=str(file),
        kept_as=None if kept_as is None else str(kept_as),
    )


def _code(error: sqlite3.Error) -> int | None:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is not None:
        return code & 0xFF
    text = str(error)
    return next((code for words, code in _WORDS.items() if words in text), None)
