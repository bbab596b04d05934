from __future__ import annotations

from pathlib import Path

import pytest
from fake_driver import FakeDriver
from holding_engine import CONTEXT, HoldingEngine

from npc_sdk.bench.gpu.plans import PlanRow, Taken, cases, measure_overhead, measure_plans
from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.models.footprint import Sizes

SIZES = Sizes(gpu_layers=3, slots=1, cells=256, quantum=16)


def test_there_are_enough_plans() -> None:
    every = cases(False, 43)
    assert len(every) >= 12 and len(set(every)) == len(every)
    assert {0, 43} <= {sizes.gpu_layers for sizes in every} and max(sizes.slots for sizes in every) == 8
    assert {sizes.kv_type for sizes in every} == {"f32", "f16", "q8_0", "q4_0"}
    assert len(cases(True, 43)) < len(every)
    assert {sizes.gpu_layers for sizes in cases(False, 9)} <= set(range(10)), "layers of the 4B are scaled"


def test_the_overhead_is_measured_and_kept(rig: Rig) -> None:
    kept: list[tuple[str, int, str]] = []
    rig.remember = lambda uuid, n_bytes, *, backend: kept.append((uuid, n_bytes, backend))
    (row,) = measure_overhead(rig)
    assert row["overhead_bytes"] == rig.overhead_bytes == CONTEXT and row["is_measured"]
    assert kept == [(rig.card.uuid, CONTEXT, "cuda")]


def test_an_overhead_that_cannot_be_is_not_kept(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.overhead_bytes = 77
    rig.remember = lambda *_, **__: pytest.fail("it must not be kept")
    monkeypatch.setattr(HoldingEngine, "error", 0.0)
    (row,) = measure_overhead(rig)
    assert not row["is_measured"] and rig.overhead_bytes == 77 and "not plausible" in rig.notes[0]


def test_what_cannot_be_kept_is_said(rig: Rig) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("read-only")

    rig.remember = refuse
    (row,) = measure_overhead(rig)
    assert row["is_measured"] and "read-only" in rig.notes[0]


@pytest.mark.parametrize(("error", "is_met"), [(1.0, True), (1.04, True), (1.2, False), (0.8, False)])
def test_plans_are_held_against_the_driver(
    error: float, is_met: bool, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.overhead_bytes = CONTEXT
    monkeypatch.setattr(HoldingEngine, "error", error)
    rows = list(measure_plans(rig))
    assert len(rows) == len(cases(True, rig.reader().layers))
    for row in rows:
        assert row["is_met"] is (is_met or row["gpu_layers"] == 0) and not row["is_disturbed"]
        assert row["gpu_layers"] == 0 or row["over_percent"] == pytest.approx((1 / error - 1) * 100, abs=0.1)


def test_a_card_that_has_no_room_for_all(rig: Rig, driver: FakeDriver) -> None:
    rig.overhead_bytes = CONTEXT
    driver.cards[0].free = 570 << 20
    rows = list(measure_plans(rig))
    assert 0 < len(rows) < len(cases(True, rig.reader().layers))
    assert "do not fit" in rig.notes[0]


def test_time_that_runs_out(rig: Rig) -> None:
    rig.ends_s = 0.0
    assert list(measure_plans(rig)) == [] and "lack of time" in rig.notes[0]


def test_what_counts_as_met(tmp_path: Path) -> None:
    def row(planned: int, worked: int, layers: int = 3, drift: int = 0) -> PlanRow:
        taken = Taken(loaded_bytes=worked, worked_bytes=worked, process_bytes=None, drift_bytes=drift)
        sizes = Sizes(gpu_layers=layers, slots=1, cells=256, quantum=16)
        return PlanRow(sizes=sizes, parts={}, planned_bytes=planned, taken=taken)

    assert row(1049, 1000).is_met and row(951, 1000).is_met
    assert not row(1051, 1000).is_met and not row(949, 1000).is_met and not row(1000, 0).is_met
    assert row(0, 1 << 20, layers=0).is_met and not row(0, 1 << 24, layers=0).is_met
    assert row(1, 1, drift=-(1 << 25)).is_disturbed and not row(1, 1, drift=1 << 20).is_disturbed
