"""What the figures run on, and why they do not run."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pynvml
import pytest
from fake_driver import GIB, FakeCard, FakeDriver

from npc_sdk.bench.gpu.card import MemoryWatch, NvmlCard, settled_bytes
from npc_sdk.bench.gpu.rig import Rig, Skip, find_rig, seen_features
from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.errors import BackendError
from npc_sdk.models.footprint import Sizes


def answer(text: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Let llama.cpp say this about itself; returns the environments in which it was asked."""
    environments: list[dict[str, str]] = []

    def run(command: list[str], **options: Any) -> Any:
        environments.append(options["env"])
        return subprocess.CompletedProcess(command, 0, stdout=text, stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    return environments


def test_without_a_driver(driver: FakeDriver) -> None:
    driver.faults["nvmlInitWithFlags"] = pynvml.NVML_ERROR_LIBRARY_NOT_FOUND
    found = find_rig()
    assert isinstance(found, Skip) and found.code == "driver_missing"


def test_without_a_card(driver: FakeDriver) -> None:
    driver.cards.clear()
    found = find_rig()
    assert isinstance(found, Skip) and found.code == "no_device"


def test_memory_that_is_shared_with_the_system(driver: FakeDriver) -> None:
    driver.cards[0].name = "NVIDIA GB10"
    found = find_rig()
    assert isinstance(found, Skip) and found.code == "unified_memory"


def test_a_library_for_the_cpu(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    environments = answer('{"backends": ["CPU"], "sees_gpu": false}', monkeypatch)
    found = find_rig()
    assert isinstance(found, Skip) and found.code == "backend_without_gpu" and "npc doctor" in found.next_step
    assert environments[0]["CUDA_VISIBLE_DEVICES"] == driver.cards[0].uuid


def test_a_library_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    answer("what?\n", monkeypatch)
    found = seen_features("GPU-1")
    assert isinstance(found, Skip) and found.code == "backend_broken"


def test_a_machine_that_will_do(
    driver: FakeDriver, tiny_hybrid_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer('a word before\n{"backends": ["CPU", "CUDA"], "sees_gpu": true}\n', monkeypatch)
    monkeypatch.setattr("npc_sdk.bench.gpu.rig.backend_overhead", lambda *_, **__: type("O", (), {"n_bytes": 3})())
    for name in ("mid", "4b-shaped"):
        (tmp_path / f"{name}.gguf").write_bytes(tiny_hybrid_path.read_bytes())
    found = find_rig(folder=tmp_path)
    assert isinstance(found, Rig) and found.backend == "cuda" and found.overhead_bytes == 3
    assert found.model.name == "4b-shaped.gguf" and found.gauge.name == "mid.gguf"
    config = found.config(Sizes(gpu_layers=2, slots=3, cells=512, quantum=32, kv_type="q8_0"))
    assert (config.slots, config.gpu_layers, config.kv_type, config.device) == (3, 2, "q8_0", driver.cards[0].uuid)
    named = find_rig(model=str(tiny_hybrid_path), folder=tmp_path)
    assert isinstance(named, Rig) and named.model == tiny_hybrid_path


def test_the_card(driver: FakeDriver) -> None:
    seen = driver.cards[0]
    card = NvmlCard(NvmlProbe())
    assert (card.name, card.uuid, card.total_bytes) == (seen.name, seen.uuid, 8 * GIB)
    assert card.free_bytes() == 7 * GIB and card.process_bytes() is None
    assert card.again().free_bytes() == 7 * GIB
    seen.faults["nvmlDeviceGetMemoryInfo_v2"] = pynvml.NVML_ERROR_GPU_IS_LOST
    with pytest.raises(BackendError) as caught:
        card.free_bytes()
    assert caught.value.code == "device_lost"
    card.close()


def test_free_memory_is_waited_for_to_stand_still(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    card = NvmlCard(NvmlProbe())
    values = iter([100 << 20, 200 << 20, 300 << 20, 300 << 20, 300 << 20, 999 << 20])
    monkeypatch.setattr("npc_sdk.bench.gpu.card._SETTLE_STEP_S", 0.001)
    monkeypatch.setattr(card, "free_bytes", lambda: next(values))
    assert settled_bytes(card) == 300 << 20


def test_watching_memory(driver: FakeDriver) -> None:
    with MemoryWatch(NvmlCard(NvmlProbe())) as watch:
        time.sleep(0.1)
        driver.cards[0].free = GIB
        time.sleep(0.1)
    times = [at_s for at_s, _ in watch.samples]
    assert times == sorted(times) and 5 <= len(times) <= 45
    assert watch.samples[0][1] == 7 * GIB and watch.samples[-1][1] == GIB and watch.error is None


def test_watching_a_card_that_is_lost(driver: FakeDriver) -> None:
    with MemoryWatch(NvmlCard(NvmlProbe())) as watch:
        driver.cards[0].faults["nvmlDeviceGetMemoryInfo_v2"] = pynvml.NVML_ERROR_GPU_IS_LOST
        time.sleep(0.1)
    assert watch.error is not None and watch.error.code == "device_lost"


def test_the_page_of_the_drawing_library_is_not_loaded_for_nothing() -> None:
    code = "import sys, npc_sdk.bench.gpu.run; sys.exit('moderngl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_more_cards_than_one(driver: FakeDriver) -> None:
    driver.cards.append(FakeCard(uuid="GPU-2", total=20 * GIB, free=19 * GIB))
    assert NvmlCard(NvmlProbe()).uuid == "GPU-2", "the one with the most room"
