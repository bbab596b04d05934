from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.budget.governor import Governor, Pressure
from npc_sdk.budget.plan import Off, Plan
from npc_sdk.budget.probe import Device, MemoryReading, NoReading
from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.runtime import planning
from npc_sdk.runtime.planning import MIB, Wanted, config_of, make_budget, shown_device
from npc_sdk.runtime.settings import RuntimeSettings

GIB = 1 << 30


class Seen:
    """A probe that always sees the same."""

    def __init__(self, free: int | None, kind: Any = "card", uuid: str = "GPU-1", own: int | None = 0) -> None:
        self._free, self._own = free, own
        self.device: Device | None = Device(name="card", kind=kind, uuid=uuid)
        self.name = "seen"
        self.is_closed = False

    def read(self) -> MemoryReading | NoReading:
        if self._free is None:
            return NoReading(code="silent", reason="Nothing is seen.")
        return MemoryReading(total_bytes=8 * GIB, free_bytes=self._free, own_bytes=self._own, at_ms=0.0, source="seen")

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """A model of some megabytes."""
    from npc_sdk.models import build

    return str(build(tmp_path / "tiny.gguf", "tiny"))


@pytest.fixture
def gpu_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the installed llama.cpp look as if it was built for CUDA."""
    monkeypatch.setattr(planning, "gpu_backends", lambda: frozenset({"cuda"}))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Seen], None]:
    """Sets the probe that is chosen when a game brings none."""

    def set_probe(probe: Seen) -> None:
        monkeypatch.setattr(planning, "choose_probe", lambda selector, *, now_ms: probe)

    return set_probe


def made(tiny: str, wanted: Wanted | None = None, **settings: Any) -> planning.Budget | None:
    chosen = RuntimeSettings(**{"slots": 4, "cells": 4096, **settings})
    return make_budget(tiny, chosen, wanted or Wanted(), now_ms=lambda: 0.0)


def test_on_a_cpu_build_nothing_is_planned_unless_somebody_asks(tiny: str, found: Callable[[Seen], None]) -> None:
    probe = Seen(4 * GIB, "host")
    found(probe)
    assert made(tiny) is None
    assert probe.is_closed
    for asked in ({"vram": "2GiB"}, {"reserve_mib": 512}):
        budget = made(tiny, **asked)
        assert budget is not None and budget.device == "cpu"
        first = budget.ladder[0]
        assert isinstance(first, Plan) and (first.gpu_layers, first.slots, first.cells) == (0, 4, 4096)
        assert budget.cap_bytes == (2 * GIB if "vram" in asked else None)


def test_a_size_that_game_and_model_share(tiny: str) -> None:
    budget = made(tiny, device="64MiB")
    assert budget is not None and budget.device == "cpu" and budget.cap_bytes is None
    first, second = budget.ladder[:2]
    assert isinstance(first, Plan) and isinstance(second, Plan) and first.slots == 4 > second.slots
    governor = Governor(budget.ladder, device=budget.device)
    reading = budget.probe.read()
    assert isinstance(reading, MemoryReading) and reading.total_bytes == 64 * MIB
    assert governor.tick(Pressure(now_ms=0.0, reading=reading)) is None
    step = governor.tick(Pressure(now_ms=1.0, reading=reading, reserve_bytes=64 * MIB - second.host_bytes))
    assert step is not None and (step.to_index, step.cause) == (1, "reserve")
    budget.probe.close()
    with pytest.raises(CapacityError) as raised:
        made(tiny, device="1MiB")
    assert raised.value.code == "no_plan_fits"
    with pytest.raises(RequestError) as refused:
        made(tiny, device="the big one")
    assert refused.value.code == "bad_device"


def test_a_card_and_a_build_for_it_are_planned_by_default(
    tiny: str, found: Callable[[Seen], None], gpu_build: None
) -> None:
    found(Seen(4 * GIB))
    budget = made(tiny)
    assert budget is not None and budget.device == "gpu"
    first = budget.ladder[0]
    assert isinstance(first, Plan) and first.gpu_layers == first.layers
    assert first.footprint.overhead_bytes > 100 * 10**6
    assert isinstance(budget.ladder[-1], Off)
    assert shown_device(budget) == "GPU-1"


def test_on_memory_that_both_share_both_sides_count(tiny: str, found: Callable[[Seen], None], gpu_build: None) -> None:
    found(Seen(4 * GIB, "unified"))
    budget = made(tiny)
    assert budget is not None and budget.device == "gpu" and budget.is_unified
    best = budget.ladder[0]
    both = best.device_bytes + best.host_bytes
    found(Seen(both, "unified"))
    fitting = made(tiny)
    assert fitting is not None and fitting.ladder[0] == best
    found(Seen(both - 1, "unified"))
    tight = made(tiny)
    assert tight is not None and tight.ladder[0].device_bytes + tight.ladder[0].host_bytes < both


def test_off_plans_nothing(tiny: str, found: Callable[[Seen], None], gpu_build: None) -> None:
    found(Seen(4 * GIB))
    assert made(tiny, vram="off") is None
    assert made(tiny, Wanted(probe=Seen(GIB)), vram="off") is None


def test_no_layers_means_the_cpu(tiny: str, found: Callable[[Seen], None], gpu_build: None) -> None:
    found(Seen(4 * GIB))
    assert made(tiny, gpu_layers=0) is None
    budget = made(tiny, Wanted(probe=Seen(GIB, "simulated")), gpu_layers=0)
    assert budget is not None and budget.device == "cpu"
    assert shown_device(budget) is None


def test_a_machine_without_a_card_takes_a_limit_for_one(
    tiny: str, found: Callable[[Seen], None], gpu_build: None
) -> None:
    found(Seen(16 * GIB, "host", uuid=""))
    assert made(tiny) is None
    budget = made(tiny, vram="2GiB")
    assert budget is not None and budget.device == "gpu"
    assert shown_device(budget) is None


def test_the_reserve_is_left_free_from_the_beginning(tiny: str, gpu_build: None) -> None:
    whole = made(tiny, Wanted(probe=Seen(GIB)))
    assert whole is not None
    best = whole.ladder[0]
    tight = made(tiny, Wanted(probe=Seen(GIB)), reserve_mib=(GIB - best.device_bytes) // (1 << 20) + 1)
    assert tight is not None
    assert tight.ladder[0].device_bytes < best.device_bytes


def test_a_limit_under_what_is_free_holds(tiny: str, gpu_build: None) -> None:
    budget = made(tiny, Wanted(probe=Seen(8 * GIB)), vram=700 * 10**6)
    assert budget is not None
    assert 0 < budget.ladder[0].device_bytes <= 700 * 10**6


def test_nothing_fits(tiny: str) -> None:
    probe = Seen(1000, "simulated")
    with pytest.raises(CapacityError) as caught:
        made(tiny, Wanted(probe=probe))
    assert probe.is_closed
    assert caught.value.code == "no_plan_fits"
    assert caught.value.details["shortfall_bytes"] > 0


def test_a_budget_that_nobody_knows_needs_a_limit(tiny: str) -> None:
    with pytest.raises(RequestError) as caught:
        made(tiny, Wanted(probe=Seen(None, "simulated")))
    assert caught.value.code == "unknown_budget"
    budget = made(tiny, Wanted(probe=Seen(None, "simulated")), vram="1GiB")
    assert budget is not None and budget.cap_bytes == GIB


def test_a_smaller_model_is_part_of_the_ladder(tiny: str, tmp_path: Path) -> None:
    from npc_sdk.models import build

    other = str(build(tmp_path / "other.gguf", "tiny"))
    budget = made(tiny, Wanted(probe=Seen(GIB, "simulated")), smaller_model=other)
    assert budget is not None
    paths = {rung.model_path for rung in budget.ladder if isinstance(rung, Plan)}
    assert paths <= {tiny, other} and tiny in paths


def test_a_plan_becomes_a_configuration(tiny: str) -> None:
    budget = made(tiny, Wanted(probe=Seen(GIB, "simulated")))
    assert budget is not None
    first = budget.ladder[0]
    assert isinstance(first, Plan)
    settings = RuntimeSettings(parked_bytes=5)
    config = config_of(first, settings.engine_config("other", parked_folder="here"), settings)
    assert (config.model_path, config.slots, config.cells) == (os.path.realpath(tiny), 4, 4096)
    assert (config.parked_bytes, config.parked_folder, config.threads) == (5, "here", first.threads)
    assert config_of(first, config, RuntimeSettings(threads=3)).threads == 3


def test_a_configuration_names_the_file_as_the_engine_will(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = made(tiny, Wanted(probe=Seen(GIB, "simulated")))
    assert budget is not None and isinstance(budget.ladder[0], Plan)
    (tmp_path / "link.gguf").symlink_to(tiny)
    monkeypatch.chdir(tmp_path)
    settings = RuntimeSettings()
    base = settings.engine_config("other")
    for name, path in (("link.gguf", os.path.realpath(tiny)), ("no file at all", "no file at all")):
        assert config_of(replace(budget.ladder[0], model_path=name), base, settings).model_path == path
