from __future__ import annotations

import pynvml
import pytest
from fake_driver import GIB, FakeCard, FakeDriver

from npc_sdk.budget.nvml_choice import FoundDevice, choose_device, list_devices
from npc_sdk.budget.probe import NoReading

SMALL = FakeCard(uuid="GPU-aaaa1111", free=GIB)
LARGE = FakeCard(uuid="GPU-bbbb2222", free=6 * GIB)


def chosen(driver: FakeDriver, selector: str, **environment: str) -> str:
    """Return the UUID of what was chosen, or the code of why nothing was."""
    found = choose_device(list_devices(pynvml), selector, environment)
    return found.device.uuid if isinstance(found, FoundDevice) else found.code


@pytest.fixture
def two(driver: FakeDriver) -> FakeDriver:
    driver.cards = [SMALL, LARGE]
    return driver


@pytest.mark.parametrize(
    ("selector", "uuid"),
    [
        ("most-free", "GPU-bbbb2222"),
        ("0", "GPU-aaaa1111"),
        ("1", "GPU-bbbb2222"),
        ("GPU-aaaa", "GPU-aaaa1111"),
        ("gpu-AAAA1111", "GPU-aaaa1111"),
        ("2", "no_device"),
        ("GPU-cccc", "no_device"),
    ],
)
def test_devices_by_any_name(two: FakeDriver, selector: str, uuid: str) -> None:
    assert chosen(two, selector) == uuid


def test_a_wrong_name_lists_the_right_ones(two: FakeDriver) -> None:
    found = choose_device(list_devices(pynvml), "7", {})
    assert isinstance(found, NoReading)
    assert "GPU-aaaa1111" in found.next_step and "1 (" in found.next_step


@pytest.mark.parametrize(
    ("listed", "uuid"),
    [
        ("0", "GPU-aaaa1111"),
        ("GPU-bbbb", "GPU-bbbb2222"),
        ("0,1", "GPU-bbbb2222"),
        ("", "no_device"),
        ("-1,1", "no_device"),
    ],
)
def test_what_cuda_is_not_shown_is_not_chosen(two: FakeDriver, listed: str, uuid: str) -> None:
    assert chosen(two, "most-free", CUDA_VISIBLE_DEVICES=listed) == uuid


def test_a_named_device_needs_no_leave(two: FakeDriver) -> None:
    assert chosen(two, "1", CUDA_VISIBLE_DEVICES="0") == "GPU-bbbb2222"


def test_a_lost_card_does_not_hide_the_other(driver: FakeDriver) -> None:
    lost = FakeCard(uuid="GPU-lost", faults={"nvmlDeviceGetHandleByIndex_v2": pynvml.NVML_ERROR_GPU_IS_LOST})
    driver.cards = [lost, SMALL]
    assert chosen(driver, "most-free") == "GPU-aaaa1111"
    driver.cards = [lost]
    with pytest.raises(pynvml.NVMLError_GpuIsLost):
        list_devices(pynvml)


def test_a_partitioned_card_is_its_instances(driver: FakeDriver) -> None:
    instances = [
        FakeCard(name="NVIDIA A100 MIG 1g.5gb", uuid="MIG-1", total=5 * GIB, free=2 * GIB),
        FakeCard(name="NVIDIA A100 MIG 2g.10gb", uuid="MIG-2", total=10 * GIB, free=9 * GIB),
    ]
    refused = dict.fromkeys(("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2"), pynvml.NVML_ERROR_NO_PERMISSION)
    driver.cards = [FakeCard(uuid="GPU-a100", instances=instances, faults=refused)]
    found = list_devices(pynvml)
    assert [(one.device.kind, one.device.uuid, one.device.index) for one in found] == [
        ("instance", "MIG-1", 0),
        ("instance", "MIG-2", 0),
    ]
    assert chosen(driver, "most-free") == chosen(driver, "0") == "MIG-2"
    assert chosen(driver, "MIG-1") == "MIG-1"


def test_devices_of_unknown_memory_come_last(driver: FakeDriver) -> None:
    silent = dict.fromkeys(("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2"), pynvml.NVML_ERROR_NOT_SUPPORTED)
    driver.cards = [FakeCard(uuid="GPU-silent", faults=silent), FakeCard(uuid="GPU-liar", total=1, free=9), SMALL]
    assert [one.free_bytes for one in list_devices(pynvml)] == [None, None, GIB]
    assert chosen(driver, "most-free") == "GPU-aaaa1111"
