"""Tells a process from a later one that was given the same number."""

from __future__ import annotations

import psutil

# Clocks of different granularity measure the same birth.
_TOLERANCE_S = 2.0


def born_s(pid: int) -> float | None:
    """Return when a process began, in seconds after the machine did; None when there is none.

    Counted from the machine's start, because the clock on the wall may be set.

    Args:
        pid: Number of the process.
    """
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time() - psutil.boot_time()
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None
    except psutil.Error:
        # It is there, and not ours to look into.
        return float("nan")


def is_alive(pid: int, born: float) -> bool:
    """Return whether a process runs that began at that time.

    Args:
        pid: Its number.
        born: What :func:`born_s` returned for it.
    """
    found = born_s(pid)
    # A process that may not be looked into compares as alive: whoever tries to reach it will see.
    return found is not None and not abs(found - born) > _TOLERANCE_S
