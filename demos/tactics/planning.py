"""How both sides choose at the same time: who is asked when, and what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .deeds import Deed
from .players import Plan, Player
from .rules import SIDES, Battle, Move, Side
from .squad_plan import SquadPlan


@dataclass(slots=True)
class Decided:
    """What was chosen for a tick, as plain data but for the last.

    Args:
        moves: The move of each soldier.
        orders: What each captain has ordered.
        sources: Who chose each move, and how long that took.
        heeded: What came of what soldiers were told: the deed, and the move that it became; None when it was too late.
    """

    moves: dict[str, list[str]] = field(default_factory=dict)
    orders: dict[str, list[str]] = field(default_factory=dict)
    sources: dict[str, list[Any]] = field(default_factory=dict)
    heeded: list[tuple[Deed, Move | None]] = field(default_factory=list)


class Planning:
    """Has both sides choose what they do in a tick. Not thread safe; owned by the game's loop.

    Args:
        players: Who plays each side.
    """

    def __init__(self, players: Mapping[Side, Player]) -> None:
        self._players = players
        self._plans: dict[Side, Plan] = {}
        self._unasked: list[Side] = []

    def begin(self, *, is_new: bool = False) -> None:
        """Have everybody asked again, a side at a time; for a new battle, after all plans are forgotten."""
        if is_new:
            self._plans = {}
        self._unasked = list(SIDES)

    @property
    def is_asked(self) -> bool:
        """Whether every side was asked."""
        return not self._unasked

    @property
    def waiting(self) -> set[str]:
        """Labels of those who have not decided yet."""
        return {label for plan in self._plans.values() for label in plan.waiting}

    def ask(self, battle: Battle) -> tuple[str, ...]:
        """Have the next side begin to choose; returns who thinks now."""
        side = self._unasked.pop(0)
        plan = self._plans[side] = self._players[side].begin(battle, side)
        return plan.waiting

    def decide(self) -> Decided:
        """Return what was chosen; who has not decided yet does what the game thinks best."""
        decided = Decided()
        for side, plan in self._plans.items():
            if not plan.is_over:
                plan.cancel()
            chosen = plan.moves()
            decided.moves |= {label: [move.verb, move.target] for label, move in chosen.items()}
            decided.orders |= {who: [move.verb, move.target] for who, move in plan.orders().items() if who == side}
            known = plan.sources()
            decided.sources |= {label: list(known.get(label, ("game", None))) for label in chosen}
            if isinstance(plan, SquadPlan):
                decided.heeded += plan.heeded
        return decided
