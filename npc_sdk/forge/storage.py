"""Files of a training run: room on the disk, and replacing a file in one step."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from npc_sdk.errors import CapacityError

_SPARE_BYTES = 16 * 1024 * 1024


def check_room(folder: Path, n_bytes: int) -> None:
    """Refuse to begin a file that the disk has no room for.

    Raises:
        CapacityError: With code ``disk_full``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < n_bytes + _SPARE_BYTES:
        raise _disk_full(folder, n_bytes, free)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside the target to write to, and move it over the target when the block succeeds.

    Raises:
        CapacityError: With code ``disk_full`` when the disk filled up while writing; the target is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        yield partial
        os.replace(partial, path)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _disk_full(path.parent, 0, 0) from error
        raise
    finally:
        partial.unlink(missing_ok=True)


def _disk_full(folder: Path, needed: int, free: int) -> CapacityError:
    return CapacityError(
        f"There is not enough room in {str(folder)!r}: {needed} bytes are needed and {free} are free.",
        "Free some room or choose another folder, and run the same command again; it goes on where it stopped.",
        code="disk_full",
        needed_bytes=needed,
        free_bytes=free,
    )
