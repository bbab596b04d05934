"""Decisions of many characters in one tick of a game: asked together, in time, mixed with the game's own scores."""

from __future__ import annotations

from npc_sdk.tactics.ask import Ask, Choice, ChoiceSource
from npc_sdk.tactics.loop import TacticalLoop, Tick
from npc_sdk.tactics.mix import log_shares, mixed_scores
from npc_sdk.tactics.sheet import CostSheet

__all__ = ["Ask", "Choice", "ChoiceSource", "CostSheet", "TacticalLoop", "Tick", "log_shares", "mixed_scores"]
