"""A side that the player leads by clicking; whoever gets no word follows the game's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .cast import temper_of
from .field import distance
from .players import Latency
from .rules import Battle, Event, Move, Side, Unit, can_attack, legal_moves
from .scene import Source
from .utility import best_move
from .view import move_text

MOST_CHOICES = 9


class Human:
    """Leads a side by hand. Not thread safe; owned by the game's loop."""

    name = "player"

    def __init__(self) -> None:
        self.told: dict[str, Move] = {}

    def prepare(self, battle: Battle, side: Side) -> None:
        """Do nothing: nobody has to be brought in."""

    def rest(self) -> None:
        """Forget what was told for a battle that is over."""
        self.told.clear()

    def begin(self, battle: Battle, side: Side) -> Led:
        """Begin a tick: what the player clicks until its end counts."""
        return Led(self, battle, side)

    def notice(self, battle: Battle, events: tuple[Event, ...]) -> None:
        """Forget what was told for the tick that is over."""
        self.told.clear()

    def report(self) -> Mapping[str, Any]:
        """Return nothing: there is nothing to tell."""
        return {}

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Led:
    """What the player's side is about to do; changes with every click."""

    human: Human
    battle: Battle
    side: Side
    is_over: bool = True
    waiting: tuple[str, ...] = field(default=())

    def cancel(self) -> None:
        """Do nothing: nobody is waited for."""

    def orders(self) -> Mapping[Side, Move]:
        """Return nothing: the player tells everybody himself."""
        return {}

    def moves(self) -> Mapping[str, Move]:
        """Return what the player clicked, and what the game's rules say for the others."""
        return {unit.label: self._move(unit) for unit in self.battle.living(self.side)}

    def sources(self) -> Mapping[str, tuple[Source, Latency]]:
        """Return who was told by the player."""
        return {label: ("said", None) for label in self.human.told}

    def _move(self, unit: Unit) -> Move:
        legal = legal_moves(self.battle, unit)
        told = self.human.told.get(unit.label)
        return told if told in legal and told is not None else best_move(self.battle, unit, legal, temper_of(unit))


def choices_of(battle: Battle, unit: Unit) -> tuple[Move, ...]:
    """Return what a soldier may be told, the nearest enemies first, no more than can be listed."""
    legal = legal_moves(battle, unit)
    aimed = [move for move in legal if move.target and battle.unit(move.target).side != unit.side]
    aimed.sort(key=lambda move: (move.verb != "attack", distance(unit.cell, battle.unit(move.target).cell)))
    others = [move for move in legal if move not in aimed]
    return (*aimed[: max(0, MOST_CHOICES - len(others))], *others[:MOST_CHOICES])


def choice_text(move: Move) -> str:
    """Return a move as the player reads it."""
    return move_text(move).replace("yourself", "the wound")


def move_onto(battle: Battle, unit: Unit, other: Unit) -> Move | None:
    """Return what a click on somebody else means: shoot him, go to him, or bind him up; None when nothing can be."""
    if other.side != unit.side:
        wanted = Move("attack" if can_attack(battle, unit, other) and unit.shots else "approach", other.label)
    else:
        wanted = Move("heal", other.label)
    return wanted if wanted in legal_moves(battle, unit) else None
