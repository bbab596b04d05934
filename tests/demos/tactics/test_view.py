from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from demos.tactics.field import Field
from demos.tactics.rules import Battle, Move, Order, Unit, legal_moves, resolve
from demos.tactics.view import MOST_ALLIES, MOST_ENEMIES, look, move_text, order_text
from npc_sdk.forge.corpus import tactics as corpus

ROW = re.compile(r"(Enemy|Ally) [a-z]+_\d: hp [1-9](, badly hurt)?, (in reach|far, [3-6] steps)\.")
FIRST = re.compile(r"You: hp [1-9](, badly hurt)?, ammo \d, kits \d, in (cover|the open)\.")


def unit(side: str, number: int, cell: tuple[int, int], **changes: int) -> Unit:
    breed = "guard" if side == "blue" else "raider"
    made = Unit(
        label=f"{breed}_{number}", side=side, number=number, role="soldier", cell=cell, shots=4, kits=1, morale=6
    )  # type: ignore[arg-type]
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_words_of_the_training() -> None:
    """The same moment has the same text as in the corpus that the model learns from."""
    battle = Battle(
        ground=Field(),
        units=(
            unit("blue", 1, (2, 2), health=2, shots=3),
            unit("blue", 2, (2, 3), health=1),
            unit("red", 1, (4, 2), health=6),
            unit("red", 2, (10, 2), health=3),
        ),
        luck={"blue": 1, "red": 2},
        orders={"blue": Order(Move("attack", "raider_1"), 3)},
    )
    state = corpus.State(
        hit_points=2,
        ammunition=3,
        kits=1,
        in_cover=False,
        enemies=(
            corpus.Soldier(label="raider_1", hit_points=6, distance=2),
            corpus.Soldier(label="raider_2", hit_points=3, distance=4),
        ),
        allies=(corpus.Soldier(label="guard_2", hit_points=1, distance=1),),
        ordered=corpus.Option("attack", "raider_1"),
    )
    view = look(battle, battle.units[0])
    assert view.situation == corpus.situation(state)
    texts = {option.text for option in corpus.legal_options(state)}
    # There is no cover on this field, so only that option is missing.
    assert set(view.options) == texts - {"take cover"}


@pytest.mark.parametrize("verb", ["attack", "approach", "heal", "bandage", "reload", "cover", "retreat", "hold"])
def test_every_move_has_the_text_of_the_training(verb: str) -> None:
    assert move_text(Move(verb, "orc_1")) == corpus.Option(verb, "orc_1").text  # type: ignore[arg-type]


def test_every_view_is_one_that_the_model_knows() -> None:
    for seed in range(12):
        battle, rng = Battle.new(seed), random.Random(seed)
        for _ in range(25):
            for soldier in battle.living():
                view = look(battle, soldier)
                first, *rows = view.situation.splitlines()
                assert FIRST.fullmatch(first)
                if view.ordered is not None:
                    assert rows.pop() == order_text(view.ordered)
                    assert view.ordered in view.moves
                assert all(map(ROW.fullmatch, rows))
                assert len(view.enemies) <= MOST_ENEMIES and len(view.allies) <= MOST_ALLIES
                assert 2 <= len(view.options) == len(set(view.options)) <= 26
                assert set(view.moves) <= set(legal_moves(battle, soldier))
            moves = {soldier.label: rng.choice(look(battle, soldier).moves) for soldier in battle.living()}
            orders = {side: rng.choice([Move("cover"), Move("attack", "raider_2")]) for side in ("blue", "red")}
            battle, _ = resolve(battle, moves, orders)  # type: ignore[arg-type]
            if not battle.living("blue") or not battle.living("red"):
                break


def test_who_is_ordered_to_strike_somebody_sees_him() -> None:
    enemies = [unit("red", number, (5, number), health=9) for number in range(1, 6)]
    battle = Battle(
        ground=Field(),
        units=(unit("blue", 1, (3, 2)), *enemies),
        luck={"blue": 1, "red": 2},
        orders={"blue": Order(Move("attack", "raider_5"), 3)},
    )
    view = look(battle, battle.units[0])
    assert "raider_5" in [enemy.label for enemy in view.enemies]
    assert view.ordered == Move("attack", "raider_5")
    # Against an enemy out of reach means to go there first, and an order that cannot be carried out is not heard.
    away = replace(battle, units=(unit("blue", 1, (0, 9)), *enemies))
    assert look(away, away.units[0]).ordered == Move("approach", "raider_5")
    coming = replace(battle, orders={"blue": Order(Move("approach", "raider_5"), 3)})
    assert look(coming, coming.units[0]).ordered == Move("attack", "raider_5")
    far = replace(battle, units=(unit("blue", 1, (3, 2), shots=0), *enemies))
    assert look(far, far.units[0]).ordered is None
