"""A character as it is stored: plain data, which only the runtime understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterRecord:
    """Everything that is needed to bring a character back.

    Args:
        owner: Whose it is; nobody else sees it.
        name: Its name with that owner.
        cast: Who it is: persona, world, actions and the like; plain data that never changes.
        kept: What it has become, as ``Npc.export`` returns it.
        saved_at: When it was last written, in seconds since 1970.
    """

    owner: str
    name: str
    cast: Mapping[str, Any]
    kept: Mapping[str, Any]
    saved_at: float = 0.0
