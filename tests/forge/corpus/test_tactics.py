"""The squad ruleset and its expert."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from npc_sdk.forge.corpus.tactics import (
    TEMPERS,
    Option,
    Soldier,
    State,
    Temper,
    best_options,
    legal_options,
    random_state,
    situation,
    value,
)

NEAR = Soldier(label="orc_1", hit_points=6, distance=1)
WEAK = Soldier(label="orc_2", hit_points=2, distance=2)
FAR = Soldier(label="orc_3", hit_points=1, distance=5)
FRIEND = Soldier(label="guard_1", hit_points=2, distance=1)


def state(**changes: object) -> State:
    calm = State(hit_points=8, ammunition=3, kits=1, in_cover=False, enemies=(NEAR, WEAK, FAR))
    return replace(calm, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("temper", TEMPERS)
def test_strikes_the_weakest_enemy_in_reach(temper: Temper) -> None:
    assert best_options(state(), temper) == (Option("attack", "orc_2"),)


def test_enemies_of_equal_weakness_are_equally_right() -> None:
    twin = replace(WEAK, label="orc_9")
    assert best_options(state(enemies=(WEAK, twin)), "steady") == (Option("attack", "orc_2"), Option("attack", "orc_9"))


@pytest.mark.parametrize(("temper", "verb"), [("steady", "bandage"), ("careful", "bandage"), ("reckless", "attack")])
def test_only_the_reckless_fight_on_when_badly_hurt(temper: Temper, verb: str) -> None:
    assert best_options(state(hit_points=2), temper)[0].verb == verb


def test_retreats_badly_hurt_without_kits() -> None:
    assert best_options(state(hit_points=1, kits=0), "steady") == (Option("retreat"),)


def test_heals_a_badly_hurt_ally_before_striking() -> None:
    assert best_options(state(allies=(FRIEND,)), "steady") == (Option("heal", "guard_1"),)
    assert best_options(state(allies=(FRIEND,), kits=0), "steady") == (Option("attack", "orc_2"),)


def test_obeys_the_captain_unless_reckless() -> None:
    ordered = state(ordered=Option("hold"))
    assert best_options(ordered, "steady") == (Option("hold"),)
    assert best_options(ordered, "reckless") == (Option("attack", "orc_2"),)


def test_reloads_without_ammunition() -> None:
    assert best_options(state(ammunition=0), "steady") == (Option("reload"),)
    assert all(option.verb != "attack" for option in legal_options(state(ammunition=0)))


def test_temper_decides_when_no_one_is_in_reach() -> None:
    far = state(enemies=(FAR,), kits=0)
    assert best_options(far, "steady") == (Option("approach", "orc_3"),)
    assert best_options(far, "careful") == (Option("cover"),)
    assert best_options(replace(far, in_cover=True), "careful") == (Option("hold"),)


def test_every_value_is_finite_and_the_best_is_legal() -> None:
    rng = random.Random(1)
    for _ in range(500):
        drawn = random_state(rng, ["orc", "wolf", "guard"])
        labels = [soldier.label for soldier in (*drawn.enemies, *drawn.allies)]
        assert len(set(labels)) == len(labels)
        for temper in TEMPERS:
            options = legal_options(drawn)
            best = best_options(drawn, temper)
            assert set(best) <= set(options)
            assert all(value(drawn, option, temper) <= value(drawn, best[0], temper) for option in options)


def test_the_text_holds_every_feature() -> None:
    text = situation(state(hit_points=2, allies=(FRIEND,), ordered=Option("attack", "orc_1")))
    assert text.splitlines() == [
        "You: hp 2, badly hurt, ammo 3, kits 1, in the open.",
        "Enemy orc_1: hp 6, in reach.",
        "Enemy orc_2: hp 2, badly hurt, in reach.",
        "Enemy orc_3: hp 1, badly hurt, far, 5 steps.",
        "Ally guard_1: hp 2, badly hurt, in reach.",
        "The captain orders: attack orc_1.",
    ]


def test_the_best_of_some_options_is_the_best_of_what_is_left() -> None:
    rng = random.Random(6)
    for _ in range(200):
        state = random_state(rng, ("wolf", "orc"))
        options = legal_options(state)
        left = [option for option in options if option not in best_options(state, "steady")]
        if left:
            best = best_options(state, "steady", left)
            assert set(best) <= set(left)
            assert value(state, best[0], "steady") == max(value(state, option, "steady") for option in left)
