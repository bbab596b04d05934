from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.tactics.rules import MAX_HEALTH, Battle, Event, legal_moves, resolve
from demos.tactics.timeline import MARK_MS, Timeline, middle
from demos.tactics.utility import best_move

TICK_MS = 1000.0


def timelines(seed: int, ticks: int) -> list[Timeline]:
    """Return the ticks of a battle of two rule sets."""
    battle, made = Battle.new(seed), []
    for tick in range(ticks):
        moves = {unit.label: best_move(battle, unit, legal_moves(battle, unit)) for unit in battle.living()}
        after, events = resolve(battle, moves)
        made.append(Timeline(battle, after, events, began_ms=tick * TICK_MS, tick_ms=TICK_MS, moves=moves))
        battle = after
    return made


@given(seed=st.integers(0, 500))
def test_a_tick_begins_where_the_one_before_ended(seed: int) -> None:
    for timeline in timelines(seed, 12):
        end_ms = timeline.began_ms + TICK_MS
        for before, after in zip(timeline.before.units, timeline.after.units, strict=True):
            if before.is_alive:
                assert timeline.place(before.label, timeline.began_ms) == middle(before.cell)
                assert timeline.health(before.label, timeline.began_ms - 1) == before.health
            assert timeline.place(after.label, end_ms) == middle(after.cell)
            assert timeline.health(after.label, end_ms) == after.health
        assert timeline.shots(end_ms) == ()


@given(seed=st.integers(0, 200), share=st.floats(0, 1))
def test_nothing_jumps(seed: int, share: float) -> None:
    for timeline in timelines(seed, 8):
        now_ms = timeline.began_ms + share * TICK_MS
        for unit in timeline.after.units:
            x, y = timeline.place(unit.label, now_ms)
            to_x, to_y = timeline.place(unit.label, now_ms + TICK_MS / 60)
            assert abs(x - to_x) < 0.25 and abs(y - to_y) < 0.25
            assert 0 <= timeline.health(unit.label, now_ms) <= MAX_HEALTH
        assert all(0.0 <= shot.progress < 1.0 for shot in timeline.shots(now_ms))
        assert all(0.0 <= mark.age < 1.0 for mark in timeline.marks(now_ms))


def test_a_hit_counts_when_it_arrives() -> None:
    battle = Battle.new(1)
    target = replace(battle.units[5], health=2)
    before = replace(battle, units=(*battle.units[:5], target, *battle.units[6:]))
    after = replace(before, units=(*before.units[:5], replace(target, health=0), *before.units[6:]))
    events = (Event("hit", "guard_1", target.label, 3), Event("miss", "guard_2", target.label),
              Event("fall", target.label))  # fmt: skip
    timeline = Timeline(before, after, events, began_ms=0.0, tick_ms=TICK_MS)
    first, second = timeline.flights
    assert first.from_ms < second.from_ms < first.to_ms
    assert (timeline.health(target.label, first.to_ms - 1), timeline.health(target.label, first.to_ms)) == (2, 0)
    assert timeline.falls == {target.label: first.to_ms}
    (shot, *_) = timeline.shots((first.from_ms + first.to_ms) / 2)
    assert (shot.side, shot.is_hit, shot.progress) == ("blue", True, pytest.approx(0.5))
    assert [mark.text for mark in timeline.marks(second.to_ms)] == ["-3", "down", "miss"]
    assert timeline.marks(second.to_ms + MARK_MS) == ()
    assert timeline.looks_at("guard_1", 0.0) == middle(target.cell)


def test_a_bandage_and_a_still_time() -> None:
    battle = Battle.new(1)
    hurt = replace(battle.units[1], health=5)
    before = replace(battle, units=(battle.units[0], hurt, *battle.units[2:]))
    after = replace(before, units=(before.units[0], replace(hurt, health=8), *before.units[2:]))
    timeline = Timeline(before, after, (Event("heal", "guard_5", hurt.label, 3),), began_ms=0.0, tick_ms=TICK_MS)
    assert (timeline.health(hurt.label, 0.0), timeline.health(hurt.label, TICK_MS)) == (5, 8)
    assert [(mark.text, mark.kind) for mark in timeline.marks(200.0)] == [("+3", "heal")]
    still = Timeline.still(battle, began_ms=0.0, tick_ms=TICK_MS)
    assert still.place("guard_1", 500.0) == middle(battle.units[0].cell) and still.looks_at("guard_1", 0.0) is None
