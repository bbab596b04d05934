"""Gives game characters a mind on the player's own machine.

The public names are loaded when they are first used, so that ``import npc_sdk`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from npc_sdk._version import __version__

if TYPE_CHECKING:
    from npc_sdk.actions import Action, LiveWorld, Vocabulary, VocabularyName
    from npc_sdk.errors import (
        ActionError,
        BackendError,
        CapacityError,
        DeadlineError,
        EngineCrashError,
        ModelError,
        NpcError,
        PersonaError,
        PromptError,
        ProtocolError,
        RequestError,
        StateError,
    )
    from npc_sdk.persona import Persona, World
    from npc_sdk.runtime import (
        ActionCall,
        ActionDropped,
        AsyncNpc,
        AsyncRuntime,
        AsyncTurn,
        Cost,
        Decision,
        HistoryLine,
        Npc,
        Runtime,
        RuntimeSettings,
        RuntimeStatus,
        Sentence,
        SpeechDelta,
        Turn,
        TurnEnd,
        TurnEvent,
    )

_ROOMS = {
    "actions": ("Action", "LiveWorld", "Vocabulary", "VocabularyName"),
    "errors": (
        "ActionError",
        "BackendError",
        "CapacityError",
        "DeadlineError",
        "EngineCrashError",
        "ModelError",
        "NpcError",
        "PersonaError",
        "PromptError",
        "ProtocolError",
        "RequestError",
        "StateError",
    ),
    "persona": ("Persona", "World"),
    "runtime": (
        "ActionCall",
        "ActionDropped",
        "AsyncNpc",
        "AsyncRuntime",
        "AsyncTurn",
        "Cost",
        "Decision",
        "HistoryLine",
        "Npc",
        "Runtime",
        "RuntimeSettings",
        "RuntimeStatus",
        "Sentence",
        "SpeechDelta",
        "Turn",
        "TurnEnd",
        "TurnEvent",
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Action",
    "ActionCall",
    "ActionDropped",
    "ActionError",
    "AsyncNpc",
    "AsyncRuntime",
    "AsyncTurn",
    "BackendError",
    "CapacityError",
    "Cost",
    "DeadlineError",
    "Decision",
    "EngineCrashError",
    "HistoryLine",
    "LiveWorld",
    "ModelError",
    "Npc",
    "NpcError",
    "Persona",
    "PersonaError",
    "PromptError",
    "ProtocolError",
    "RequestError",
    "Runtime",
    "RuntimeSettings",
    "RuntimeStatus",
    "Sentence",
    "SpeechDelta",
    "StateError",
    "Turn",
    "TurnEnd",
    "TurnEvent",
    "Vocabulary",
    "VocabularyName",
    "World",
    "__version__",
]


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
