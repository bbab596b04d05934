"""A battle as one soldier sees it, in the words that the starter model is trained on: the situation and the options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .field import distance
from .rules import Battle, Move, Unit, Verb, can_attack, can_heal, legal_moves

# As many soldiers as the model has learned to look at.
MOST_ENEMIES, MOST_ALLIES = 3, 2
BADLY_HURT = 3
# A step in the text is two cells; out of reach begins at three steps, and beyond six all is simply far.
STEP_CELLS = 2
LEAST_STEPS, MOST_STEPS = 3, 6

_TEXTS: Mapping[Verb, str] = {
    "attack": "attack {target}",
    "approach": "move to {target}",
    "heal": "heal {target}",
    "bandage": "bandage yourself",
    "reload": "reload",
    "cover": "take cover",
    "retreat": "retreat",
    "hold": "hold",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a soldier is asked.

    Args:
        label: Who.
        situation: What he sees.
        options: What is legal, as texts.
        worths: What the game itself thinks of each, higher is better.
    """

    label: str
    situation: str
    options: Sequence[str]
    worths: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one soldier knows before its move.

    Args:
        battle: The moment.
        unit: Who looks.
        enemies: The nearest enemies.
        allies: The allies that matter most: the hurt ones within reach, then the nearest.
        moves: The legal moves that name nobody else.
        ordered: What the captain wants, as far as this soldier can do it.
    """

    battle: Battle
    unit: Unit
    enemies: tuple[Unit, ...]
    allies: tuple[Unit, ...]
    moves: tuple[Move, ...]
    ordered: Move | None

    @property
    def options(self) -> tuple[str, ...]:
        """The moves as texts, in their order."""
        return tuple(move_text(move) for move in self.moves)

    @property
    def situation(self) -> str:
        """What is seen, one soldier a line."""
        unit = self.unit
        cover = "in cover" if self.battle.is_in_cover(unit) else "in the open"
        rows = [f"You: hp {_health(unit)}, ammo {unit.shots}, kits {unit.kits}, {cover}."]
        rows += [_row("Enemy", self, other, can_attack(self.battle, unit, other)) for other in self.enemies]
        rows += [_row("Ally", self, other, can_heal(self.battle, unit, other)) for other in self.allies]
        if self.ordered is not None:
            rows.append(order_text(self.ordered))
        return "\n".join(rows)


def move_text(move: Move) -> str:
    """Return a move as an option of a decision."""
    return _TEXTS[move.verb].format(target=move.target)


def order_text(move: Move) -> str:
    """Return what a soldier hears of a captain's order."""
    return f"The captain orders: {move_text(move)}."


def look(battle: Battle, unit: Unit) -> View:
    """Return the battle as a living soldier sees it."""
    legal = legal_moves(battle, unit)
    ordered = understood(battle.order(unit.side), legal)
    wanted = "" if ordered is None else ordered.target
    enemies = sorted(
        battle.enemies(unit.side), key=lambda other: (other.label != wanted, *_nearness(battle, unit, other))
    )
    allies = sorted(
        (other for other in battle.living(unit.side) if other.label != unit.label),
        key=lambda other: (other.label != wanted, *_need(battle, unit, other)),
    )
    shown = (*_in_order(enemies[:MOST_ENEMIES]), *_in_order(allies[:MOST_ALLIES]))
    named = {other.label for other in shown}
    return View(
        battle=battle,
        unit=unit,
        enemies=tuple(other for other in shown if other.side != unit.side),
        allies=tuple(other for other in shown if other.side == unit.side),
        moves=tuple(move for move in legal if not move.target or move.target in named),
        ordered=ordered,
    )


def understood(order: Move | None, legal: tuple[Move, ...]) -> Move | None:
    """Return an order as a soldier can carry it out; None when he cannot.

    Against an enemy out of reach it means to go there first.
    """
    if order is None or order in legal:
        return order
    other = Move("approach" if order.verb == "attack" else "attack", order.target)
    return other if order.target and other in legal else None


def _nearness(battle: Battle, unit: Unit, other: Unit) -> tuple[float, ...]:
    return (not can_attack(battle, unit, other), distance(unit.cell, other.cell), other.health, other.number)


def _need(battle: Battle, unit: Unit, other: Unit) -> tuple[float, ...]:
    return (not can_heal(battle, unit, other), other.health, distance(unit.cell, other.cell), other.number)


def _in_order(units: list[Unit]) -> list[Unit]:
    return sorted(units, key=lambda other: other.number)


def _health(unit: Unit) -> str:
    return f"{unit.health}{', badly hurt' if unit.health <= BADLY_HURT else ''}"


def _row(kind: str, view: View, other: Unit, is_in_reach: bool) -> str:
    cells = distance(view.unit.cell, other.cell)
    steps = min(MOST_STEPS, max(LEAST_STEPS, -(-cells // STEP_CELLS)))
    reach = "in reach" if is_in_reach else f"far, {steps} steps"
    return f"{kind} {other.label}: hp {_health(other)}, {reach}."
