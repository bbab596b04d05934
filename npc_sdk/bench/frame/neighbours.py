"""How much of the machine others had while a run was measured: other programs, and other machines on the same host."""

from __future__ import annotations

import os
from time import perf_counter
from typing import Final

import psutil

_NOT_BUSY: Final = frozenset(("idle", "iowait", "guest", "guest_nice"))  # a guest's time is in the user's already


class Neighbours:
    """Watches from when it is made. Not thread safe.

    What a hypervisor gives to other machines ("steal", where the system tells) counts, and so does all that other
    processes use; this process and those that it has started do not.
    """

    def __init__(self) -> None:
        self._began_s = perf_counter()
        self._own = _own_seconds()
        self._busy_s = _busy_s()

    def share(self) -> float:
        """Return the part of all cores that others have had until now, 0 to 1.

        A child that began and ended in between counts as somebody else.
        """
        wall_s = perf_counter() - self._began_s
        own_s = sum(seconds - self._own.get(process, 0.0) for process, seconds in _own_seconds().items())
        if wall_s <= 0.0:
            return 0.0
        others_s = _busy_s() - self._busy_s - own_s
        return min(1.0, max(0.0, others_s / (wall_s * (os.cpu_count() or 1))))


def _busy_s() -> float:
    return sum(float(seconds) for name, seconds in psutil.cpu_times()._asdict().items() if name not in _NOT_BUSY)


def _own_seconds() -> dict[int, float]:
    """Return what this process and each of its children have used."""
    this = psutil.Process()
    found: dict[int, float] = {}
    for process in (this, *this.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        found[process.pid] = times.user + times.system
    return found
