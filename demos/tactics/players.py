"""Who plays a side: rules, chance or a script. The player with a model is in ``soldiers``."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from .rules import HOLD, Battle, Event, Move, Side, Unit, legal_moves
from .scene import Source
from .utility import best_move

Latency: TypeAlias = "float | None"


class Plan(Protocol):
    """What a side is about to do in a tick."""

    @property
    def is_over(self) -> bool:
        """Whether all moves are there; never waits."""
        ...

    @property
    def waiting(self) -> tuple[str, ...]:
        """Labels of those who still think; never waits."""
        ...

    def cancel(self) -> None:
        """Wait no longer; who still thinks does what the game thinks best."""
        ...

    def orders(self) -> Mapping[Side, Move]:
        """Return what the captain has told the squad, waiting for it."""
        ...

    def moves(self) -> Mapping[str, Move]:
        """Return the move of each living soldier by label, waiting for them."""
        ...

    def sources(self) -> Mapping[str, tuple[Source, Latency]]:
        """Return who chose the moves and how long that took, once they are there; the game where nothing is said."""
        ...


class Player(Protocol):
    """Plays one side of a battle."""

    @property
    def name(self) -> str:
        """What kind of player it is."""
        ...

    def prepare(self, battle: Battle, side: Side) -> None:
        """Prepare for a battle; may wait."""
        ...

    def rest(self) -> None:
        """Forget what was told for a battle that is over."""
        ...

    def begin(self, battle: Battle, side: Side) -> Plan:
        """Begin to choose the moves of a tick; returns at once."""
        ...

    def notice(self, battle: Battle, events: tuple[Event, ...]) -> None:
        """Learn what has happened in a tick.

        Args:
            battle: The moment after it.
            events: What happened.
        """
        ...

    def report(self) -> Mapping[str, Any]:
        """Return figures on how it has played, as plain data."""
        ...

    def close(self) -> None:
        """Give back what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Ready:
    """A plan that is there at once."""

    chosen: Mapping[str, Move]
    ordered: Mapping[Side, Move] = field(default_factory=dict)
    is_over: bool = True
    waiting: tuple[str, ...] = ()

    def cancel(self) -> None:
        """Do nothing: all is there."""

    def orders(self) -> Mapping[Side, Move]:
        """Return what was ordered."""
        return self.ordered

    def moves(self) -> Mapping[str, Move]:
        """Return what was chosen."""
        return self.chosen

    def sources(self) -> Mapping[str, tuple[Source, Latency]]:
        """Return nothing: the game chose."""
        return {}


class _Instant:
    """A player that needs no time: one rule for each soldier."""

    def __init__(self, name: str, rule: Callable[[Battle, Unit], Move]) -> None:
        self.name = name
        self._rule = rule

    def prepare(self, battle: Battle, side: Side) -> None:
        """Do nothing."""

    def rest(self) -> None:
        """Do nothing."""

    def begin(self, battle: Battle, side: Side) -> Ready:
        """Choose all moves."""
        return Ready({unit.label: self._rule(battle, unit) for unit in battle.living(side)})

    def notice(self, battle: Battle, events: tuple[Event, ...]) -> None:
        """Do nothing: rules look at the battle itself."""

    def report(self) -> Mapping[str, Any]:
        """Return nothing: there is nothing to tell."""
        return {}

    def close(self) -> None:
        """Do nothing."""


def utility_player() -> Player:
    """Return who always takes the best move by the game's own scores."""
    return _Instant("utility", lambda battle, unit: best_move(battle, unit, legal_moves(battle, unit)))


def random_player(seed: int) -> Player:
    """Return who takes any legal move.

    Args:
        seed: The same number takes the same moves.
    """

    def rule(battle: Battle, unit: Unit) -> Move:
        return random.Random(f"{seed}/{battle.tick}/{unit.label}").choice(legal_moves(battle, unit))

    return _Instant("random", rule)


def scripted_player(script: Mapping[int, Mapping[str, Move]]) -> Player:
    """Return who does what is written.

    Args:
        script: Moves by tick and by label; who has none holds.
    """
    return _Instant("scripted", lambda battle, unit: script.get(battle.tick, {}).get(unit.label, HOLD))
