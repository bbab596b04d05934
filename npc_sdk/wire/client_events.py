"""News of the connection and of the host, for a game that wants to show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from npc_sdk.errors import NpcError


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFound:
    """The host answers, for the first time or again.

    Args:
        host_id: Names this run of the host.
        model: Name of its model, empty while none is loaded.
        is_resumed: Whether everything goes on where it was; False after the host was started again.
    """

    host_id: str
    model: str
    is_resumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLost:
    """Nothing is heard of the host; characters answer with their fallback lines until it is found again.

    Args:
        error: What is known about it.
    """

    error: NpcError


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStopped:
    """The connection has ended for good: it was refused, or the client was closed.

    Args:
        error: Why.
    """

    error: NpcError


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNews:
    """The host tells something, such as ``engine_down`` or ``budget_step``; kinds may be added.

    Args:
        kind: What it is about; ``npc_lost`` is a character that could not be brought back.
        data: What there is to say about it.
    """

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLost:
    """Something that nobody waited for has failed, such as an observation.

    Args:
        npc: The character it was for.
        request: What it was, such as ``npc.observe``.
        error: What went wrong.
    """

    npc: str
    request: str
    error: NpcError


ClientEvent: TypeAlias = HostFound | HostLost | ClientStopped | HostNews | RequestLost
