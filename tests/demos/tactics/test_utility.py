from __future__ import annotations

from dataclasses import replace

import pytest

from demos.tactics.cast import TEMPERS
from demos.tactics.command import ORDER_EVERY, commander, possible_orders
from demos.tactics.field import Field
from demos.tactics.rules import ROLES, Battle, Move, Order, Unit, legal_moves
from demos.tactics.utility import Temper, best_move


def unit(label: str, cell: tuple[int, int], **changes: object) -> Unit:
    side = "blue" if label.startswith("guard") else "red"
    made = Unit(label=label, side=side, number=int(label[-1]), role="soldier", cell=cell, shots=4, kits=1, morale=6)  # type: ignore[arg-type]
    return replace(made, **changes)  # type: ignore[arg-type]


def best(battle: Battle, temper: Temper = "steady") -> Move:
    return best_move(battle, battle.units[0], legal_moves(battle, battle.units[0]), temper)


def battle(*units: Unit, cover: frozenset[tuple[int, int]] = frozenset()) -> Battle:
    return Battle(ground=Field(cover=cover), units=units, luck={"blue": 1, "red": 2})


def test_the_rules_from_the_strongest_down() -> None:
    me, ally = unit("guard_1", (2, 2)), unit("guard_2", (2, 3), health=2)
    strong, weak, far = unit("raider_1", (4, 2)), unit("raider_2", (4, 3), health=4), unit("raider_3", (14, 2))
    hurt = replace(me, health=2)
    assert best(battle(hurt, ally, strong)) == Move("bandage")
    assert best(battle(replace(hurt, kits=0), strong)) == Move("retreat")
    assert best(battle(hurt, strong), "reckless") == Move("attack", "raider_1")
    assert best(battle(me, ally, strong)) == Move("heal", "guard_2")
    assert best(battle(me, strong, weak)) == Move("attack", "raider_2")
    assert best(battle(replace(me, shots=0), strong)) == Move("reload")
    assert best(battle(me, far)) == Move("approach", "raider_3")
    assert best(battle(replace(me, health=5), far)) == Move("bandage")


@pytest.mark.parametrize(("temper", "verb"), [("steady", "approach"), ("reckless", "approach"), ("careful", "cover")])
def test_the_temper(temper: Temper, verb: str) -> None:
    moment = battle(unit("guard_1", (2, 2)), unit("raider_3", (14, 2)), cover=frozenset({(3, 3)}))
    assert best(moment, temper).verb == verb


def test_every_temper_belongs_to_a_role() -> None:
    assert set(TEMPERS) <= set(ROLES)


def test_a_captain_has_all_fire_at_whom_most_can_hit() -> None:
    captain = unit("guard_1", (2, 2), role="captain")
    friend = unit("guard_2", (2, 6))
    moment = battle(captain, friend, unit("raider_1", (5, 0)), unit("raider_2", (5, 4)), unit("raider_3", (15, 9)))
    assert commander(moment, "blue") == captain
    moves, worths = possible_orders(moment, captain)
    assert set(moves) == {Move("attack", "raider_1"), Move("attack", "raider_2"), Move("approach", "raider_3")}
    assert moves[worths.index(max(worths))] == Move("attack", "raider_2")
    covered = replace(moment, ground=Field(cover=frozenset({(0, 0)})))
    assert Move("cover") in possible_orders(covered, captain)[0]
    assert commander(moment, "red") is None
    assert commander(replace(moment, orders={"blue": Order(Move("cover"), 1)}), "blue") is None
    assert commander(replace(moment, tick=ORDER_EVERY - 1), "blue") is None
    assert commander(replace(moment, tick=ORDER_EVERY), "blue") == captain
