"""A probe for machines whose model runs on the CPU: the memory of the system."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil

from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading, NowMs, monotonic_ms
from npc_sdk.budget.system_memory import system_memory

_CPU_FILE = Path("/proc/cpuinfo")
_NOT_COUNTED = "weights that are mapped from their file belong to the system's cache, not to a process"


class HostProbe:
    """Sees the system's memory: free is what can be taken without making it swap.

    Args:
        now_ms: The clock of its readings.
    """

    def __init__(self, *, now_ms: NowMs = monotonic_ms) -> None:
        self._now_ms = now_ms
        self._is_closed = False
        self._device = Device(name=_processor(), kind="host")
        self._spent = _processor_seconds()

    @property
    def name(self) -> str:
        """``host``."""
        return "host"

    @property
    def device(self) -> Device | None:
        """The processor."""
        return self._device

    def read(self) -> MemoryReading | NoReading:
        """Return the system's memory now."""
        if self._is_closed:
            return PROBE_CLOSED
        try:
            memory = system_memory()
        except (OSError, ValueError, psutil.Error) as error:
            return NoReading(code="system_silent", reason=f"The system does not tell its memory: {error}.")
        return MemoryReading(
            total_bytes=memory.total_bytes,
            free_bytes=memory.available_bytes,
            at_ms=self._now_ms(),
            source=self.name,
            utilisation=self._busy_share(),
            missing={"own_bytes": _NOT_COUNTED, "used_by_others_bytes": _NOT_COUNTED},
        )

    def close(self) -> None:
        """End reading."""
        self._is_closed = True

    def _busy_share(self) -> float | None:
        """Return how busy the processor was since the last reading, whichever thread that was on."""
        before, self._spent = self._spent, _processor_seconds()
        if before is None or self._spent is None:
            return None
        there_s, idle_s = (now - then for now, then in zip(self._spent, before, strict=True))
        return min(1.0, max(0.0, 1.0 - idle_s / there_s)) if there_s > 0 else 0.0


def _processor_seconds() -> tuple[float, float] | None:
    """Return how long all cores together were there, and how long of that they had nothing to do."""
    try:
        times = psutil.cpu_times()
    except (OSError, ValueError, psutil.Error):
        return None
    # What guests get is in the other figures already.
    guests = sum(getattr(times, name, 0.0) for name in ("guest", "guest_nice"))
    return sum(times) - guests, times.idle + getattr(times, "iowait", 0.0)


def _processor(file: Path = _CPU_FILE) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
            name = next(named, "")
    except OSError:
        name = ""
    return name or platform.processor() or platform.machine() or "CPU"
