from __future__ import annotations

import pynvml
import pytest
from fake_driver import GIB, FakeCard, FakeDriver
from hypothesis import given
from hypothesis import strategies as some

from npc_sdk.budget.choose import choose_probe, explain_choice, size_bytes
from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.errors import RequestError

SILENT = dict.fromkeys(("nvmlDeviceGetMemoryInfo", "nvmlDeviceGetMemoryInfo_v2"), pynvml.NVML_ERROR_NOT_SUPPORTED)


def nowhere() -> str:
    return ""


def test_a_card_is_chosen(driver: FakeDriver) -> None:
    driver.cards = [FakeCard()]
    choice = explain_choice(machine=nowhere)
    assert (choice.probe.name, choice.passed_over, len(choice.devices)) == ("nvml", (), 1)
    assert "driver" in choice.reason


def test_the_card_with_the_most_room_is_chosen(driver: FakeDriver) -> None:
    driver.cards = [FakeCard(uuid="GPU-1", free=GIB), FakeCard(uuid="GPU-2", free=2 * GIB)]
    choice = explain_choice(machine=nowhere)
    assert choice.probe.device is not None and choice.probe.device.uuid == "GPU-2"
    assert "2 devices" in choice.reason


@pytest.mark.parametrize("name", ["NVIDIA GB10", "Orin (nvgpu)"])
@pytest.mark.parametrize("card", [{"faults": SILENT}, {"total": 0, "free": 0, "reserved": 0}, {"total": 8 * GIB}])
def test_a_board_is_asked_through_its_system(driver: FakeDriver, name: str, card: dict[str, object]) -> None:
    driver.cards = [FakeCard(name=name, **card)]  # type: ignore[arg-type]
    choice = explain_choice(machine=nowhere)
    assert choice.probe.name == "unified"
    assert isinstance(choice.probe.read(), MemoryReading)


def test_a_board_without_a_driver(driver: FakeDriver) -> None:
    driver.faults = {"nvmlInitWithFlags": pynvml.NVML_ERROR_LIBRARY_NOT_FOUND}
    choice = explain_choice(machine=lambda: "NVIDIA Jetson Orin Nano")
    assert choice.probe.name == "unified"
    assert [finding.code for finding in choice.passed_over] == ["driver_missing"]


def test_a_card_in_a_board_is_a_card(driver: FakeDriver) -> None:
    driver.cards = [FakeCard(name="Orin (nvgpu)", faults=SILENT), FakeCard(name="NVIDIA RTX A6000")]
    assert explain_choice(machine=lambda: "NVIDIA IGX Orin").probe.name == "nvml"


def test_a_card_that_says_nothing_leaves_the_cpu(driver: FakeDriver) -> None:
    driver.cards = [FakeCard(faults=SILENT)]
    choice = explain_choice(machine=nowhere)
    assert (choice.probe.name, [finding.code for finding in choice.passed_over]) == ("host", ["not_supported"])
    assert driver.sessions == 0


def test_without_a_driver_it_is_the_cpu(driver: FakeDriver) -> None:
    driver.faults = {"nvmlInitWithFlags": pynvml.NVML_ERROR_DRIVER_NOT_LOADED}
    choice = explain_choice(machine=nowhere)
    assert choice.probe.name == "host" and "CPU" in choice.reason


@pytest.mark.parametrize(
    ("selector", "name"),
    [
        ("host", "host"),
        (" HOST ", "host"),
        ("unified", "unified"),
        ("6GiB", "configured"),
        ("0", "nvml"),
        ("most-free", "nvml"),
        ("GPU-1", "nvml"),
        ("MIG-8c4c5a27-e508", "nvml"),
        ("auto", "nvml"),
    ],
)
def test_selectors(driver: FakeDriver, selector: str, name: str) -> None:
    driver.cards = [FakeCard(uuid="GPU-1")]
    assert choose_probe(selector).name == name


def test_a_named_device_that_is_not_there(driver: FakeDriver) -> None:
    driver.cards = [FakeCard()]
    seen = choose_probe("GPU-9").read()
    assert isinstance(seen, NoReading) and seen.code == "no_device"


@pytest.mark.parametrize("selector", ["", "gpu", "cuda:0", "GPU-", "-1", "all"])
def test_what_means_nothing_is_refused(selector: str) -> None:
    with pytest.raises(RequestError) as caught:
        choose_probe(selector)
    assert caught.value.code == "bad_device" and "6GiB" in caught.value.next_step


@pytest.mark.parametrize(
    ("text", "n_bytes"),
    [
        ("6GiB", 6 * GIB),
        ("1.5 GiB", 3 * GIB // 2),
        ("512mib", GIB // 2),
        ("1GB", 10**9),
        ("7 kB", 7000),
        ("1KiB", 1024),
    ],
)
def test_sizes(text: str, n_bytes: int) -> None:
    assert size_bytes(text) == n_bytes


@pytest.mark.parametrize("text", ["6", "0GiB", "-1GiB", "GiB", "1e9GiB", "9" * 50 + "GiB", "6000", "٣GiB", "1 GiB\n1"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        size_bytes(text)
    assert caught.value.code == "bad_size"


@given(some.text())
def test_any_text_is_a_size_or_refused(text: str) -> None:
    try:
        assert size_bytes(text) > 0
    except RequestError as error:
        assert error.code == "bad_size"
