"""A probe for devices whose GPU has no memory of its own: Jetson, DGX Spark, Apple silicon."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import psutil

from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.budget.nvml_device import OWN_MISSING, Gauges
from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading, NowMs, monotonic_ms
from npc_sdk.budget.system_memory import SystemMemory, system_memory

_NAMES = ("nvgpu", "tegra", "jetson", "xavier", "orin", "thor", "gb10", "dgx spark")
_MODEL_FILE = Path("/proc/device-tree/model")
_LEAST_RESERVE_BYTES = 512 << 20
_MOST_RESERVE_BYTES = 4 << 30
_RESERVE_SHARE = 16
_NO_DRIVER = "the driver tells nothing about this device"


def is_unified_name(name: str) -> bool:
    """Return whether a device of this name shares the system's memory."""
    return any(part in name.lower() for part in _NAMES)


def unified_machine(model_file: Path = _MODEL_FILE) -> str:
    """Return the name of this machine when its GPU shares the system's memory, else "".

    Args:
        model_file: Where Linux on such boards says what they are.
    """
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "Apple silicon"
    try:
        name = model_file.read_bytes().decode("utf-8", "replace").strip("\0 \n")
    except OSError:
        return ""
    return name if is_unified_name(name) else ""


def default_reserve_bytes(total_bytes: int) -> int:
    """Return what the system keeps of its memory: a sixteenth, at least 512 MiB and at most 4 GiB."""
    return min(max(total_bytes // _RESERVE_SHARE, _LEAST_RESERVE_BYTES), _MOST_RESERVE_BYTES)


class UnifiedMemoryProbe:
    """Sees the system's memory as the GPU's, less a reserve that keeps the system from swapping.

    What the model takes from here, the game and the system lose. Not thread-safe; owned by the thread that reads.

    Args:
        name: What the machine or its GPU is called.
        reserve_bytes: What is never counted as free; :func:`default_reserve_bytes` by default.
        nvml: Tells how busy the device is and what we hold, where its driver does; closed with this probe.
        now_ms: The clock of its readings.
    """

    def __init__(
        self,
        name: str = "unified memory",
        *,
        reserve_bytes: int | None = None,
        nvml: NvmlProbe | None = None,
        now_ms: NowMs = monotonic_ms,
    ) -> None:
        self._reserve_bytes = reserve_bytes
        self._nvml = nvml
        self._now_ms = now_ms
        self._is_closed = False
        seen = nvml.device if nvml is not None else None
        self._device = Device(
            name=seen.name if seen else name,
            kind="unified",
            uuid=seen.uuid if seen else "",
            index=seen.index if seen else None,
            driver=seen.driver if seen else "",
        )

    @property
    def name(self) -> str:
        """``unified``."""
        return "unified"

    @property
    def device(self) -> Device | None:
        """The GPU, or the machine that it is part of."""
        return self._device

    def read(self) -> MemoryReading | NoReading:
        """Return the system's memory now, less the reserve."""
        if self._is_closed:
            return PROBE_CLOSED
        try:
            memory = system_memory()
        except (OSError, ValueError, psutil.Error) as error:
            return NoReading(code="system_silent", reason=f"The system does not tell its memory: {error}.")
        return self._reading(memory, self._gauges())

    def close(self) -> None:
        """Let go of the driver."""
        self._is_closed = True
        if self._nvml is not None:
            self._nvml.close()

    def _reading(self, memory: SystemMemory, gauges: Gauges) -> MemoryReading:
        total, available = memory.total_bytes, memory.available_bytes
        kept = default_reserve_bytes(total) if self._reserve_bytes is None else self._reserve_bytes
        kept = min(max(0, kept), available)
        own = gauges.own_bytes
        others = None if own is None else max(0, total - available - own)
        missing = dict(gauges.missing)
        if others is None:
            missing["used_by_others_bytes"] = OWN_MISSING
        return MemoryReading(
            total_bytes=total,
            free_bytes=available - kept,
            at_ms=self._now_ms(),
            source=self.name,
            used_by_others_bytes=others,
            own_bytes=own,
            reserved_bytes=kept,
            utilisation=gauges.utilisation,
            throttle=gauges.throttle,
            missing=missing,
        )

    def _gauges(self) -> Gauges:
        gauges = self._nvml.gauges() if self._nvml is not None else None
        if isinstance(gauges, Gauges):
            return gauges
        reason = _NO_DRIVER if gauges is None else gauges.reason
        fields = ("own_bytes", "utilisation", "throttle")
        return Gauges(own_bytes=None, utilisation=None, throttle=(), missing=dict.fromkeys(fields, reason))
