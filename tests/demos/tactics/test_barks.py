from __future__ import annotations

from dataclasses import replace

from demos.tactics.barks import ANY_MS, MOST_AT_ONCE, SAME_MS, Bark, Restraint, barks
from demos.tactics.rules import Battle, Event, Unit


def changed(battle: Battle, **units: Unit) -> Battle:
    return replace(battle, units=tuple(units.get(unit.label, unit) for unit in battle.units))


def test_who_says_what() -> None:
    before = Battle.new(1)
    gone, hurt = replace(before.unit("guard_2"), health=0), replace(before.unit("raider_1"), health=3)
    after = changed(before, guard_2=gone, raider_1=hurt)
    events = (Event("hit", "raider_3", "guard_2", 3), Event("fall", "guard_2"))
    made = barks(before, after, events, {})
    assert made[0].weight == 3 and made[0].label.startswith("guard_") and made[0].seen == "You see Bran Oak fall."
    assert Bark(label="raider_1", seen="You see blood on the ground.", weight=2) in made
    assert Bark(label="raider_3", seen="You see Bran Oak fall.", weight=1) == made[-1]
    assert [bark.label for bark in barks(before, after, events, {"raider_3": 1})] == [made[0].label, "raider_1"]
    assert barks(before, before, (), {}) == []


def test_a_fall_that_nobody_is_near() -> None:
    before = Battle.new(1)
    gone = replace(before.unit("guard_2"), health=0, cell=(15, 0))
    others = {f"guard_{n}": replace(before.unit(f"guard_{n}"), cell=(0, 9)) for n in (1, 3, 4, 5)}
    after = changed(before, guard_2=gone, **others)
    assert [bark.weight for bark in barks(before, after, (Event("fall", "guard_2"),), {})] == []


def test_few_at_a_time() -> None:
    restraint = Restraint()
    assert restraint.may("guard_1", 0, 0.0) and not restraint.may("guard_1", MOST_AT_ONCE, 0.0)
    restraint.said("guard_1", 0.0)
    assert not restraint.may("guard_2", 0, ANY_MS - 1) and restraint.may("guard_2", 0, ANY_MS)
    assert not restraint.may("guard_1", 0, SAME_MS - 1) and restraint.may("guard_1", 0, SAME_MS)
