"""A small ruleset of squad combat, an expert that plays it, and its states as short texts.

All features that the expert looks at stand in the text, as whole numbers from 0 to 9 and fixed words. The expert gives
every legal option a value; the best value wins and options of equal best value are equally right. The rules, from the
strongest down: follow the captain's order (unless reckless); when badly hurt, get out of the fire (unless reckless);
bind up a badly hurt ally in reach; strike the weakest enemy in reach; reload when there is nothing to shoot with; take
cover or close in, as the temper says.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

Temper = Literal["steady", "reckless", "careful"]
Verb = Literal["attack", "approach", "heal", "bandage", "reload", "cover", "retreat", "hold"]

TEMPERS: tuple[Temper, ...] = ("steady", "reckless", "careful")
BADLY_HURT = 3
REACH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Soldier:
    """Another soldier as the acting one sees it; ``distance`` is in steps, and up to ``REACH`` is in reach."""

    label: str
    hit_points: int
    distance: int

    @property
    def in_reach(self) -> bool:
        """Whether it can be struck or healed from here."""
        return self.distance <= REACH


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the acting soldier knows before its move.

    ``kits`` are bandages; ``ordered`` is the option that the captain orders, or None.
    """

    hit_points: int
    ammunition: int
    kits: int
    in_cover: bool
    enemies: tuple[Soldier, ...]
    allies: tuple[Soldier, ...] = ()
    ordered: Option | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """A legal move: a verb and, for some verbs, the label of a soldier."""

    verb: Verb
    target: str = ""

    @property
    def text(self) -> str:
        """The move as an option of a decision."""
        return _TEXTS[self.verb].format(target=self.target)


_TEXTS: dict[Verb, str] = {
    "attack": "attack {target}",
    "approach": "move to {target}",
    "heal": "heal {target}",
    "bandage": "bandage yourself",
    "reload": "reload",
    "cover": "take cover",
    "retreat": "retreat",
    "hold": "hold",
}


def legal_options(state: State) -> tuple[Option, ...]:
    """Return every legal move, in a fixed order."""
    options: list[Option] = []
    if state.ammunition > 0:
        options += [Option("attack", enemy.label) for enemy in state.enemies if enemy.in_reach]
    options += [Option("approach", enemy.label) for enemy in state.enemies if not enemy.in_reach]
    if state.kits > 0:
        options += [Option("heal", ally.label) for ally in state.allies if ally.in_reach]
        options.append(Option("bandage"))
    if state.ammunition == 0:
        options.append(Option("reload"))
    if not state.in_cover:
        options.append(Option("cover"))
    return (*options, Option("retreat"), Option("hold"))


def value(state: State, option: Option, temper: Temper) -> float:
    """Return how good a legal move is for a soldier of that temper; higher is better."""
    if option == state.ordered and temper != "reckless":
        return 100.0
    hurt = state.hit_points <= BADLY_HURT and temper != "reckless"
    soldiers = {soldier.label: soldier for soldier in (*state.enemies, *state.allies)}
    target = soldiers.get(option.target)
    if option.verb == "attack" and target is not None:
        return 40.0 + (9 - target.hit_points)
    if option.verb == "heal" and target is not None:
        return 60.0 + (9 - target.hit_points) if target.hit_points <= BADLY_HURT else 1.0
    if option.verb == "approach" and target is not None:
        return _approach_value(target, temper)
    return _own_value(state, option.verb, temper, hurt)


def _approach_value(target: Soldier, temper: Temper) -> float:
    closeness = 9 - target.distance
    return {"reckless": 25.0, "steady": 15.0, "careful": 5.0}[temper] + closeness


def _own_value(state: State, verb: Verb, temper: Temper, hurt: bool) -> float:
    if verb == "bandage":
        return 80.0 if hurt else 0.0
    if verb == "retreat":
        return 75.0 if hurt else -1.0
    if verb == "reload":
        return 35.0
    if verb == "cover":
        return {"reckless": 1.0, "steady": 10.0, "careful": 30.0}[temper]
    return 20.0 if temper == "careful" and state.in_cover else 2.0


def best_options(state: State, temper: Temper, among: Sequence[Option] = ()) -> tuple[Option, ...]:
    """Return the moves of the highest value; all legal ones are looked at, in their order, unless some are named."""
    values = {option: value(state, option, temper) for option in among or legal_options(state)}
    best = max(values.values())
    return tuple(option for option, worth in values.items() if worth == best)


def situation(state: State) -> str:
    """Return the state as text, one soldier a line."""
    cover = "in cover" if state.in_cover else "in the open"
    weak = ", badly hurt" if state.hit_points <= BADLY_HURT else ""
    rows = [f"You: hp {state.hit_points}{weak}, ammo {state.ammunition}, kits {state.kits}, {cover}."]
    rows += [f"Enemy {_soldier(enemy)}" for enemy in state.enemies]
    rows += [f"Ally {_soldier(ally)}" for ally in state.allies]
    if state.ordered is not None:
        rows.append(f"The captain orders: {state.ordered.text}.")
    return "\n".join(rows)


def _soldier(soldier: Soldier) -> str:
    reach = "in reach" if soldier.in_reach else f"far, {soldier.distance} steps"
    weak = ", badly hurt" if soldier.hit_points <= BADLY_HURT else ""
    return f"{soldier.label}: hp {soldier.hit_points}{weak}, {reach}."


def random_state(rng: random.Random, breeds: Sequence[str]) -> State:
    """Return a state in which each rule decides often enough to be learned.

    Args:
        rng: Source of randomness.
        breeds: At least two different names that labels are made from.
    """
    enemy, ally = rng.sample(list(breeds), 2)
    closest = rng.choice((1, 1, 1, 3))
    state = State(
        hit_points=rng.randint(1, BADLY_HURT) if rng.random() < 0.25 else rng.randint(BADLY_HURT + 1, 9),
        ammunition=0 if rng.random() < 0.2 else rng.randint(1, 9),
        kits=0 if rng.random() < 0.5 else rng.randint(1, 3),
        in_cover=rng.random() < 0.5,
        enemies=_soldiers(rng, enemy, rng.choice((1, 2, 2, 3)), closest),
        allies=_soldiers(rng, ally, rng.choice((0, 1, 1, 2)), 1),
    )
    if rng.random() >= 0.25:
        return state
    return _ordered(rng, state)


def _soldiers(rng: random.Random, breed: str, count: int, closest: int) -> tuple[Soldier, ...]:
    numbers = rng.sample(range(1, 10), count)
    return tuple(
        Soldier(
            label=f"{breed}_{number}",
            hit_points=_hit_points(rng),
            distance=rng.randint(closest, 6),
        )
        for number in numbers
    )


def _hit_points(rng: random.Random) -> int:
    return rng.randint(1, 9) if rng.random() < 0.7 else rng.randint(1, BADLY_HURT)


def _ordered(rng: random.Random, state: State) -> State:
    return replace(state, ordered=rng.choice(legal_options(state)))
