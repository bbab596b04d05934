"""Files of figures: each is replaced in one step, and a folder that takes none is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from npc_sdk.errors import RequestError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system says while files of a folder are written into an error of ours.

    Args:
        folder: The folder of ``--out``.

    Raises:
        RequestError: It cannot be written to (``file_unwritable``).
    """
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"{folder} cannot be written to: {error.strerror or error}.",
            "Name another folder with --out.",
            code="file_unwritable",
            path=str(folder),
        ) from error


def replace_text(path: Path, text: str) -> None:
    """Write a text to a file, in one step: whatever goes wrong, no half of it is left.

    Args:
        path: The file.
        text: What it is to hold; lines end as they do here.

    Raises:
        OSError: It cannot be written.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
