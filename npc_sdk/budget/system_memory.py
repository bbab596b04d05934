"""The memory of the machine itself, or of the container that this process may not leave."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psutil

CONTROL_GROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMemory:
    """How much there is.

    Args:
        total_bytes: What this process could have if it were alone.
        available_bytes: What can be taken without making the system swap.
    """

    total_bytes: int
    available_bytes: int


def system_memory(control_group: Path = CONTROL_GROUP) -> SystemMemory:
    """Return what the system says, within the limit of its control group.

    Args:
        control_group: Where Linux shows the group that this process is in.

    Raises:
        OSError: The system does not say.
    """
    seen = psutil.virtual_memory()
    memory = SystemMemory(total_bytes=seen.total, available_bytes=min(seen.available, seen.total))
    return _within(memory, control_group)


def _within(memory: SystemMemory, group: Path) -> SystemMemory:
    limit, used = _number(group / "memory.max"), _number(group / "memory.current")
    if limit is None or used is None or limit >= memory.total_bytes:
        return memory
    # Pages of files that nobody uses count as used, and are given back first.
    left = max(0, limit - max(0, used - _inactive_file_bytes(group / "memory.stat")))
    return SystemMemory(total_bytes=limit, available_bytes=min(left, memory.available_bytes))


def _inactive_file_bytes(path: Path) -> int:
    for line in _text(path).splitlines():
        name, _, number = line.partition(" ")
        if name == "inactive_file" and number.isdigit():
            return int(number)
    return 0


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""
