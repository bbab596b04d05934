from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.budget.probe import Device, MemoryReading, NoReading
from npc_sdk.cli.plan import Budget, _seen
from npc_sdk.errors import CapacityError

GIB = 1 << 30


class OneReading:
    """A probe that always sees the same."""

    name = "nvml"

    def __init__(self, reading: MemoryReading | NoReading, kind: str = "card") -> None:
        self.device = Device(name="A card", kind=kind, uuid="GPU-1")  # type: ignore[arg-type]
        self._reading = reading

    def read(self) -> MemoryReading | NoReading:
        return self._reading

    def close(self) -> None:
        pass


def _reading(free_bytes: int) -> MemoryReading:
    return MemoryReading(total_bytes=8 * GIB, free_bytes=free_bytes, at_ms=0.0, source="nvml")


def test_a_plan_within_a_given_budget(npc: Any, tiny_hybrid_path: Path) -> None:
    result = npc("plan", tiny_hybrid_path, "--vram", "1GiB", "--reserve", "100MiB", "--npcs", 3)
    assert result.exit_code == 0, result.output
    assert "9 of 9 layers on the GPU, 3 slots, 12,288 cells (f16), quantum 128, 1 thread" in result.stdout
    assert "reserve 100 MiB" in result.stdout and "overhead" in result.stdout and "of 1.00 GiB" in result.stdout


def test_plain_data(npc: Any) -> None:
    result = npc("plan", "nemotron-3-nano-4b", "--vram", "4096MiB", "--reserve", "1GB", "--json")
    data = json.loads(result.stdout)
    assert data["budget"]["limit_bytes"] == 4 * GIB - 10**9 and data["budget"]["device"] == "gpu"
    assert data["plan"]["footprint"]["total_bytes"] <= data["budget"]["limit_bytes"]
    assert data["plan"]["gpu_layers"] == 43 and data["ladder"][0] == data["plan"]
    assert data["ladder"][-1] == {"device": "off"}


def test_nothing_fits(npc: Any) -> None:
    result = npc("plan", "nemotron-3-nano-4b", "--vram", "1GiB")
    assert result.exit_code == 1
    assert "480 MiB short" in result.stdout and "nearest on the CPU" in result.stdout
    data = json.loads(npc("plan", "nemotron-3-nano-4b", "--vram", "1GiB", "--json").stdout)
    assert data["plan"] is None and data["problem"]["code"] == "no_plan_fits"


def test_all_models(npc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_MODELS_DIR", str(tmp_path))
    result = npc("plan", "--all", "--vram", "4GiB")
    assert result.exit_code == 0 and "not fetched" in result.stdout and "starter" in result.stdout
    data = json.loads(npc("plan", "--all", "--vram", "4GiB", "--json").stdout)
    assert len(data["models"]) == 6 and all(model["plan"] for model in data["models"])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("starter", "--all"), 2),
        (("starter", "--vram", "much"), 3),
        (("starter", "--vram", "4GiB", "--kv", "q3"), 3),
        (("starter", "--vram", "4GiB", "--npcs", "0"), 2),
        (("nothing-of-the-kind", "--vram", "4GiB"), 3),
    ],
)
def test_bad_input(npc: Any, arguments: tuple[str, ...], code: int) -> None:
    assert npc("plan", *arguments).exit_code == code


def test_the_cpu(npc: Any) -> None:
    result = npc("plan", "starter", "--cpu", "--vram", "1GiB", "--reserve", "0", "--npcs", "1")
    assert result.exit_code == 0 and "on the CPU, 1 slot, 2,048 cells" in result.stdout
    assert npc("plan", "starter", "--cpu").exit_code == 0


def test_without_a_size_the_probe_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = OneReading(_reading(5 * GIB))
    monkeypatch.setattr("npc_sdk.budget.choose.choose_probe", lambda selector: probe)
    seen: Budget = _seen("auto")
    assert seen.budget_bytes == 5 * GIB and seen.is_gpu and not seen.is_unified
    assert seen.source == "free now on A card" and seen.host_bytes
    monkeypatch.setattr("npc_sdk.budget.choose.choose_probe", lambda selector: OneReading(_reading(GIB), "unified"))
    assert _seen("auto").is_unified
    monkeypatch.setattr("npc_sdk.budget.choose.choose_probe", lambda selector: OneReading(_reading(GIB), "host"))
    assert not _seen("auto").is_gpu


def test_a_probe_that_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = OneReading(NoReading(code="driver_missing", reason="There is no driver."))
    monkeypatch.setattr("npc_sdk.budget.choose.choose_probe", lambda selector: blind)
    with pytest.raises(CapacityError, match="There is no driver") as caught:
        _seen("auto")
    assert caught.value.code == "no_reading"
