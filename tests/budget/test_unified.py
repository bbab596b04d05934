from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

import pynvml
import pytest
from fake_driver import GIB, FakeCard, FakeDriver

from npc_sdk.budget import unified
from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.budget.system_memory import SystemMemory
from npc_sdk.budget.unified import UnifiedMemoryProbe, default_reserve_bytes, is_unified_name, unified_machine

SILENT = dict.fromkeys(("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2"), pynvml.NVML_ERROR_NOT_SUPPORTED)


@pytest.fixture(autouse=True)
def system(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SystemMemory(total_bytes=128 * GIB, available_bytes=100 * GIB)
    monkeypatch.setattr(unified, "system_memory", lambda: memory)


def read(probe: UnifiedMemoryProbe) -> MemoryReading:
    seen = probe.read()
    assert isinstance(seen, MemoryReading)
    return seen


def test_a_spark_whose_driver_tells_all_but_the_memory(driver: FakeDriver) -> None:
    driver.cards = [FakeCard(name="NVIDIA GB10", compute=[(os.getpid(), 8 * GIB)], busy=90, faults=SILENT)]
    probe = UnifiedMemoryProbe(nvml=NvmlProbe(environment={}))
    seen = read(probe)
    assert (seen.total_bytes, seen.free_bytes, seen.reserved_bytes) == (128 * GIB, 96 * GIB, 4 * GIB)
    assert (seen.own_bytes, seen.used_by_others_bytes, seen.utilisation) == (8 * GIB, 20 * GIB, 0.9)
    assert seen.taken_bytes == 28 * GIB
    assert probe.device is not None
    assert (probe.device.name, probe.device.kind) == ("NVIDIA GB10", "unified")
    probe.close()
    assert driver.sessions == 0
    assert isinstance(probe.read(), NoReading)


def test_an_orin_whose_driver_tells_nothing(driver: FakeDriver) -> None:
    names = ("nvmlDeviceGetUtilizationRates", "nvmlDeviceGetComputeRunningProcesses_v3")
    names += ("nvmlDeviceGetCurrentClocksEventReasons",)
    faults = SILENT | dict.fromkeys(names, pynvml.NVML_ERROR_NOT_SUPPORTED)
    driver.cards = [FakeCard(name="Orin (nvgpu)", faults=faults)]
    seen = read(UnifiedMemoryProbe(nvml=NvmlProbe(environment={})))
    assert (seen.free_bytes, seen.own_bytes, seen.utilisation) == (96 * GIB, None, None)
    assert set(seen.missing) == {"own_bytes", "used_by_others_bytes", "utilisation", "throttle"}


@pytest.mark.parametrize("nvml", [None, NvmlProbe("0", library=object())])
def test_a_board_without_the_library(nvml: NvmlProbe | None) -> None:
    probe = UnifiedMemoryProbe("NVIDIA Jetson Orin Nano", reserve_bytes=GIB, nvml=nvml)
    seen = read(probe)
    assert seen.free_bytes == 99 * GIB
    assert probe.device is not None and probe.device.name == "NVIDIA Jetson Orin Nano"


def test_a_reserve_never_makes_less_than_nothing() -> None:
    assert read(UnifiedMemoryProbe(reserve_bytes=1000 * GIB)).free_bytes == 0
    assert read(UnifiedMemoryProbe(reserve_bytes=-5)).free_bytes == 100 * GIB


def test_a_system_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise OSError("no /proc")

    monkeypatch.setattr(unified, "system_memory", silent)
    seen = UnifiedMemoryProbe().read()
    assert isinstance(seen, NoReading) and seen.code == "system_silent"


@pytest.mark.parametrize(("total", "reserve"), [(8, 0.5), (64, 4), (128, 4), (2, 0.5), (32, 2)])
def test_the_reserve_follows_the_machine(total: int, reserve: float) -> None:
    assert default_reserve_bytes(total * GIB) == int(reserve * GIB)


@pytest.mark.parametrize("name", ["Orin (nvgpu)", "NVIDIA GB10", "NVIDIA Thor", "NVIDIA Jetson AGX Xavier"])
def test_boards_are_known_by_name(name: str) -> None:
    assert is_unified_name(name)


@pytest.mark.parametrize("name", ["NVIDIA GeForce RTX 4070", "NVIDIA GH200 480GB", "NVIDIA RTX 6000 Ada", ""])
def test_cards_are_not_boards(name: str) -> None:
    assert not is_unified_name(name)


def test_the_machine_says_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    model = tmp_path / "model"
    assert unified_machine(model) == ""
    model.write_bytes(b"NVIDIA Jetson Orin Nano Developer Kit\0")
    assert unified_machine(model) == "NVIDIA Jetson Orin Nano Developer Kit"
    model.write_bytes(b"Raspberry Pi 5\0")
    assert unified_machine(model) == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert unified_machine(model) == "Apple silicon"
