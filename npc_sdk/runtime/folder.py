"""A runtime's folder has one owner at a time."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from npc_sdk.errors import CapacityError, StateError


class FolderLock:
    """Holds a folder for one process; the system lets go of it when the process ends, however it ends.

    Not thread safe; owned by the runtime that made it.

    Args:
        folder: Made when it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the folder.

        Raises:
            StateError: ``folder_in_use``: another runtime holds it (``details["pid"]``).
            CapacityError: ``folder_unusable``: it cannot be made or written to.
        """
        file = self._open()
        if not _lock(file):
            file.close()
            raise self._taken()
        self._file = file
        try:
            self._owner.write_text(str(os.getpid()), encoding="ascii")
        except OSError as error:
            self.release()
            raise self._unusable(error) from error

    def release(self) -> None:
        """Let go of the folder; safe to call twice."""
        if self._file is None:
            return
        with suppress(OSError):
            self._owner.unlink(missing_ok=True)
        self._file.close()
        self._file = None

    @property
    def _owner(self) -> Path:
        # A locked file cannot be read by others on Windows, so the owner stands in a second one.
        return self.folder / "runtime.pid"

    def _open(self) -> IO[str]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return (self.folder / "runtime.lock").open("a", encoding="ascii")
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> CapacityError:
        return CapacityError(
            f"The runtime folder {self.folder} cannot be used: {error.strerror or error}.",
            "Name a folder that can be written to.",
            code="folder_unusable",
            folder=str(self.folder),
        )

    def _taken(self) -> StateError:
        pid = self._read_owner()
        owner = "another runtime" if pid is None else f"process {pid}"
        return StateError(
            f"The runtime folder {self.folder} is in use by {owner}.",
            "Close that one, or give this runtime a folder of its own.",
            code="folder_in_use",
            folder=str(self.folder),
            pid=pid,
        )

    def _read_owner(self) -> int | None:
        try:
            return int(self._owner.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None


def _lock(file: IO[str]) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
