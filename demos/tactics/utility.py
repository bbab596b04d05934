"""What the game itself thinks of a soldier's moves: a rule set that plays alone, and that a model can be mixed with.

The rules, from the strongest down: when badly hurt, bandage oneself or get away; bind up a badly hurt ally; strike the
weakest enemy in reach; reload when there is no shot left; close in or take cover, as the temper says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from .field import distance
from .rules import Battle, Move, Unit, can_attack
from .view import BADLY_HURT

Temper: TypeAlias = Literal["steady", "reckless", "careful"]

# A difference of so much makes one move e times as likely as another when these scores are mixed with a model's.
SCALE = 8.0
# Lighter wounds are worth a bandage only while nobody can shoot.
LIGHTLY_HURT = 6

_APPROACH: Mapping[Temper, float] = {"steady": 15.0, "reckless": 25.0, "careful": 8.0}
_COVER: Mapping[Temper, float] = {"steady": 10.0, "reckless": 1.0, "careful": 30.0}


def utility(battle: Battle, unit: Unit, move: Move, temper: Temper = "steady") -> float:
    """Return how good a legal move is; higher is better.

    Args:
        battle: The moment.
        unit: Who would do it.
        move: What it would do.
        temper: How it weighs danger.
    """
    if move.verb == "attack":
        return 40.0 + 9 - battle.unit(move.target).health
    if move.verb == "heal":
        health = battle.unit(move.target).health
        return 69.0 - health if health <= BADLY_HURT else 12.0 - health
    if move.verb == "approach":
        return _APPROACH[temper] - 0.1 * distance(unit.cell, battle.unit(move.target).cell)
    return _alone(battle, unit, move, temper)


def _alone(battle: Battle, unit: Unit, move: Move, temper: Temper) -> float:
    in_danger = any(can_attack(battle, enemy, unit) for enemy in battle.enemies(unit.side))
    is_hurt = unit.health <= BADLY_HURT and temper != "reckless"
    if move.verb == "bandage":
        return 80.0 if is_hurt else 3.0 if in_danger or unit.health > LIGHTLY_HURT else 18.0
    if move.verb == "retreat":
        return 75.0 if is_hurt and in_danger else -1.0
    if move.verb == "reload":
        return 35.0
    if move.verb == "cover":
        return _COVER[temper] + (15.0 if is_hurt else 0.0)
    return 20.0 if temper == "careful" and battle.is_in_cover(unit) and in_danger else 2.0


def best_move(battle: Battle, unit: Unit, moves: tuple[Move, ...], temper: Temper = "steady") -> Move:
    """Return the best of some moves; of several alike, the first."""
    return max(moves, key=lambda move: utility(battle, unit, move, temper))
