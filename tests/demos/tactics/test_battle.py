from __future__ import annotations

import json

import pytest

from demos.tactics.battle import Course, begin, fight, finish, replayed, report_of
from demos.tactics.players import random_player, scripted_player, utility_player
from demos.tactics.rules import Battle, Event, Move


def test_a_battle_and_its_report() -> None:
    players = {"blue": utility_player(), "red": random_player(4)}
    seen: list[tuple[int, tuple[Event, ...]]] = []
    course = fight(players, seed=4, limit=30, watchers=[lambda battle, events: seen.append((battle.tick, events))])
    report = json.loads(json.dumps(report_of(course, players)))
    assert report["squads"] == {"blue": "utility", "red": "random"}
    assert report["result"]["verdict"] == course.verdict == "blue"
    assert (report["result"]["invalid"], len(report["tick_ms"])) == (0, report["result"]["ticks"])
    assert [tick for tick, _ in seen] == list(range(1, course.battle.tick + 1))
    assert sum(report["result"]["events"].values()) == sum(len(events) for _, events in seen)


def test_the_same_seed_gives_the_same_report() -> None:
    def once() -> dict[str, object]:
        players = {"blue": random_player(1), "red": utility_player()}
        return report_of(fight(players, seed=9, limit=20), players)

    one, other = once(), once()
    assert (one["result"], one["records"]) == (other["result"], other["records"])


@pytest.mark.parametrize("seed", [2, 3])
def test_a_report_can_be_played_again(seed: int) -> None:
    players = {"blue": random_player(1), "red": utility_player()}
    course = fight(players, seed=seed, limit=20)
    again = replayed(json.loads(json.dumps(report_of(course, players))))
    assert again.battle == course.battle
    assert (again.records, again.events, again.verdict) == (course.records, course.events, course.verdict)


def test_tick_by_tick_as_a_frame_loop_does_it() -> None:
    players = {"blue": utility_player(), "red": random_player(4)}
    course = Course(seed=4, limit=5, battle=Battle.new(4))
    while course.verdict is None:
        plans = begin(course, players)
        assert all(plan.is_over for plan in plans.values())
        finish(course, players, plans)
    assert course.battle == fight(players, seed=4, limit=5).battle


def test_a_script() -> None:
    players = {"blue": scripted_player({0: {"guard_4": Move("retreat")}}), "red": scripted_player({})}
    course = fight(players, seed=1, limit=2)
    began = Battle.new(1).unit("guard_4").cell
    assert course.verdict == "draw"
    assert course.records[0].moves["guard_4"] == Move("retreat")
    assert course.battle.unit("guard_4").cell[0] <= began[0]
    assert course.events["refused"] == 0
