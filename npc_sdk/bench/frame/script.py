"""Who talks, what is said to them, and what they decide about: the same for every variant, from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from npc_sdk.persona import Limits, Persona, World

ANSWER_TOKENS: Final = 32
"""Longest answer of a character."""

_NAMES: Final = ("Alda", "Bren", "Cato", "Dara", "Edwin", "Freya", "Garret", "Hilda", "Ines", "Joss", "Kara", "Lorn")
_ROLES: Final = ("the gate guard", "a medic", "the innkeeper", "a scout", "the captain", "a smith")
_KNOWS: Final = (
    "The bridge in the north is broken.",
    "The well behind the inn is safe.",
    "Wolves were seen near the mill.",
    "The captain is away until dawn.",
    "Bread costs two coins today.",
    "The east gate is shut at night.",
)
_LINES: Final = (
    "Good evening. What have you seen today?",
    "Is the road to the north safe?",
    "Who gives the orders here?",
    "Can you help me find the well?",
    "What does bread cost?",
    "Why is the gate shut?",
    "I heard wolves last night. Did you?",
    "Where can I sleep tonight?",
    "Do you trust the captain?",
    "What would you do in my place?",
)
_SITUATIONS: Final = (
    "Two wolves come out of the trees.",
    "A stranger runs towards the gate and shouts.",
    "Smoke rises from the mill.",
    "A friend lies wounded in the open.",
    "The enemy is behind the wall, out of sight.",
    "It is quiet, and the watch has just begun.",
)
_OPTIONS: Final = (
    "Attack the nearest enemy.",
    "Take cover behind the wall.",
    "Help the wounded.",
    "Call for help.",
    "Wait and watch.",
    "Fall back to the gate.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a character is asked next.

    Args:
        kind: Whether it is to say something or to decide.
        text: What is said to it, or what it decides about.
        options: What it can choose.
    """

    kind: Literal["say", "decide"]
    text: str
    options: tuple[str, ...] = ()


WORLD: Final = World(
    name="The Vale",
    setting="A small valley at war. It is autumn, and the nights are long.",
    facts=("The inn is called the Grey Goose.", "The river runs from north to south."),
)


def personas(count: int, seed: int) -> list[Persona]:
    """Return characters.

    Args:
        count: How many.
        seed: Makes their roles and what they know.
    """
    chance = Random(seed)
    return [
        Persona(
            name=_NAMES[index % len(_NAMES)] + ("" if index < len(_NAMES) else f" {index // len(_NAMES) + 1}"),
            role=chance.choice(_ROLES),
            knows=(chance.choice(_KNOWS),),
            limits=Limits(sentences=3, characters=300, tokens=ANSWER_TOKENS),
        )
        for index in range(count)
    ]


def asks(index: int, seed: int) -> Iterator[Ask]:
    """Yield what a character is asked, without an end: a line and a decision in turn.

    Args:
        index: Which character.
        seed: Makes the order.
    """
    chance = Random(seed * 1000 + index)
    while True:
        yield Ask(kind="say", text=chance.choice(_LINES))
        yield Ask(kind="decide", text=chance.choice(_SITUATIONS), options=tuple(chance.sample(_OPTIONS, 4)))
