"""Where characters live: the value that a world file holds."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from npc_sdk.persona.record import Record
from npc_sdk.persona.shipped import Kind, shipped_names
from npc_sdk.persona.text import TextRule


class World(Record):
    """The setting that characters share and that is read once for all of them; immutable and hashable.

    Args:
        name: What the place or the game is called.
        setting: What everybody there takes for granted.
        facts: What everybody there knows, one short plain sentence each.
    """

    kind: ClassVar[Kind] = "world"

    name: Annotated[str, TextRule(limit=64, required=True)]
    setting: Annotated[str, TextRule(limit=4000, lines=True)] = ""
    facts: Annotated[tuple[Annotated[str, TextRule(limit=600, required=True)], ...], Field(max_length=64)] = ()


def shipped_worlds() -> tuple[str, ...]:
    """Return the names for :meth:`World.shipped`, sorted."""
    return shipped_names("world")
