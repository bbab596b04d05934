"""The API that a game is written against: runtime, characters, turns, decisions, and what they cost."""

from __future__ import annotations

from npc_sdk.runtime.asynchronous import AsyncNpc, AsyncRuntime, AsyncTurn
from npc_sdk.runtime.budget import BudgetFinding, BudgetStatus, BudgetStep, Starving
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.clock import Clock, SystemClock
from npc_sdk.runtime.cost import Cost, DecodeCost, ReadCost, Source
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.events import ActionCall, ActionDropped, Sentence, SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.runtime.npc import Npc
from npc_sdk.runtime.runtime import Runtime
from npc_sdk.runtime.settings import RuntimeSettings
from npc_sdk.runtime.status import NpcStatus, RuntimeStatus
from npc_sdk.runtime.turn import Turn

__all__ = [
    "ActionCall",
    "ActionDropped",
    "AsyncNpc",
    "AsyncRuntime",
    "AsyncTurn",
    "BudgetFinding",
    "BudgetStatus",
    "BudgetStep",
    "Clock",
    "Cost",
    "Decision",
    "DecodeCost",
    "HistoryLine",
    "Npc",
    "NpcStatus",
    "ReadCost",
    "Runtime",
    "RuntimeSettings",
    "RuntimeStatus",
    "Sentence",
    "Source",
    "SpeechDelta",
    "Starving",
    "SystemClock",
    "Turn",
    "TurnEnd",
    "TurnEvent",
]
