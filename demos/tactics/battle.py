"""A battle without a window: any two players, any number of ticks, and a report that can be played again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from .players import Plan, Player, scripted_player
from .rules import SIDES, Battle, Event, Move, Side, Verb, Verdict, resolve, verdict

MOST_TICKS = 60
# Of a report; another one cannot be shown.
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was decided in a tick."""

    tick: int
    moves: Mapping[str, Move]
    orders: Mapping[Side, Move]


@dataclass(slots=True, kw_only=True)
class Course:
    """How a battle went.

    Args:
        seed: Its number.
        limit: Ticks after which the side with more health wins.
        battle: The moment that it has come to.
        records: What was decided, tick by tick.
        events: How often what happened.
        walls_ms: How long each tick took.
    """

    seed: int
    limit: int
    battle: Battle
    records: list[Record] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    walls_ms: list[float] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict | None:
        """Who has won, or None while it goes on."""
        return verdict(self.battle, self.limit)


Watcher = Callable[[Battle, tuple[Event, ...]], None]


def fight(
    players: Mapping[Side, Player], *, seed: int, limit: int = MOST_TICKS, watchers: Iterable[Watcher] = ()
) -> Course:
    """Let a battle run to its end.

    Args:
        players: Who plays each side; both choose at the same time.
        seed: Number of the battle.
        limit: Most ticks.
        watchers: Get each moment and what has led to it.
    """
    course = Course(seed=seed, limit=limit, battle=Battle.new(seed))
    listed = tuple(watchers)
    for side in SIDES:
        players[side].prepare(course.battle, side)
    while course.verdict is None:
        began_s = time.perf_counter()
        events = step(course, players)
        course.walls_ms.append((time.perf_counter() - began_s) * 1000.0)
        for watch in listed:
            watch(course.battle, events)
    return course


def step(course: Course, players: Mapping[Side, Player]) -> tuple[Event, ...]:
    """Let one tick pass, waiting for both players; returns what happened."""
    return finish(course, players, begin(course, players))


def begin(course: Course, players: Mapping[Side, Player]) -> Mapping[Side, Plan]:
    """Have both sides begin to choose; a frame loop goes on to :func:`finish` once every plan ``is_over``."""
    return {side: players[side].begin(course.battle, side) for side in SIDES}


def finish(course: Course, players: Mapping[Side, Player], plans: Mapping[Side, Plan]) -> tuple[Event, ...]:
    """Do what was chosen, waiting for it if need be; returns what happened."""
    moves: dict[str, Move] = {}
    orders: dict[Side, Move] = {}
    for side, plan in plans.items():
        moves.update(plan.moves())
        orders.update({who: move for who, move in plan.orders().items() if who == side})
    course.records.append(Record(tick=course.battle.tick, moves=moves, orders=orders))
    course.battle, events = resolve(course.battle, moves, orders)
    course.events.update(event.kind for event in events)
    for player in players.values():
        player.notice(course.battle, events)
    return events


def report_of(course: Course, players: Mapping[Side, Player]) -> dict[str, Any]:
    """Return how a battle went, as plain data; ``result`` and ``records`` depend on the decisions alone."""
    battle = course.battle
    return {
        "format": FORMAT,
        "seed": course.seed,
        "limit": course.limit,
        "squads": {side: players[side].name for side in SIDES},
        "result": {
            "verdict": course.verdict,
            "ticks": battle.tick,
            "health": {side: sum(unit.health for unit in battle.living(side)) for side in SIDES},
            "living": {side: [unit.label for unit in battle.living(side)] for side in SIDES},
            "events": dict(sorted(course.events.items())),
            "invalid": course.events["refused"],
        },
        "players": {side: dict(players[side].report()) for side in SIDES},
        "tick_ms": [round(wall_ms, 3) for wall_ms in course.walls_ms],
        "records": [_plain(record) for record in course.records],
    }


def replayed(report: Mapping[str, Any]) -> Course:
    """Return the battle of a report, played again from its records.

    Args:
        report: What :func:`report_of` returned.
    """
    rows = {row["tick"]: row for row in report["records"]}
    script = {tick: {label: _move(*words) for label, words in row["moves"].items()} for tick, row in rows.items()}
    player = scripted_player(script)
    course = Course(seed=report["seed"], limit=report["limit"], battle=Battle.new(report["seed"]))
    while course.verdict is None and course.battle.tick in rows:
        moves = {**player.begin(course.battle, "blue").moves(), **player.begin(course.battle, "red").moves()}
        orders = {cast(Side, side): _move(*words) for side, words in rows[course.battle.tick]["orders"].items()}
        course.records.append(Record(tick=course.battle.tick, moves=moves, orders=orders))
        course.battle, events = resolve(course.battle, moves, orders)
        course.events.update(event.kind for event in events)
    return course


def _plain(record: Record) -> dict[str, Any]:
    return {
        "tick": record.tick,
        "moves": {label: [move.verb, move.target] for label, move in record.moves.items()},
        "orders": {side: [move.verb, move.target] for side, move in record.orders.items()},
    }


def _move(verb: str, target: str) -> Move:
    return Move(cast(Verb, verb), target)
