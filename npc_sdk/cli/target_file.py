"""Writes a result to a file that was named on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from npc_sdk.cli.console import print_json
from npc_sdk.errors import RequestError

STANDARD_OUTPUT = "-"


def write_json(target: str, value: Any) -> None:
    """Write a value as JSON to a file, or to standard output when it is named ``-``.

    Raises:
        RequestError: The file cannot be written (``file_unwritable``).
    """
    if target == STANDARD_OUTPUT:
        print_json(value)
        return
    write_text(Path(target), json.dumps(value, indent=2, default=str) + "\n")


def write_text(path: Path, text: str, *, is_new: bool = False) -> None:
    """Write a text to a file.

    Args:
        path: The file.
        text: What it is to hold.
        is_new: Whether a file that is there must stay as it is.

    Raises:
        RequestError: The file is there already (``file_exists``) or cannot be written (``file_unwritable``).
    """
    try:
        with path.open("x" if is_new else "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise RequestError(
            f"{path} is there already.", "Name another file, or remove that one.", code="file_exists", path=str(path)
        ) from error
    except OSError as error:
        raise RequestError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Name a file in a folder that can be written to.",
            code="file_unwritable",
            path=str(path),
        ) from error
