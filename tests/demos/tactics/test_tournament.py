from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from demos.tactics.standings import standing, standings, wilson
from demos.tactics.tournament import Match, Outcome, Settings, matches, play
from npc_sdk import Runtime
from npc_sdk.errors import RequestError
from npc_sdk.testing import FakeEngine


def outcome(result: Any = "won", **changes: Any) -> Outcome:
    told: dict[str, Any] = {
        "match": Match(pairing="model:random", seed=1, is_swapped=False),
        "result": result,
        "ticks": 10,
        "lead": 5,
        "invalid": 0,
        "stale": 0,
        "sources": {"model": 3, "fallback": 1, "game": 2},
        "latencies_ms": (1.0, 2.0, 3.0),
        "late_ticks": 0,
        "read_tokens": 100,
        "cached_tokens": 300,
    }
    return Outcome(**{**told, **changes})


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that always takes the first option."""
    return FakeEngine(slots=10)


@pytest.fixture
def runtime(engine: FakeEngine) -> Iterator[Runtime]:
    """A runtime in this process."""
    with Runtime(engine=engine) as made:
        yield made


def test_each_seed_is_fought_twice_with_the_sides_changed() -> None:
    listed = matches(Settings(pairings=("model:random", "model:utility"), battles=4, seed=7))
    assert len(listed) == len(set(listed)) == 8
    assert [match.seed for match in listed] == [7] * 4 + [8] * 4
    assert [match.squads for match in listed[:2]] == ["model:random", "random:model"]
    assert [match.side for match in listed[:2]] == ["blue", "red"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"battles": 3}, "bad_battles"),
        ({"battles": 0}, "bad_battles"),
        ({"pairings": ("model",)}, "bad_pairing"),
        ({"pairings": ("model:nobody",)}, "bad_pairing"),
        ({"pairings": ()}, "bad_pairing"),
        ({"pairings": ("utility:random", "utility:random")}, "bad_pairing"),
    ],
)
def test_settings_that_cannot_be_fought(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(RequestError) as caught:
        Settings(**changes)
    assert caught.value.code == code


def test_both_colours_are_seen_from_the_first_of_the_pairing() -> None:
    for is_swapped in (False, True):
        came = play(Match(pairing="utility:still", seed=3, is_swapped=is_swapped), Settings(), None)
        assert (came.result, came.invalid) == ("won", 0)
        assert came.lead > 0
        lost = play(Match(pairing="still:utility", seed=3, is_swapped=not is_swapped), Settings(), None)
        assert (lost.result, lost.lead) == ("lost", -came.lead)


def test_a_battle_with_a_model_tells_what_it_took(runtime: Runtime, engine: FakeEngine) -> None:
    match = Match(pairing="model:random", seed=2, is_swapped=True)
    came = play(match, Settings(ticks=6), runtime, engine.clock)
    assert came.match == match
    assert set(came.sources) <= {"model", "game"}
    assert len(came.latencies_ms) == came.sources["model"] > 0
    assert (came.invalid, came.late_ticks, came.ticks) == (0, 0, 6)
    assert came.read_tokens > 0


def test_a_battle_is_the_same_when_it_is_fought_again(runtime: Runtime, engine: FakeEngine) -> None:
    match = Match(pairing="model:utility", seed=2, is_swapped=False)
    first, second = (play(match, Settings(ticks=12), runtime, engine.clock) for _ in range(2))
    assert (first.result, first.ticks, first.lead) == (second.result, second.ticks, second.lead)


def test_decisions_that_are_late_are_counted() -> None:
    slow = FakeEngine(slots=10, read_tokens_per_ms=1.0)
    with Runtime(engine=slow, warm=False) as runtime:
        match = Match(pairing="model:still", seed=2, is_swapped=False)
        came = play(match, Settings(ticks=2, budget_ms=10.0), runtime, slow.clock)
    told = standing("model:still", [came])
    assert (told.by_deadline, told.asked) == (0.0, came.sources["fallback"])
    assert [row.name for row in told.rows if row.is_met is False] == ["decisions in time"]


@pytest.mark.parametrize(
    ("won", "battles", "low", "high"),
    [(0, 20, 0.0, 0.161), (20, 20, 0.839, 1.0), (90, 200, 0.383, 0.519), (1, 1, 0.207, 1.0)],
)
def test_the_interval_of_a_share(won: int, battles: int, low: float, high: float) -> None:
    assert wilson(won, battles) == pytest.approx((low, high), abs=0.0006)


def test_a_draw_is_not_won() -> None:
    told = standing("model:random", [outcome("won"), outcome("drawn"), outcome("lost"), outcome("won")])
    assert (told.won, told.drawn, told.lost, told.battles, told.rate) == (2, 1, 1, 4, 0.5)
    assert (told.asked, told.by_deadline) == (16, 0.75)
    assert (told.latency_p50_ms, told.latency_p99_ms) == (2.0, 3.0)
    assert (told.ticks, told.read_tokens, told.cached_tokens) == (40, 400, 1200)


def test_limits() -> None:
    won, lost = outcome(sources={"model": 3}), outcome("lost", sources={"model": 3})
    assert [row.is_met for row in standing("model:random", [won] * 4 + [lost]).rows] == [True, True, True]
    assert [row.is_met for row in standing("model:random", [won] * 3 + [lost]).rows] == [False, True, True]
    assert [row.is_met for row in standing("model:utility", [won] * 3 + [lost] * 4).rows] == [False, True, True]
    assert [row.is_met for row in standing("model:mixed", [lost]).rows] == [None, True, True]
    refused = outcome(sources={"model": 3}, invalid=1)
    assert [row.is_met for row in standing("model:random", [refused]).rows] == [True, False, True]
    assert len(standing("utility:random", [outcome(sources={})]).rows) == 2


def test_pairings_that_were_not_fought_yet_have_no_standing() -> None:
    told = standings([outcome()], ("model:utility", "model:random"))
    assert [each.pairing for each in told] == ["model:random"]
