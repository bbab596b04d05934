"""What a captain may order, and what the game itself thinks of each order."""

from __future__ import annotations

from .field import distance
from .rules import Battle, Move, Side, Unit, can_attack
from .view import look

# In between, everybody uses his own head.
ORDER_EVERY = 5
_COVER_WORTH = -5.0


def commander(battle: Battle, side: Side) -> Unit | None:
    """Return the captain who may give an order now, or None when there is none or it is not the time."""
    if battle.tick % ORDER_EVERY or battle.order(side) is not None:
        return None
    return next((unit for unit in battle.living(side) if unit.role == "captain"), None)


def possible_orders(battle: Battle, captain: Unit) -> tuple[tuple[Move, ...], tuple[float, ...]]:
    """Return what a captain may order and how good each order is: all against one enemy, or to cover.

    Args:
        battle: The moment.
        captain: Who orders; the orders are moves of the captain's own.
    """
    moves = tuple(move for move in look(battle, captain).moves if move.verb in ("attack", "approach", "cover"))
    return moves, tuple(_worth(battle, captain, move) for move in moves)


def _worth(battle: Battle, captain: Unit, move: Move) -> float:
    if not move.target:
        return _COVER_WORTH
    enemy = battle.unit(move.target)
    shooters = sum(can_attack(battle, unit, enemy) for unit in battle.living(captain.side))
    return 10.0 * shooters - enemy.health - 0.1 * distance(captain.cell, enemy.cell)
