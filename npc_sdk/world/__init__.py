"""What characters keep when the host ends: one SQLite file."""

from __future__ import annotations

from npc_sdk.world.record import CharacterRecord
from npc_sdk.world.store import CharacterStore

__all__ = ["CharacterRecord", "CharacterStore"]
