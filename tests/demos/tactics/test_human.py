from __future__ import annotations

from dataclasses import replace

from demos.tactics.human import MOST_CHOICES, Human, choices_of, move_onto
from demos.tactics.rules import Battle, Move, legal_moves


def near(battle: Battle) -> Battle:
    """Put a soldier in front of an enemy."""
    enemy = battle.unit("raider_1")
    moved = replace(battle.unit("guard_2"), cell=(enemy.cell[0] - 1, enemy.cell[1]))
    return replace(battle, units=tuple(moved if unit.label == moved.label else unit for unit in battle.units))


def test_what_a_click_means() -> None:
    battle = near(Battle.new(4))
    unit = battle.unit("guard_2")
    assert move_onto(battle, unit, battle.unit("raider_1")) == Move("attack", "raider_1")
    assert move_onto(battle, battle.unit("guard_1"), battle.unit("raider_1")) == Move("approach", "raider_1")
    assert move_onto(battle, unit, battle.unit("guard_1")) is None


def test_choices_are_legal_and_few() -> None:
    for seed in range(8):
        battle = near(Battle.new(seed))
        for unit in battle.units:
            choices = choices_of(battle, unit)
            assert len(choices) <= MOST_CHOICES + 3 and set(choices) <= set(legal_moves(battle, unit))
            assert choices[-1] == Move("hold")


def test_who_gets_no_word_goes_by_the_rules() -> None:
    battle, human = near(Battle.new(4)), Human()
    human.prepare(battle, "blue")
    plan = human.begin(battle, "blue")
    human.told.update({"guard_1": Move("hold"), "guard_3": Move("heal", "nobody")})
    moves = plan.moves()
    assert moves["guard_1"] == Move("hold") and moves["guard_2"] == Move("attack", "raider_1")
    assert moves["guard_3"] in legal_moves(battle, battle.unit("guard_3"))
    assert plan.is_over and plan.waiting == () and plan.orders() == {} and "guard_1" in plan.sources()
    human.notice(battle, ())
    assert plan.sources() == {} and human.report() == {}
    human.rest()
    plan.cancel()
    human.close()
