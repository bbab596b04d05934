"""When a soldier says something unasked: what matters in a tick, who says it, and what makes him say it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .cast import persona_of
from .field import distance
from .rules import Battle, Event, Unit
from .view import BADLY_HURT

# At once, between two of one soldier, and between any two.
MOST_AT_ONCE = 2
SAME_MS, ANY_MS = 9000.0, 1500.0
# Who is further away sees nothing of a friend's fall.
NEAR_CELLS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bark:
    """A soldier's wish to say something.

    Args:
        label: Who.
        seen: What has happened to him, as he notices it.
        weight: How much it matters.
    """

    label: str
    seen: str
    weight: int


def barks(before: Battle, after: Battle, events: Iterable[Event], kills: Mapping[str, int]) -> list[Bark]:
    """Return what soldiers want to say after a tick, what matters most first.

    Args:
        before: The moment before.
        after: The moment after.
        events: What happened.
        kills: How many each soldier had felled before.
    """
    listed = tuple(events)
    fallen = [event.unit for event in listed if event.kind == "fall"]
    made = [bark for label in fallen for bark in _of_fall(after, label)]
    made += [bark for label in fallen for bark in _of_kill(after, label, listed, kills)]
    made += [
        Bark(label=unit.label, seen="You see blood on the ground.", weight=2)
        for unit in after.living()
        if unit.health <= BADLY_HURT < before.unit(unit.label).health
    ]
    made.sort(key=lambda bark: (-bark.weight, bark.label))
    return made


def killers(label: str, events: Iterable[Event]) -> list[str]:
    """Return who has hit a soldier in the tick in which he fell."""
    return [event.unit for event in events if event.kind == "hit" and event.target == label]


def _of_fall(after: Battle, label: str) -> list[Bark]:
    """The nearest friend says something."""
    gone = after.unit(label)
    friends = [unit for unit in after.living(gone.side) if distance(unit.cell, gone.cell) <= NEAR_CELLS]
    if not friends:
        return []
    nearest: Unit = min(friends, key=lambda unit: (distance(unit.cell, gone.cell), unit.number))
    return [Bark(label=nearest.label, seen=f"You see {persona_of(gone).name} fall.", weight=3)]


def _of_kill(after: Battle, label: str, events: Iterable[Event], kills: Mapping[str, int]) -> list[Bark]:
    """Whoever fells his first enemy says something."""
    living = [who for who in killers(label, events) if after.unit(who).is_alive and not kills.get(who)]
    return (
        [Bark(label=living[0], seen=f"You see {persona_of(after.unit(label)).name} fall.", weight=1)] if living else []
    )


class Restraint:
    """Lets few speak at a time. Owned by the game's loop."""

    def __init__(self) -> None:
        self._last_ms: dict[str, float] = {}
        self._any_ms = -ANY_MS

    def may(self, label: str, speaking: int, now_ms: float) -> bool:
        """Whether a soldier may say something now.

        Args:
            label: Who.
            speaking: How many are barking.
            now_ms: The time.
        """
        if speaking >= MOST_AT_ONCE or now_ms - self._any_ms < ANY_MS:
            return False
        return now_ms - self._last_ms.get(label, -SAME_MS) >= SAME_MS

    def said(self, label: str, now_ms: float) -> None:
        """Take note that a soldier says something."""
        self._last_ms[label] = self._any_ms = now_ms
