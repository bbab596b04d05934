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
        BudgetFinding,
        BudgetStatus,
        BudgetStep,
        Cost,
        Decision,
        HistoryLine,
        Npc,
        Runtime,
        RuntimeSettings,
        RuntimeStatus,
        Sentence,
        SpeechDelta,
        Starving,
        Turn,
        TurnEnd,
        TurnEvent,
    )
    from npc_sdk.wire.async_client import AsyncClient, AsyncRemoteNpc
    from npc_sdk.wire.client import Client, connect
    from npc_sdk.wire.client_events import ClientEvent, ClientStopped, HostFound, HostLost, HostNews, RequestLost
    from npc_sdk.wire.launch import LaunchedClient, launch
    from npc_sdk.wire.remote_npc import RemoteNpc

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
        "BudgetFinding",
        "BudgetStatus",
        "BudgetStep",
        "Cost",
        "Decision",
        "HistoryLine",
        "Npc",
        "Runtime",
        "RuntimeSettings",
        "RuntimeStatus",
        "Sentence",
        "SpeechDelta",
        "Starving",
        "Turn",
        "TurnEnd",
        "TurnEvent",
    ),
    "wire.async_client": ("AsyncClient", "AsyncRemoteNpc"),
    "wire.client": ("Client", "connect"),
    "wire.client_events": ("ClientEvent", "ClientStopped", "HostFound", "HostLost", "HostNews", "RequestLost"),
    "wire.launch": ("LaunchedClient", "launch"),
    "wire.remote_npc": ("RemoteNpc",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "Action",
    "ActionCall",
    "ActionDropped",
    "ActionError",
    "AsyncClient",
    "AsyncNpc",
    "AsyncRemoteNpc",
    "AsyncRuntime",
    "AsyncTurn",
    "BackendError",
    "BudgetFinding",
    "BudgetStatus",
    "BudgetStep",
    "CapacityError",
    "Client",
    "ClientEvent",
    "ClientStopped",
    "Cost",
    "DeadlineError",
    "Decision",
    "EngineCrashError",
    "HistoryLine",
    "HostFound",
    "HostLost",
    "HostNews",
    "LaunchedClient",
    "LiveWorld",
    "ModelError",
    "Npc",
    "NpcError",
    "Persona",
    "PersonaError",
    "PromptError",
    "ProtocolError",
    "RemoteNpc",
    "RequestError",
    "RequestLost",
    "Runtime",
    "RuntimeSettings",
    "RuntimeStatus",
    "Sentence",
    "SpeechDelta",
    "Starving",
    "StateError",
    "Turn",
    "TurnEnd",
    "TurnEvent",
    "Vocabulary",
    "VocabularyName",
    "World",
    "__version__",
    "connect",
    "launch",
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
