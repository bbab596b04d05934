"""The folder that holds parked states while an engine process may crash: host memory where the system offers it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

_PREFIX = "npc-sdk-parked-"
_NAME = re.compile(re.escape(_PREFIX) + r"(\d+)-[0-9a-f]+$")
_SHARED_MEMORY = Path("/dev/shm")


def make_parking_folder(needed_bytes: int) -> Path:
    """Make a private folder for parked states, and remove those of owners that are gone.

    Args:
        needed_bytes: How much it will hold; decides whether shared memory is large enough.

    Returns:
        The folder, in ``/dev/shm`` where that exists and has room, else in the system's temporary folder.
    """
    place = Path(tempfile.gettempdir())
    for candidate in (place, _SHARED_MEMORY):
        remove_orphans(candidate)
    if _has_room(_SHARED_MEMORY, needed_bytes):
        place = _SHARED_MEMORY
    folder = place / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(6)}"
    folder.mkdir(mode=0o700)
    return folder


def remove_parking_folder(folder: Path | str) -> None:
    """Remove a folder of parked states; what cannot be removed is left to the next start."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_orphans(place: Path) -> list[Path]:
    """Remove folders whose owner is gone; returns them."""
    removed = []
    for folder in place.glob(_PREFIX + "*"):
        match = _NAME.search(folder.name)
        if match and _is_own(folder) and not is_alive(int(match.group(1))):
            remove_parking_folder(folder)
            removed.append(folder)
    return removed


def is_alive(process_id: int) -> bool:
    """Tell whether a process exists; on Windows always True, where signal 0 would end it."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _is_own(folder: Path) -> bool:
    try:
        return sys.platform == "win32" or folder.stat().st_uid == os.getuid()
    except OSError:
        return False


def _has_room(place: Path, needed_bytes: int) -> bool:
    try:
        return os.access(place, os.W_OK) and shutil.disk_usage(place).free >= needed_bytes
    except OSError:
        return False
