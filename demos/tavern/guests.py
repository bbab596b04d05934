"""Who sits at the table, and what the game itself has them say: how they pass a question on, what they begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PLAYER = "player"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One of those at the table.

    Args:
        key: Its name in the game; also that of its persona file.
        short: What one calls it.
        calls: Other words that it answers to, in lower case.
        trade: Words of what everybody knows it for, in lower case.
        passing: How it passes a question on; ``{name}`` is to whom.
    """

    key: str
    short: str
    calls: tuple[str, ...] = ()
    trade: frozenset[str] = frozenset()
    passing: tuple[str, ...] = ("{name}?",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What somebody brings up when nobody speaks.

    Args:
        asker: Who.
        asked: To whom.
        question: What is asked.
    """

    asker: str
    asked: str
    question: str


GUESTS = (
    Guest(
        key="odo",
        short="Odo",
        calls=("odo flint", "ferryman"),
        trade=frozenset({"ferry", "river", "boat", "quarry", "water", "rope"}),
        passing=("Hm. Ask {name}.", "{name}. Your turn."),
    ),
    Guest(
        key="anna",
        short="Anna",
        calls=("anna brook", "innkeeper", "landlady"),
        trade=frozenset({"ale", "soup", "inn", "room", "drink", "dog", "captain", "mill", "chapel"}),
        passing=("Hee hee, {name}, that is one for you!", "Oh, {name} may know that, my friend!"),
    ),
    Guest(
        key="pip",
        short="Pip",
        calls=("pip marlow", "peddler", "pedlar"),
        trade=frozenset({"candle", "road", "raider", "sell", "buy", "key", "oak"}),
        passing=("P-please, ask {name}, not me!", "Oh dear, {name} knows that, not me!"),
    ),
)
BY_KEY: Mapping[str, Guest] = {guest.key: guest for guest in GUESTS}
TOPICS = (
    Topic(asker="anna", asked="odo", question="Where is the quarry?"),
    Topic(asker="odo", asked="anna", question="How much for ale?"),
    Topic(asker="anna", asked="pip", question="Any news of the raiders?"),
    Topic(asker="odo", asked="pip", question="How much for candles?"),
    Topic(asker="pip", asked="odo", question="Where is the ferry?"),
    Topic(asker="pip", asked="anna", question="What is your dog called?"),
)


def others(*keys: str) -> tuple[str, ...]:
    """Return everybody at the table but these."""
    return tuple(guest.key for guest in GUESTS if guest.key not in keys)
