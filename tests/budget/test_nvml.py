from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pynvml
import pytest
from fake_driver import GIB, FakeCard, FakeDriver

from npc_sdk.budget import nvml
from npc_sdk.budget.nvml import RETRY_MS, NvmlProbe
from npc_sdk.budget.probe import MemoryReading, NoReading


class Clock:
    def __init__(self) -> None:
        self.at_ms = 0.0

    def __call__(self) -> float:
        return self.at_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


def probe_of(clock: Clock, selector: str = "most-free", **options: Any) -> NvmlProbe:
    options.setdefault("environment", {})
    return NvmlProbe(selector, now_ms=clock, **options)


def reading_of(probe: NvmlProbe) -> MemoryReading:
    seen = probe.read()
    assert isinstance(seen, MemoryReading), seen
    return seen


def refusal_of(probe: NvmlProbe) -> NoReading:
    seen = probe.read()
    assert isinstance(seen, NoReading), seen
    return seen


def test_a_card_is_seen_whole(driver: FakeDriver, clock: Clock) -> None:
    own = [(os.getpid(), GIB), (1, GIB)]
    driver.cards = [FakeCard(compute=own, graphics=[(1, GIB)], clocks=0x4 | 0x1)]
    clock.at_ms = 7.0
    probe = probe_of(clock)
    assert reading_of(probe) == MemoryReading(
        total_bytes=8 * GIB,
        free_bytes=5 * GIB,
        at_ms=7.0,
        source="nvml",
        used_by_others_bytes=8 * GIB - 5 * GIB - GIB // 2 - GIB,
        own_bytes=GIB,
        reserved_bytes=GIB // 2,
        utilisation=0.4,
        throttle=("power_cap",),
    )
    assert probe.device is not None
    assert (probe.device.kind, probe.device.index, probe.device.driver) == ("card", 0, "580.95.05")


def test_a_process_in_both_lists_counts_once(driver: FakeDriver, clock: Clock) -> None:
    driver.cards = [FakeCard(compute=[(os.getpid(), GIB)], graphics=[(os.getpid(), GIB)])]
    assert reading_of(probe_of(clock)).own_bytes == GIB


def test_processes_that_we_started_are_ours(driver: FakeDriver, clock: Clock) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        driver.cards = [FakeCard(compute=[(child.pid, GIB), (1, GIB)])]
        assert reading_of(probe_of(clock)).own_bytes == GIB
        child.communicate(b"\n")


def test_windows_does_not_tell_what_processes_hold(driver: FakeDriver, clock: Clock) -> None:
    driver.cards = [FakeCard(compute=[(os.getpid(), None)], graphics=[(os.getpid(), None)])]
    seen = reading_of(probe_of(clock))
    assert (seen.own_bytes, seen.used_by_others_bytes) == (None, None)
    assert "Windows" in seen.missing["own_bytes"]
    assert seen.taken_bytes == 8 * GIB - 5 * GIB - GIB // 2


def test_wsl_neither_lists_processes_nor_says_how_busy_it_is(driver: FakeDriver, clock: Clock) -> None:
    unsupported = pynvml.NVML_ERROR_NOT_SUPPORTED
    faults = {"nvmlDeviceGetComputeRunningProcesses_v3": unsupported, "nvmlDeviceGetUtilizationRates": unsupported}
    driver.cards = [FakeCard(faults=faults)]
    probe = probe_of(clock)
    seen = reading_of(probe)
    assert (seen.own_bytes, seen.utilisation, seen.free_bytes) == (None, None, 5 * GIB)
    assert {"own_bytes", "utilisation", "used_by_others_bytes"} <= set(seen.missing)
    reading_of(probe)
    assert driver.calls.count("nvmlDeviceGetUtilizationRates") == 1, "what is not supported is asked once"


def test_a_container_hides_this_process(driver: FakeDriver, clock: Clock) -> None:
    driver.cards = [FakeCard(compute=[])]
    assert "container" in reading_of(probe_of(clock)).missing["own_bytes"]


def test_an_older_driver_has_no_reserve_and_older_names(driver: FakeDriver, clock: Clock) -> None:
    driver.absent = {"nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetCurrentClocksEventReasons"}
    driver.cards = [FakeCard(compute=[(os.getpid(), GIB)], clocks=0x40)]
    seen = reading_of(probe_of(clock))
    assert (seen.reserved_bytes, seen.used_by_others_bytes) == (None, 2 * GIB)
    assert seen.throttle == ("hardware_heat",)
    assert "reserved_bytes" in seen.missing


def test_a_driver_that_lacks_the_lists_altogether(driver: FakeDriver, clock: Clock) -> None:
    driver.absent = {"nvmlDeviceGetComputeRunningProcesses_v3"}
    driver.cards = [FakeCard()]
    assert "too old" in reading_of(probe_of(clock)).missing["own_bytes"]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, "driver_missing"),
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "driver_not_loaded"),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "driver_mismatch"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "no_permission"),
        (pynvml.NVML_ERROR_UNKNOWN, "driver_failed"),
        (4711, "driver_failed"),
    ],
)
def test_a_driver_that_does_not_start(driver: FakeDriver, clock: Clock, fault: int, code: str) -> None:
    driver.faults = {"nvmlInitWithFlags": fault}
    probe = probe_of(clock)
    assert refusal_of(probe).code == code
    assert probe.device is None
    devices = probe.devices()
    assert isinstance(devices, NoReading) and devices.code == code


def test_a_machine_without_cards(driver: FakeDriver, clock: Clock) -> None:
    assert refusal_of(probe_of(clock)).code == "no_device"
    assert driver.sessions == 0, "nothing stays open"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (pynvml.NVML_ERROR_NOT_SUPPORTED, "not_supported"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "no_permission"),
        (pynvml.NVML_ERROR_GPU_IS_LOST, "device_lost"),
    ],
)
def test_memory_that_is_not_told(driver: FakeDriver, clock: Clock, fault: int, code: str) -> None:
    names = ("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2")
    driver.cards = [FakeCard(faults=dict.fromkeys(names, fault))]
    assert refusal_of(probe_of(clock)).code == code


def test_a_board_that_reports_zeros(driver: FakeDriver, clock: Clock) -> None:
    driver.cards = [FakeCard(name="Orin (nvgpu)", total=0, free=0, reserved=0)]
    assert refusal_of(probe_of(clock)).code == "not_supported"


def test_a_card_that_is_lost_comes_back_as_the_same_one(driver: FakeDriver, clock: Clock) -> None:
    other = FakeCard(uuid="GPU-2", free=GIB)
    card = FakeCard(free=5 * GIB)
    driver.cards = [other, card]
    probe = probe_of(clock)
    assert reading_of(probe).free_bytes == 5 * GIB
    names = ("nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetHandleByIndex_v2")
    card.faults = dict.fromkeys(names, pynvml.NVML_ERROR_GPU_IS_LOST)
    assert refusal_of(probe).code == "device_lost"
    clock.at_ms += RETRY_MS / 2
    calls = len(driver.calls)
    assert refusal_of(probe).code == "device_lost"
    assert len(driver.calls) == calls, "the driver is left alone for a while"
    clock.at_ms += RETRY_MS
    assert refusal_of(probe).code == "no_device", "the other card is not taken instead"
    card.faults, card.free = {}, 4 * GIB
    clock.at_ms += RETRY_MS
    assert reading_of(probe).free_bytes == 4 * GIB
    assert probe.device is not None and probe.device.uuid == card.uuid


def test_a_driver_that_vanishes_mid_run(driver: FakeDriver, clock: Clock) -> None:
    card = FakeCard()
    driver.cards = [card]
    probe = probe_of(clock)
    reading_of(probe)
    card.faults = {"nvmlDeviceGetMemoryInfo_v2": pynvml.NVML_ERROR_UNINITIALIZED}
    assert refusal_of(probe).code == "driver_failed"
    assert probe.device is not None, "what it looked at stays known"
    card.faults = {}
    clock.at_ms += RETRY_MS
    reading_of(probe)


def test_one_fault_of_a_gauge_is_no_fault_of_the_reading(driver: FakeDriver, clock: Clock) -> None:
    card = FakeCard(compute=[(os.getpid(), GIB)], faults={"nvmlDeviceGetUtilizationRates": pynvml.NVML_ERROR_TIMEOUT})
    driver.cards = [card]
    probe = probe_of(clock)
    assert reading_of(probe).utilisation is None
    card.faults = {}
    assert reading_of(probe).utilisation == 0.4


def test_closing_ends_it_for_good(driver: FakeDriver, clock: Clock) -> None:
    driver.cards = [FakeCard()]
    probe = probe_of(clock)
    reading_of(probe)
    assert driver.sessions == 1
    probe.close()
    probe.close()
    assert driver.sessions == 0
    assert refusal_of(probe).code == "probe_closed"
    devices = probe.devices()
    assert isinstance(devices, NoReading) and devices.code == "probe_closed"


def test_a_shutdown_that_fails_is_nobodys_trouble(driver: FakeDriver, clock: Clock) -> None:
    driver.cards = [FakeCard()]
    driver.faults = {"nvmlShutdown": pynvml.NVML_ERROR_UNKNOWN}
    probe = probe_of(clock)
    reading_of(probe)
    probe.close()
    assert refusal_of(probe).code == "probe_closed"


def test_a_binding_that_cannot_be_loaded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Any:
        raise ImportError("No module named 'pynvml'")

    monkeypatch.setattr(nvml, "nvml_library", missing)
    probe = probe_of(clock)
    assert refusal_of(probe).code == "binding_missing"
    devices = probe.devices()
    assert isinstance(devices, NoReading) and devices.code == "binding_missing"


def test_whatever_a_binding_raises_is_a_finding(clock: Clock) -> None:
    class Wild:
        nvmlInit: Callable[[], None] = staticmethod(lambda: 1 / 0)

    assert refusal_of(probe_of(clock, library=Wild())).code == "driver_failed"


def test_the_real_binding_says_that_there_is_no_driver(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(name: str) -> Any:
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    monkeypatch.setattr(pynvml, "CDLL", no_library)
    found = refusal_of(probe_of(clock))
    assert (found.code, bool(found.next_step)) == ("driver_missing", True)


def test_importing_does_not_load_the_binding() -> None:
    code = "import sys, npc_sdk.budget.nvml, npc_sdk.budget.choose; print('pynvml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def test_memory_alone(driver: FakeDriver) -> None:
    card = FakeCard(total=8 * GIB, free=5 * GIB, reserved=GIB // 2)
    driver.cards.append(card)
    probe = NvmlProbe()
    assert probe.memory() == (8 * GIB, 5 * GIB, GIB // 2)
    driver.calls.clear()
    card.free = 4 * GIB
    assert probe.memory() == (8 * GIB, 4 * GIB, GIB // 2) and driver.calls == ["nvmlDeviceGetMemoryInfo_v2"]
    card.faults["nvmlDeviceGetMemoryInfo_v2"] = pynvml.NVML_ERROR_GPU_IS_LOST
    gone = probe.memory()
    assert isinstance(gone, NoReading) and gone.code == "device_lost"
