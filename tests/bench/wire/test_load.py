from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from npc_sdk.bench.wire.load import Outcome, Shape, growth_of, quantile_ms, rows, run_load
from npc_sdk.bench.wire.load_child import Arrivals
from npc_sdk.bench.wire.stamp import now_us, stamped
from npc_sdk.runtime.cost import Cost
from npc_sdk.runtime.events import Sentence, SpeechDelta, TurnEnd, TurnEvent

END = TurnEnd(
    text="", source="model", why="stop", cost=Cost(total_ms=1.0, deadline_ms=1.0, source="model", why="stop"), calls=0
)


def _turn(numbers: list[int]) -> list[TurnEvent]:
    words = [SpeechDelta(text=stamped(number, now_us()), source="model") for number in numbers]
    return [*words, Sentence(text="", source="model", ends_at=0), END]


@pytest.mark.parametrize(
    ("numbers", "wrong"),
    [([0, 1, 2], {}), ([0, 2], {"lost": 1}), ([0, 1], {"lost": 1}), ([0, 1, 1, 2], {"doubled": 1})],
)
def test_what_is_lost_or_doubled_is_counted(numbers: list[int], wrong: dict[str, int]) -> None:
    arrivals = Arrivals(3)
    watched = arrivals.begun()
    for event in _turn(numbers):
        watched(event)
    found = {name: count for name, count in arrivals.counts.items() if name in ("lost", "doubled") and count}
    assert found == wrong
    assert arrivals.counts["ended"] == 1


def test_nothing_may_follow_the_end() -> None:
    arrivals = Arrivals(1)
    watched = arrivals.begun()
    for event in [*_turn([0]), END]:
        watched(event)
    assert arrivals.counts["after the end"] == 1


def test_quantiles_and_growth() -> None:
    assert quantile_ms(Counter({1: 98, 500: 2}), 0.5) == 0.02
    assert quantile_ms(Counter({1: 98, 500: 2}), 0.99) == 5.01
    assert quantile_ms(Counter(), 0.99) == 0.0
    growth, first, last = growth_of([(0.0, 100), (5.0, 105), (10.0, 110)], 10.0)
    assert (round(growth, 3), first, last) == (0.1, 100, 110)


def test_turns_that_never_end_are_counted() -> None:
    outcome = Outcome(Counter(turns=3, ended=2), Counter({1: 4}), Counter(), [(0.0, 1)], 0.1)
    lost = next(row for row in rows(Shape(), outcome) if "lost" in row.name)
    assert lost.value == 1 and lost.is_met is False


def test_a_small_load_loses_nothing(tmp_path: Path) -> None:
    shape = Shape(clients=2, characters=4, words=8, turn_s=0.2, events_per_s=100.0, warm_s=0.5, seconds=1.0)
    outcome = run_load(shape, tmp_path)
    assert outcome.counts["turns"] == outcome.counts["ended"] > 5
    assert outcome.counts["lost"] == outcome.counts["doubled"] == 0
    assert outcome.resident_bytes
