"""What soldiers can do in answer to what they are told, as actions of the SDK, and the moves that these are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from npc_sdk import Action, ActionCall, VocabularyName

from .rules import Move, Verb


class Attack(Action):
    """Attack an enemy."""

    target: Annotated[str, VocabularyName("enemies")]


class Approach(Action):
    """Move to an enemy."""

    target: Annotated[str, VocabularyName("enemies")]


class Heal(Action):
    """Heal an ally."""

    target: Annotated[str, VocabularyName("allies")]


class TakeCover(Action):
    """Take cover."""


class Retreat(Action):
    """Retreat."""


class Hold(Action):
    """Hold the position."""


class OrderAttack(Action):
    """Order the squad to attack an enemy."""

    target: Annotated[str, VocabularyName("enemies")]


class OrderRetreat(Action):
    """Order the squad to retreat."""


ACTIONS = (Attack, Approach, Heal, TakeCover, Retreat, Hold)
CAPTAIN_ACTIONS = (*ACTIONS, OrderAttack, OrderRetreat)
_SAME: tuple[Verb, ...] = ("attack", "approach", "heal", "retreat", "hold")
_VERBS: dict[str, Verb] = {"take_cover": "cover", "order_attack": "attack", "order_retreat": "retreat"}
_VERBS.update((verb, verb) for verb in _SAME)


def is_order(call: ActionCall) -> bool:
    """Whether an action tells the squad, and not oneself, what to do."""
    return call.name.startswith("order_")


def move_of(call: ActionCall) -> Move:
    """Return the move that an action is."""
    return Move(_VERBS[call.name], str(call.arguments.get("target", "")))


@dataclass(frozen=True, slots=True)
class Deed:
    """What a soldier wants to do because he was told to.

    Args:
        label: Who.
        move: What.
        is_order: Whether it is for the squad, and not for himself.
        call: The action that it comes from.
    """

    label: str
    move: Move
    is_order: bool
    call: ActionCall
