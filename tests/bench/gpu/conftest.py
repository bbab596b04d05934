"""A machine with a card that is not there: its driver is simulated, its engines run on the CPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "budget"))

from fake_driver import GIB, FakeCard, FakeDriver
from holding_engine import HoldingEngine

from npc_sdk.bench.gpu import card, frames, reserve, reserve_call
from npc_sdk.bench.gpu.card import NvmlCard
from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.engine.thread import ThreadEngine


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> FakeDriver:
    """A driver with one card; the real binding talks to it until the test ends."""
    fake = FakeDriver()
    fake.cards.append(FakeCard(total=8 * GIB, free=7 * GIB))
    fake.install(monkeypatch)
    return fake


@pytest.fixture
def rig(driver: FakeDriver, tiny_hybrid_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """The card, with the tiny model and engines in threads that seem to take memory of it."""
    monkeypatch.setattr(card, "_SETTLE_STEP_S", 0.001)
    monkeypatch.setattr(reserve, "_TALK_S", 0.1)
    monkeypatch.setattr(reserve, "_AFTER_S", 0.1)
    monkeypatch.setattr(reserve_call, "_AFTER_S", 0.1)
    monkeypatch.setattr(frames, "_QUICK_SECONDS", 0.3)
    monkeypatch.setattr(frames, "_QUICK_WARM_S", 0.1)
    monkeypatch.setattr(frames, "_WARM_S", 0.1)
    found = Rig(
        card=NvmlCard(NvmlProbe()),
        model=tiny_hybrid_path,
        gauge=tiny_hybrid_path,
        quick=True,
        remember=lambda *_, **__: None,
        features={"backends": ["CPU", "CUDA"]},
    )
    found.make_engine = lambda config: HoldingEngine(ThreadEngine(config), config, driver.cards[0])
    yield found
    found.card.close()
