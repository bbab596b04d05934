"""A probe for NVIDIA cards, through the driver's management library."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from npc_sdk.budget.nvml_choice import MOST_FREE, FoundDevice, choose_device, list_devices
from npc_sdk.budget.nvml_device import Gauges, NvmlDevice, is_own_process
from npc_sdk.budget.nvml_error import LOST_CODES, finding_of
from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading, NowMs, monotonic_ms

RETRY_MS = 2000.0

_T = TypeVar("_T")


def nvml_library() -> Any:
    """Return the binding to NVIDIA's management library; it is loaded when first used.

    Raises:
        ImportError: It is not installed.
    """
    import pynvml

    return pynvml


class NvmlProbe:
    """Sees one NVIDIA device: its memory, what we hold of it, how busy it is and what slows it down.

    The device is chosen at the first reading and kept: when it is lost and comes back, it is the same one.
    Not thread-safe; owned by the thread that reads.

    Args:
        selector: ``most-free``, the driver's number, or the beginning of a UUID (``GPU-...``, ``MIG-...``).
        library: The binding, for tests; the real one by default.
        is_ours: Says whether a process is one of ours; this process and its children by default.
        environment: Where ``CUDA_VISIBLE_DEVICES`` is looked up.
        now_ms: The clock of its readings.
    """

    def __init__(
        self,
        selector: str = MOST_FREE,
        *,
        library: Any = None,
        is_ours: Callable[[int], bool] = is_own_process,
        environment: Mapping[str, str] = os.environ,
        now_ms: NowMs = monotonic_ms,
    ) -> None:
        self._selector = selector
        self._library = library
        self._is_ours = is_ours
        self._environment = environment
        self._now_ms = now_ms
        self._device: Device | None = None
        self._open: NvmlDevice | None = None
        self._has_session = False
        self._is_closed = False
        self._refusal = NoReading(code="driver_failed", reason="The driver has not been asked yet.")
        self._retry_at_ms = float("-inf")

    @property
    def name(self) -> str:
        """``nvml``."""
        return "nvml"

    @property
    def device(self) -> Device | None:
        """The device; None until one was found."""
        self._opened()
        return self._device

    def read(self) -> MemoryReading | NoReading:
        """Return the device's memory now, or what the driver said instead."""
        return self._ask(lambda device: device.reading(at_ms=self._now_ms(), source=self.name))

    def memory(self) -> tuple[int, int, int | None] | NoReading:
        """Return total, free and reserved bytes and nothing that takes longer to ask; for looking often."""
        return self._ask(lambda device: device.memory())

    def gauges(self) -> Gauges | NoReading:
        """Return what the driver tells beside the memory; for devices that share the system's."""
        return self._ask(lambda device: device.gauges())

    def devices(self) -> tuple[Device, ...] | NoReading:
        """Return every device that the driver shows."""
        if self._is_closed:
            return PROBE_CLOSED
        try:
            self._start()
            return tuple(found.device for found in list_devices(self._library))
        except Exception as error:
            return finding_of(error) if not isinstance(error, ImportError) else _no_binding(error)

    def close(self) -> None:
        """Let go of the driver."""
        self._is_closed = True
        self._end()

    def _ask(self, question: Callable[[NvmlDevice], _T | NoReading]) -> _T | NoReading:
        device = self._opened()
        if isinstance(device, NoReading):
            return device
        try:
            return question(device)
        except Exception as error:
            # The binding raises its own tree, ctypes' errors, and what a broken driver makes of them.
            finding = finding_of(error)
            if finding.code in LOST_CODES:
                self._refuse(finding)
            return finding

    def _opened(self) -> NvmlDevice | NoReading:
        if self._is_closed:
            return PROBE_CLOSED
        if self._open is not None:
            return self._open
        if self._now_ms() < self._retry_at_ms:
            return self._refusal
        try:
            chosen = self._choose()
        except ImportError as error:
            return self._refuse(_no_binding(error))
        except Exception as error:
            return self._refuse(finding_of(error))
        if isinstance(chosen, NoReading):
            return self._refuse(chosen)
        self._device, self._selector = chosen.device, chosen.device.uuid or self._selector
        self._open = NvmlDevice(self._library, chosen.handle, is_ours=self._is_ours)
        return self._open

    def _choose(self) -> FoundDevice | NoReading:
        self._start()
        return choose_device(list_devices(self._library), self._selector, self._environment)

    def _start(self) -> None:
        if self._has_session:
            return
        if self._library is None:
            self._library = nvml_library()
        self._library.nvmlInit()
        self._has_session = True

    def _refuse(self, finding: NoReading) -> NoReading:
        self._end()
        self._refusal = finding
        self._retry_at_ms = self._now_ms() + RETRY_MS
        return finding

    def _end(self) -> None:
        self._open = None
        if self._has_session:
            self._has_session = False
            with contextlib.suppress(Exception):
                self._library.nvmlShutdown()


def _no_binding(error: ImportError) -> NoReading:
    return NoReading(
        code="binding_missing",
        reason=f"The binding to NVIDIA's driver cannot be loaded: {error}.",
        next_step="pip install nvidia-ml-py",
    )
