"""The engine's figures, on the CPU with the tiny model."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from fake_driver import FakeDriver
from holding_engine import CONTEXT

from npc_sdk.bench.gpu import parking, speed
from npc_sdk.bench.gpu.given import given_back
from npc_sdk.bench.gpu.parking import measure_parking
from npc_sdk.bench.gpu.reserve import changes, measure_reserve
from npc_sdk.bench.gpu.reserve_call import SHARES, measure_reserve_calls
from npc_sdk.bench.gpu.rig import Rig, SkippedError
from npc_sdk.bench.gpu.session import Answer
from npc_sdk.bench.gpu.speed import measure_speed, rate_of
from npc_sdk.models.footprint import Sizes


@pytest.fixture(autouse=True)
def overhead(rig: Rig) -> None:
    rig.overhead_bytes = CONTEXT


def test_speed_by_characters(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "CHARACTERS", (1, 3))
    rows = list(measure_speed(rig))
    assert [row["characters"] for row in rows] == [1, 3]
    assert all(row["spoken_per_s"] > 0 and row["read_per_s_128"] > 0 and row["first_token_ms"] > 0 for row in rows)


def test_a_small_card_holds_fewer_characters(rig: Rig, driver: FakeDriver) -> None:
    sizes = Sizes(gpu_layers=-1, slots=2, cells=2 * 672, quantum=512)
    driver.cards[0].free = rig.planned_bytes(sizes) + (257 << 20)
    assert [row["characters"] for row in measure_speed(rig)] == [1, 2]
    assert rig.notes == ["no more than 2 characters fit the card"]


def test_nothing_fits(rig: Rig, driver: FakeDriver) -> None:
    driver.cards[0].free = 100 << 20
    with pytest.raises(SkippedError) as caught:
        list(measure_speed(rig))
    assert caught.value.code == "too_little_memory"


def test_only_some_layers_fit(rig: Rig, driver: FakeDriver) -> None:
    sizes = Sizes(gpu_layers=4, slots=8, cells=8 * 600, quantum=512)
    driver.cards[0].free = rig.planned_bytes(sizes) + (256 << 20)
    assert rig.fitted(sizes).gpu_layers == 4
    assert rig.notes == ["only 4 of 9 layers fit the card with 8 slots"]


def test_the_rate_counts_only_while_all_speak() -> None:
    one = Answer(times_s=[0.0, 1.0, 2.0, 3.0], counts=[1, 2, 3, 4])
    other = Answer(times_s=[1.0, 2.0], counts=[10, 20])
    assert rate_of([one, other]) == 3 + 20
    assert rate_of([Answer(times_s=[1.0], counts=[1])]) == 0.0


def test_parking(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parking, "TOKENS", (200, 300))
    rows = list(measure_parking(rig))
    assert [(row["tokens"], row["characters"]) for row in rows] == [(n, m) for n in (200, 300) for m in (1, 4, 8)]
    for row in rows:
        assert row["resumed_from"] == ["memory"] and row["parked_bytes"] > 0 and row["park_ms"] > 0
        assert row["read_ms"] > row["resident_ms"]


def test_memory_given_back(rig: Rig, driver: FakeDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    free = driver.cards[0].free
    rig.quick = False
    monkeypatch.setattr("npc_sdk.bench.gpu.reserve.measure_reserve_calls", lambda rig: ())
    rows = {row["change"]: row for row in measure_reserve(rig)}
    assert set(rows) == set(changes(Sizes(gpu_layers=9, slots=8, cells=4096, quantum=512)))
    for row in rows.values():
        assert row["given_bytes"] == pytest.approx(row["planned_bytes"], abs=2)
        assert row["samples"] > 5
    assert rows["suspended"]["planned_bytes"] == rows["the CPU"]["planned_bytes"] > CONTEXT
    assert 0 < rows["suspended"]["first_ms"] <= rows["suspended"]["settled_ms"]
    assert driver.cards[0].free == free


def test_memory_that_a_game_asks_for(rig: Rig, driver: FakeDriver) -> None:
    free = driver.cards[0].free
    rows = list(measure_reserve_calls(rig))
    assert [row["change"].split(", ")[1] for row in rows] == list(SHARES)
    for row in rows:
        assert row["given_bytes"] >= 0.94 * row["planned_bytes"] and 0 < row["first_ms"] <= row["settled_ms"]
        assert row["event_ms"] is not None and row["park_ms"] >= 0
    assert driver.cards[0].free == free


def test_a_card_that_no_plan_fits(rig: Rig, driver: FakeDriver) -> None:
    driver.cards[0].free = 100 << 20
    assert list(measure_reserve_calls(rig)) == [] and "no plan fits" in rig.notes[0]


def test_when_memory_is_back() -> None:
    ticks = count()
    samples = [(next(ticks) / 100, free << 20) for free in [100] * 10 + [900] * 5 + [300] * 5 + [890] * 30]
    found = given_back(samples, 0.05, 100 << 20)
    assert found.n_bytes == 790 << 20 and found.most_bytes == 800 << 20
    assert found.first_ms == pytest.approx(50) and found.settled_ms == pytest.approx(150)
    assert given_back(samples, 0.05, 889 << 20).first_ms is None
    assert given_back([], 0.0, 5).n_bytes == 0
    assert given_back(samples, 0.05, 100 << 20, 850 << 20).settled_ms == pytest.approx(150)
    assert given_back(samples, 0.05, 100 << 20, 895 << 20).first_ms is None, "it was not enough in the end"
    worse = given_back([(1.0, 50 << 20)], 0.0, 100 << 20)
    assert worse.n_bytes == -50 << 20 and worse.settled_ms is None


def test_a_model_file_that_is_none(rig: Rig, tmp_path: Path) -> None:
    rig.model = tmp_path / "none.gguf"
    with pytest.raises(Exception, match="none.gguf"):
        rig.reader()
