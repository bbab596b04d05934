from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demos.tactics.field import Cell, Field
from demos.tactics.players import random_player, utility_player
from demos.tactics.rules import (
    HOLD,
    MAX_HEALTH,
    MAX_MORALE,
    ORDER_TICKS,
    ROLES,
    SIDES,
    Battle,
    Move,
    Order,
    RoleName,
    Side,
    Unit,
    legal_moves,
    other_side,
    resolve,
    verdict,
)

SEEDS = st.integers(0, 10_000)


def soldier(side: Side, number: int, cell: Cell, role: RoleName = "soldier", **changes: int) -> Unit:
    skill = ROLES[role]
    made = Unit(
        label=f"{'guard' if side == 'blue' else 'raider'}_{number}",
        side=side,
        number=number,
        role=role,
        cell=cell,
        shots=skill.shots,
        kits=skill.kits,
        morale=skill.morale,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def battle(*units: Unit, walls: tuple[Cell, ...] = (), cover: tuple[Cell, ...] = (), luck: int = 1) -> Battle:
    ground = Field(walls=frozenset(walls), cover=frozenset(cover))
    return Battle(ground=ground, units=units, luck={"blue": luck, "red": luck})


def any_moves(moment: Battle, rng: random.Random) -> dict[str, Move]:
    return {unit.label: rng.choice(legal_moves(moment, unit)) for unit in moment.living()}


def played(seed: int, ticks: int) -> Battle:
    moment, rng = Battle.new(seed), random.Random(seed)
    for _ in range(ticks):
        moment, _ = resolve(moment, any_moves(moment, rng))
    return moment


def swapped_label(label: str) -> str:
    breed, _, number = label.partition("_")
    return f"{'raider' if breed == 'guard' else 'guard'}_{number}"


def swapped(move: Move) -> Move:
    return Move(move.verb, swapped_label(move.target)) if move.target else move


def mirrored(moment: Battle) -> Battle:
    """Return the same moment in a mirror, with the colours exchanged."""
    units = [
        replace(
            unit,
            label=swapped_label(unit.label),
            side=other_side(unit.side),
            cell=moment.ground.mirrored(unit.cell),
        )
        for unit in moment.units
    ]
    return replace(
        moment,
        units=tuple(sorted(units, key=lambda unit: (unit.side, unit.number))),
        luck={side: moment.luck[other_side(side)] for side in SIDES},
        orders={other_side(side): Order(swapped(order.move), order.until) for side, order in moment.orders.items()},
    )


@given(SEEDS, st.integers(1, 25))
@settings(max_examples=40, deadline=None)
def test_what_always_holds(seed: int, ticks: int) -> None:
    moment, rng = Battle.new(seed), random.Random(seed)
    for _ in range(ticks):
        before = moment
        moves = any_moves(moment, rng)
        moment, events = resolve(moment, moves)
        cells = [unit.cell for unit in moment.living()]
        assert len(set(cells)) == len(cells)
        assert all(moment.ground.is_open(cell) for cell in cells)
        assert not [event for event in events if event.kind == "refused"]
        for unit, was in zip(moment.units, before.units, strict=True):
            assert 0 <= unit.health <= MAX_HEALTH and 0 <= unit.morale <= MAX_MORALE
            assert 0 <= unit.shots <= unit.skill.shots and 0 <= unit.kits <= was.kits
            assert was.is_alive or not unit.is_alive
            assert max(abs(unit.cell[0] - was.cell[0]), abs(unit.cell[1] - was.cell[1])) <= unit.skill.speed
        assert moment.tick == before.tick + 1


@given(SEEDS, st.integers(0, 20))
@settings(max_examples=40, deadline=None)
def test_the_mirror_changes_nothing(seed: int, ticks: int) -> None:
    moment = played(seed, ticks)
    moves = any_moves(moment, random.Random(seed + 1))
    orders: Mapping[Side, Move] = {"blue": Move("retreat")}
    ahead, _ = resolve(moment, moves, orders)
    other, _ = resolve(
        mirrored(moment),
        {swapped_label(label): swapped(move) for label, move in moves.items()},
        {"red": Move("retreat")},
    )
    assert other == mirrored(ahead)
    result = verdict(ahead, 1)
    swap = {"blue": "red", "red": "blue", "draw": "draw", None: None}
    assert verdict(other, 1) == swap[result]


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_same_decisions_give_the_same_battle(seed: int) -> None:
    assert played(seed, 12) == played(seed, 12)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_the_order_in_which_moves_are_told_does_not_matter(seed: int) -> None:
    moment = played(seed, 5)
    moves = any_moves(moment, random.Random(seed))
    assert resolve(moment, moves) == resolve(moment, dict(reversed(moves.items())))


def test_both_sides_begin_alike() -> None:
    moment = Battle.new(3)
    assert replace(mirrored(moment), luck=moment.luck) == moment
    assert [unit.role for unit in moment.living("blue")] == list(ROLES)


def test_reach_sight_and_shots() -> None:
    wall = battle(soldier("blue", 1, (2, 2)), soldier("red", 1, (5, 2)), walls=((3, 2),))
    clear = replace(wall, ground=Field())
    attack, approach = Move("attack", "raider_1"), Move("approach", "raider_1")
    assert attack in legal_moves(clear, clear.units[0]) and approach not in legal_moves(clear, clear.units[0])
    assert attack not in legal_moves(wall, wall.units[0]) and approach in legal_moves(wall, wall.units[0])
    far = replace(clear, units=(soldier("blue", 1, (0, 2)), clear.units[1]))
    assert attack not in legal_moves(far, far.units[0])
    empty = replace(clear, units=(soldier("blue", 1, (2, 2), shots=0), clear.units[1]))
    assert attack not in legal_moves(empty, empty.units[0]) and Move("reload") in legal_moves(empty, empty.units[0])
    loaded, _ = resolve(empty, {"guard_1": Move("reload")})
    assert loaded.units[0].shots == ROLES["soldier"].shots


def test_cover_saves_more_often_than_the_open() -> None:
    def hits(cover: tuple[Cell, ...]) -> int:
        shots = [
            resolve(
                battle(soldier("blue", 1, (2, 2)), soldier("red", 1, (4, 2)), cover=cover, luck=luck),
                {"guard_1": Move("attack", "raider_1")},
            )
            for luck in range(200)
        ]
        return sum(moment.units[1].health < MAX_HEALTH for moment, _ in shots)

    assert 140 < hits(()) < 180
    assert 65 < hits(((4, 2),)) < 115


def test_the_fallen_still_shoot_in_their_last_tick() -> None:
    duel = battle(soldier("blue", 1, (2, 2), health=1), soldier("red", 1, (4, 2), health=1), luck=2)
    moves = {"guard_1": Move("attack", "raider_1"), "raider_1": Move("attack", "guard_1")}
    after, events = resolve(duel, moves)
    assert after.living() == () and verdict(after, 60) == "draw"
    assert sorted(event.unit for event in events if event.kind == "fall") == ["guard_1", "raider_1"]
    assert legal_moves(after, soldier("blue", 2, (0, 0)))[-1] == HOLD


def test_a_bandage_counts_together_with_the_shot() -> None:
    three = battle(
        soldier("blue", 1, (2, 2), health=2),
        soldier("blue", 5, (2, 3), "medic"),
        soldier("red", 1, (4, 2)),
        luck=2,
    )
    shot = {"raider_1": Move("attack", "guard_1")}
    assert not resolve(three, shot)[0].units[0].is_alive
    saved, _ = resolve(three, {**shot, "guard_5": Move("heal", "guard_1")})
    assert (saved.units[0].health, saved.units[1].kits) == (2, ROLES["medic"].kits - 1)


def test_what_is_not_legal_is_refused() -> None:
    moment = Battle.new(1)
    after, events = resolve(moment, {"guard_1": Move("attack", "raider_1"), "nobody": HOLD})
    assert [(event.kind, event.unit) for event in events] == [("refused", "guard_1")]
    assert [unit.cell for unit in after.units] == [unit.cell for unit in moment.units]


def test_rivals_for_a_cell() -> None:
    # Both want the cell between them; of one squad the lower number gets it, of two squads nobody.
    cover = ((5, 2),)
    friends = battle(soldier("blue", 1, (4, 2)), soldier("blue", 2, (6, 2)), soldier("red", 9, (15, 9)), cover=cover)
    moves = {unit.label: Move("cover") for unit in friends.living("blue")}
    assert [unit.cell for unit in resolve(friends, moves)[0].living("blue")] == [(5, 2), (6, 2)]
    foes = battle(soldier("blue", 1, (4, 2)), soldier("red", 1, (6, 2)), cover=cover)
    moves = {unit.label: Move("cover") for unit in foes.living()}
    assert [unit.cell for unit in resolve(foes, moves)[0].living()] == [(4, 2), (6, 2)]


def test_walking() -> None:
    moment = battle(soldier("blue", 1, (0, 2)), soldier("blue", 4, (0, 5), "scout"), soldier("red", 1, (12, 2)))
    moves = {"guard_1": Move("approach", "raider_1"), "guard_4": Move("approach", "raider_1")}
    after, events = resolve(moment, moves)
    assert (after.unit("guard_1").cell[0], after.unit("guard_4").cell[0]) == (2, 3)
    assert len(next(event.cells for event in events if event.unit == "guard_4")) == 4
    # Who approaches stops as soon as the enemy can be struck.
    near = battle(soldier("blue", 1, (2, 2)), soldier("red", 1, (7, 2)))
    assert resolve(near, {"guard_1": Move("approach", "raider_1")})[0].units[0].cell == (3, 1)
    away, _ = resolve(near, {"guard_1": Move("retreat")})
    assert away.units[0].cell[0] == 0


def test_who_has_lost_heart_does_not_attack() -> None:
    pair = battle(soldier("blue", 1, (2, 2), morale=1), soldier("red", 1, (4, 2)), soldier("red", 2, (12, 2)))
    assert {move.verb for move in legal_moves(pair, pair.units[0])} == {"retreat", "hold"}
    after, _ = resolve(pair, {})
    assert not after.units[0].is_shaken
    rallied = replace(pair, units=(*pair.units, soldier("blue", 2, (2, 4), "captain")))
    assert resolve(rallied, {"guard_1": Move("retreat")})[0].units[0].morale == 2


def test_orders_hold_for_a_while_and_end_with_the_captain() -> None:
    moment = Battle.new(1)
    order = Move("cover")
    after, events = resolve(moment, {}, {"blue": order})
    assert [(event.kind, event.unit) for event in events] == [("order", "guard_1")]
    for _ in range(ORDER_TICKS):
        assert after.order("blue") == order and after.order("red") is None
        after, _ = resolve(after, {})
    assert after.order("blue") is None
    ordered, _ = resolve(moment, {}, {"blue": order})
    units = tuple(replace(unit, health=0) if unit.label == "guard_1" else unit for unit in ordered.units)
    beheaded, _ = resolve(replace(ordered, units=units), {}, {"blue": order})
    assert beheaded.order("blue") is None


@pytest.mark.parametrize(("blue", "red", "tick", "result"), [(9, 4, 60, "blue"), (4, 9, 60, "red"), (5, 5, 60, "draw")])
def test_when_the_time_is_up(blue: int, red: int, tick: int, result: str) -> None:
    pair = battle(soldier("blue", 1, (0, 0), health=blue), soldier("red", 1, (9, 9), health=red))
    assert verdict(pair, 60) is None
    assert verdict(replace(pair, tick=tick), 60) == result


def test_utility_beats_chance_with_both_colours() -> None:
    wins = 0
    for seed in range(6):
        for side in SIDES:
            players = {side: utility_player(), other_side(side): random_player(seed)}
            moment = Battle.new(seed)
            while (result := verdict(moment, 60)) is None:
                moves = {k: v for who in SIDES for k, v in players[who].begin(moment, who).moves().items()}
                moment, _ = resolve(moment, moves)
            wins += result == side
    assert wins >= 10
