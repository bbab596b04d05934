"""NVIDIA's management library without a card: the C functions that the real binding calls.

The binding's own wrappers, structures and errors stay as they are; only the library behind them is not real.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import pynvml
import pytest

GIB = 1 << 30
Processes = list[tuple[int, "int | None"]]


@dataclass
class FakeCard:
    """A card, or an instance of one."""

    name: str = "NVIDIA GeForce RTX 4070"
    uuid: str = "GPU-11111111-0000-0000-0000-000000000000"
    total: int = 8 * GIB
    free: int = 5 * GIB
    reserved: int = GIB // 2
    busy: int = 40
    clocks: int = 0
    compute: Processes = field(default_factory=list)
    graphics: Processes = field(default_factory=list)
    instances: list[FakeCard] | None = None
    faults: dict[str, int] = field(default_factory=dict)
    """Functions that fail for this card, with their error."""


def _of_card(function: Callable[..., int]) -> Callable[..., int]:
    """Hand the card to a function of the library instead of its handle."""

    @wraps(function)
    def call(self: FakeDriver, handle: Any, *rest: Any) -> int:
        card = self._handles[ctypes.cast(handle, ctypes.c_void_p).value or 0]
        self.calls.append(function.__name__)
        return card.faults.get(function.__name__) or function(self, card, *rest)

    return call


class FakeDriver:
    """The library; an instance takes the place of ``pynvml.nvmlLib``."""

    def __init__(self) -> None:
        self.cards: list[FakeCard] = []
        self.faults: dict[str, int] = {}
        """Functions that fail whatever the card, with their error."""
        self.absent: set[str] = set()
        """Functions that this driver is too old for."""
        self.calls: list[str] = []
        self.sessions = 0
        self._handles: dict[int, FakeCard] = {}

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pynvml, "nvmlLib", self)
        monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("nvml"):
            if name in self.absent:
                raise AttributeError(name)
            if name in self.faults:
                return lambda *_: self.faults[name]
        return super().__getattribute__(name)

    def nvmlInitWithFlags(self, _flags: int) -> int:
        self.sessions += 1
        return 0

    def nvmlShutdown(self) -> int:
        self.sessions -= 1
        return 0

    def nvmlErrorString(self, _code: int) -> bytes:
        return b"a fault"

    def nvmlSystemGetDriverVersion(self, buffer: Any, _size: Any) -> int:
        buffer.value = b"580.95.05"
        return 0

    def nvmlDeviceGetCount_v2(self, count: Any) -> int:
        count._obj.value = len(self.cards)
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index: Any, handle: Any) -> int:
        return self._give(self.cards[index.value], handle)

    @_of_card
    def nvmlDeviceGetName(self, card: FakeCard, buffer: Any, _size: Any) -> int:
        buffer.value = card.name.encode()
        return 0

    @_of_card
    def nvmlDeviceGetUUID(self, card: FakeCard, buffer: Any, _size: Any) -> int:
        buffer.value = card.uuid.encode()
        return 0

    @_of_card
    def nvmlDeviceGetMigMode(self, card: FakeCard, current: Any, pending: Any) -> int:
        if card.instances is None:
            return pynvml.NVML_ERROR_NOT_SUPPORTED
        current._obj.value = pending._obj.value = 1
        return 0

    @_of_card
    def nvmlDeviceGetMaxMigDeviceCount(self, card: FakeCard, count: Any) -> int:
        count._obj.value = 7
        return 0

    @_of_card
    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: FakeCard, index: Any, handle: Any) -> int:
        instances = card.instances or []
        if index.value >= len(instances):
            return pynvml.NVML_ERROR_NOT_FOUND
        return self._give(instances[index.value], handle)

    @_of_card
    def nvmlDeviceGetMemoryInfo_v2(self, card: FakeCard, info: Any) -> int:
        assert info._obj.version == pynvml.nvmlMemory_v2
        info._obj.total, info._obj.free, info._obj.reserved = card.total, card.free, card.reserved
        info._obj.used = max(0, card.total - card.free - card.reserved)
        return 0

    @_of_card
    def nvmlDeviceGetMemoryInfo(self, card: FakeCard, info: Any) -> int:
        info._obj.total, info._obj.free, info._obj.used = card.total, card.free, max(0, card.total - card.free)
        return 0

    @_of_card
    def nvmlDeviceGetUtilizationRates(self, card: FakeCard, rates: Any) -> int:
        rates._obj.gpu, rates._obj.memory = card.busy, 0
        return 0

    @_of_card
    def nvmlDeviceGetCurrentClocksEventReasons(self, card: FakeCard, reasons: Any) -> int:
        reasons._obj.value = card.clocks
        return 0

    @_of_card
    def nvmlDeviceGetCurrentClocksThrottleReasons(self, card: FakeCard, reasons: Any) -> int:
        reasons._obj.value = card.clocks
        return 0

    @_of_card
    def nvmlDeviceGetComputeRunningProcesses_v3(self, card: FakeCard, count: Any, found: Any) -> int:
        return _list(card.compute, count, found)

    @_of_card
    def nvmlDeviceGetGraphicsRunningProcesses_v3(self, card: FakeCard, count: Any, found: Any) -> int:
        return _list(card.graphics, count, found)

    def _give(self, card: FakeCard, handle: Any) -> int:
        fault = card.faults.get("nvmlDeviceGetHandleByIndex_v2")
        if fault:
            return fault
        number = id(card)
        self._handles[number] = card
        ctypes.memmove(handle, ctypes.byref(ctypes.c_void_p(number)), ctypes.sizeof(ctypes.c_void_p))
        return 0


def _list(processes: Processes, count: Any, found: Any) -> int:
    if found is None:
        count._obj.value = len(processes)
        return pynvml.NVML_ERROR_INSUFFICIENT_SIZE if processes else pynvml.NVML_SUCCESS
    count._obj.value = len(processes)
    for place, (process_id, n_bytes) in enumerate(processes):
        found[place].pid = process_id
        found[place].usedGpuMemory = pynvml.NVML_VALUE_NOT_AVAILABLE_ulonglong.value if n_bytes is None else n_bytes
    return 0
