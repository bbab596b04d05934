"""Files that are named on the command line: looked at before anything begins, written in one step at the end."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from npc_sdk.errors import RequestError

MOST_BYTES: Final = 64 * 2**20


def check_target(path: Path) -> None:
    """Check that a file could be written, without touching one that is there.

    Raises:
        RequestError: It could not (``file_unwritable``).
    """
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    try:
        if path.exists():
            with path.open("ab"):
                return
        with tempfile.TemporaryFile(dir=path.parent):
            return
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON: whatever goes wrong, no half of it is left.

    Raises:
        RequestError: It cannot be written (``file_unwritable``).
    """
    text = json.dumps(value, indent=1) + "\n"
    if path.exists() and not path.is_file():
        # A pipe or a device is written to, never replaced.
        _write(path, path, text)
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        _write(partial, path, text)
        try:
            partial.replace(path)
        except OSError as error:
            raise _unwritable(path, error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)


def read_report(path: Path) -> Mapping[str, Any]:
    """Return the report of a battle as it lies in a file; what is in it is not looked at but for its outer shape.

    Raises:
        RequestError: The file cannot be read (``file_unusable``), or holds no whole JSON object (``bad_report``).
    """
    try:
        with path.open("rb") as stream:
            # The size of a file says nothing of a device, which may have no end.
            held = stream.read(MOST_BYTES + 1)
        if len(held) > MOST_BYTES:
            raise bad_report(path, f"it has more than {MOST_BYTES // 2**20} MiB")
        text = held.decode("utf-8")
    except OSError as error:
        raise RequestError(
            f"{path} cannot be read: {error.strerror or error}.",
            "Check its name.",
            code="file_unusable",
            path=str(path),
        ) from error
    except UnicodeDecodeError as error:
        raise bad_report(path, "it is no text") from error
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise bad_report(path, f"it is no whole JSON: {error}") from error
    if not isinstance(value, dict):
        raise bad_report(path, "it is no JSON object")
    return value


def bad_report(path: Path, reason: str) -> RequestError:
    """Return the error for a file that is no report of a battle."""
    return RequestError(
        f"{path} is no report of a battle that can be played: {reason}.",
        "Make one with: npc demo --headless --report FILE.",
        code="bad_report",
        path=str(path),
    )


def _write(file: Path, path: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error


def _unwritable(path: Path, reason: str) -> RequestError:
    return RequestError(
        f"{path} cannot be written: {reason}.",
        "Name a file in a folder that is there and can be written to.",
        code="file_unwritable",
        path=str(path),
    )
