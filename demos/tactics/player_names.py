"""The players that can be named in ``--squads``, in one table.

A player plays one side of a battle; the person at the window is one of them and is called ``player``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A player that can be named.

    Args:
        shown: What the picture calls it.
        has_model: Whether a model plays.
        is_person: Whether the person at the window leads the side.
    """

    shown: str
    has_model: bool = False
    is_person: bool = False


NAMED: Final[Mapping[str, Named]] = {
    "model": Named(shown="model", has_model=True),
    "mixed": Named(shown="model + rules", has_model=True),
    "utility": Named(shown="rules"),
    "random": Named(shown="chance"),
    "still": Named(shown="still"),
    "player": Named(shown="you", is_person=True),
}
# Those who need no window.
PLAYERS: Final = tuple(name for name, each in NAMED.items() if not each.is_person)


def has_model(name: str) -> bool:
    """Whether a model plays under a name; under one that is not in the table, none does."""
    return name in NAMED and NAMED[name].has_model


def is_person(name: str) -> bool:
    """Whether a name is that of the person at the window."""
    return name in NAMED and NAMED[name].is_person
