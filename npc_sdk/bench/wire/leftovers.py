"""What is still there when nothing should be: processes, sockets and files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

# What a host keeps for its next start.
KEPT = frozenset({"characters.db", "runtime.lock", "parked"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What this process has.

    Args:
        processes: Its children, and theirs.
        sockets: Its connections and listening sockets.
        open_files: Descriptors, or handles.
    """

    processes: int
    sockets: int
    open_files: int

    @classmethod
    def now(cls) -> Standing:
        """Look."""
        own = psutil.Process()
        children = [child for child in own.children(recursive=True) if _is_alive(child)]
        open_files = own.num_fds() if hasattr(own, "num_fds") else 0
        return cls(processes=len(children), sockets=len(own.net_connections()), open_files=open_files)

    def left_since(self, before: Standing) -> list[str]:
        """Return in words what there is more than before."""
        pairs = (
            ("processes", self.processes - before.processes),
            ("sockets", self.sockets - before.sockets),
            ("open files", self.open_files - before.open_files),
        )
        return [f"{more} {what} left" for what, more in pairs if more > 0]


def files_left(folder: Path) -> list[str]:
    """Return the files of a host's folder that it should not have left when it stopped."""
    kept = folder / "host"
    found = [path for path in folder.rglob("*") if path.is_file()]
    names = [path.relative_to(folder).as_posix() for path in found if path.name != "host.log"]
    return [name for name in names if not ((folder / name).is_relative_to(kept) and name.split("/")[1] in KEPT)]


def tracebacks(log: str) -> int:
    """Return how many unhandled exceptions stand in a host's log."""
    return log.count("Traceback (most recent call last)")


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
