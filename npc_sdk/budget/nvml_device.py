"""One NVIDIA device as its driver shows it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import psutil

from npc_sdk.budget.nvml_error import finding_of
from npc_sdk.budget.probe import MemoryReading, NoReading

_T = TypeVar("_T")

_THROTTLE_WORDS = {
    0x004: "power_cap",
    0x008: "hardware_slowdown",
    0x010: "sync_boost",
    0x020: "software_heat",
    0x040: "hardware_heat",
    0x080: "power_brake",
    0x100: "display_clocks",
}
NOT_LISTED = "this process is not in the driver's list: it holds nothing, or a container hides it"
_NOT_TOLD = "the driver does not tell what a process holds (never on Windows and WSL)"
OWN_MISSING = "what this process holds is not known, so neither is the rest"
_NO_BYTES = NoReading(code="not_supported", reason="The driver reports a device of 0 bytes.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """What a driver tells beside the memory of the device.

    Args:
        own_bytes: What this process and its children hold; None when nobody says.
        utilisation: How busy the device is, 0 to 1; None when unknown.
        throttle: Why it runs slower than it could.
        missing: What could not be seen, and why.
    """

    own_bytes: int | None
    utilisation: float | None
    throttle: tuple[str, ...]
    missing: Mapping[str, str]


def is_own_process(process_id: int) -> bool:
    """Return whether a process is this one or one that it started."""
    own = os.getpid()
    if process_id == own:
        return True
    try:
        return any(parent.pid == own for parent in psutil.Process(process_id).parents())
    except (psutil.Error, OSError, ValueError):
        return False


class NvmlDevice:
    """Reads one device. Not thread-safe; its methods may raise what the binding raises.

    Args:
        library: The binding.
        handle: The device in it.
        is_ours: Says whether a process is one of ours.
    """

    def __init__(self, library: Any, handle: Any, *, is_ours: Callable[[int], bool] = is_own_process) -> None:
        self._library = library
        self._handle = handle
        self._is_ours = is_ours
        self._never: dict[str, str] = {}

    def reading(self, *, at_ms: float, source: str) -> MemoryReading | NoReading:
        """Return the device's memory and how it fares."""
        total, free, reserved = self.memory()
        if total <= 0:
            return _NO_BYTES
        gauges = self.gauges()
        missing = dict(gauges.missing)
        if reserved is None:
            missing["reserved_bytes"] = "the driver is too old to tell"
        others = None if gauges.own_bytes is None else total - free - (reserved or 0) - gauges.own_bytes
        if others is None:
            missing["used_by_others_bytes"] = OWN_MISSING
        return MemoryReading(
            total_bytes=total,
            free_bytes=free,
            at_ms=at_ms,
            source=source,
            used_by_others_bytes=None if others is None else max(0, others),
            own_bytes=gauges.own_bytes,
            reserved_bytes=reserved,
            utilisation=gauges.utilisation,
            throttle=gauges.throttle,
            missing=missing,
        )

    def memory(self) -> tuple[int, int, int | None]:
        """Return total, free and reserved bytes; reserved is None where the driver is too old."""
        library = self._library
        try:
            seen = library.nvmlDeviceGetMemoryInfo(self._handle, version=library.nvmlMemory_v2)
            return int(seen.total), int(seen.free), int(seen.reserved)
        except Exception as error:
            if finding_of(error).code != "not_supported":
                raise
        seen = library.nvmlDeviceGetMemoryInfo(self._handle)
        return int(seen.total), int(seen.free), None

    def gauges(self) -> Gauges:
        """Return what the driver tells beside the memory; never raises for what it does not support."""
        missing: dict[str, str] = {}
        utilisation = self._optional("utilisation", self._utilisation, missing)
        throttle = self._optional("throttle", self._throttle, missing)
        own = self._optional("own_bytes", lambda: self._own_bytes(missing), missing)
        return Gauges(own_bytes=own, utilisation=utilisation, throttle=throttle or (), missing=missing)

    def _optional(self, name: str, ask: Callable[[], _T], missing: dict[str, str]) -> _T | None:
        if name in self._never:
            missing[name] = self._never[name]
            return None
        try:
            return ask()
        except Exception as error:
            finding = finding_of(error)
            missing[name] = finding.reason
            if finding.code == "not_supported":
                self._never[name] = finding.reason
            return None

    def _utilisation(self) -> float:
        rates = self._library.nvmlDeviceGetUtilizationRates(self._handle)
        return min(100, int(rates.gpu)) / 100.0

    def _throttle(self) -> tuple[str, ...]:
        library = self._library
        try:
            bits = int(library.nvmlDeviceGetCurrentClocksEventReasons(self._handle))
        except library.NVMLError_FunctionNotFound:
            # Drivers before 535 know it under its older name.
            bits = int(library.nvmlDeviceGetCurrentClocksThrottleReasons(self._handle))
        return tuple(word for bit, word in _THROTTLE_WORDS.items() if bits & bit)

    def _own_bytes(self, missing: dict[str, str]) -> int | None:
        listed = self._process_bytes()
        own = [n_bytes for process_id, n_bytes in listed.items() if self._is_ours(process_id)]
        if not own:
            missing["own_bytes"] = NOT_LISTED
            return None
        if any(n_bytes is None for n_bytes in own):
            missing["own_bytes"] = _NOT_TOLD
            return None
        return sum(n_bytes for n_bytes in own if n_bytes is not None)

    def _process_bytes(self) -> dict[int, int | None]:
        """Return what each process holds; one that computes and draws is in both lists with the same figure."""
        library = self._library
        listed = list(library.nvmlDeviceGetComputeRunningProcesses(self._handle))
        try:
            listed += library.nvmlDeviceGetGraphicsRunningProcesses(self._handle)
        except Exception as error:
            if finding_of(error).code != "not_supported":
                raise
        found: dict[int, int | None] = {}
        for process in listed:
            process_id, n_bytes = int(process.pid), process.usedGpuMemory
            before = found.get(process_id)
            found[process_id] = before if n_bytes is None else max(int(n_bytes), before or 0)
        return found
