"""Writes a result to a file that was named on the command line."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from npc_sdk.cli.console import print_json
from npc_sdk.errors import CapacityError, NpcError, RequestError

STANDARD_OUTPUT = "-"


def write_json(target: str, value: Any) -> None:
    """Write a value as JSON to a file, or to standard output when it is named ``-``.

    Raises:
        RequestError: The file cannot be written (``file_unwritable``).
        CapacityError: The disk is full (``disk_full``).
    """
    if target == STANDARD_OUTPUT:
        print_json(value)
        return
    write_text(Path(target), json.dumps(value, indent=2, default=str) + "\n")


def write_text(path: Path, text: str, *, is_new: bool = False) -> None:
    """Write a text to a file, in one step: whatever goes wrong, no half of it is left.

    Args:
        path: The file.
        text: What it is to hold.
        is_new: Whether a file that is there must stay as it is.

    Raises:
        RequestError: The file is there already (``file_exists``) or cannot be written (``file_unwritable``).
        CapacityError: The disk is full (``disk_full``).
    """
    try:
        if is_new:
            _create(path, text)
        elif path.exists() and not path.is_file():
            # A pipe or a device is written to, never replaced.
            _fill(path, text)
        else:
            _replace(Path(os.path.realpath(path)), text)
    except FileExistsError as error:
        raise _exists(path, "remove that one") from error
    except OSError as error:
        raise _unwritable(path, error) from error


@contextmanager
def writing_lines(path: Path, *, is_new: bool) -> Iterator[TextIO]:
    """Give a file to which lines are written one by one; what was written stays, whatever goes wrong afterwards.

    Args:
        path: The file.
        is_new: Whether a file that is there must stay as it is.

    Raises:
        RequestError: The file is there already (``file_exists``) or cannot be written (``file_unwritable``).
        CapacityError: The disk is full (``disk_full``).
    """
    try:
        with path.open("x" if is_new else "w", encoding="utf-8", newline="\n", buffering=1) as file:
            yield file
    except FileExistsError as error:
        raise _exists(path, "add --replace") from error
    except OSError as error:
        raise _unwritable(path, error) from error


def _exists(path: Path, way_out: str) -> RequestError:
    return RequestError(
        f"{path} is there already.", f"Name another file, or {way_out}.", code="file_exists", path=str(path)
    )


def _create(path: Path, text: str) -> None:
    path.open("x").close()
    try:
        _fill(path, text)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".npc-{os.getpid()}.partial")
    try:
        _fill(partial, text)
        if path.exists():
            shutil.copymode(path, partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _fill(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _unwritable(path: Path, error: OSError) -> NpcError:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return CapacityError(
            f"The disk is full: {path} is not written.",
            "Free some room and try again.",
            code="disk_full",
            path=str(path),
        )
    return RequestError(
        f"{path} cannot be written: {error.strerror or error}.",
        "Name a file in a folder that can be written to.",
        code="file_unwritable",
        path=str(path),
    )
