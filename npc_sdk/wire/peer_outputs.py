"""What the client's core wants done or told; the socket layer does it, the game is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from npc_sdk.wire import messages as m
from npc_sdk.wire.outputs import Channel


@dataclass(frozen=True, slots=True)
class ToHost:
    """Send frames on a channel; ones that cannot be sent are dropped."""

    channel: Channel
    frames: list[bytes]


@dataclass(frozen=True, slots=True)
class Connect:
    """Throw the sockets away, read the connection file again, and make fresh ones."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The host has welcomed this client."""

    welcome: m.Welcome


@dataclass(frozen=True, slots=True)
class Lost:
    """Nothing is heard of the host; the peer goes on trying."""

    failure: m.Failure


@dataclass(frozen=True, slots=True)
class Stopped:
    """The peer has ended for good: it was refused or closed."""

    failure: m.Failure


@dataclass(frozen=True, slots=True)
class Item:
    """Something has happened in a request that runs on."""

    id: int
    event: m.EventBody


@dataclass(frozen=True, slots=True)
class Over:
    """A request has ended; told exactly once for each.

    Args:
        id: The request.
        result: What it came to, or None.
        error: What went wrong, or None.
        is_local: Whether the peer ended it by itself, because the host did not.
    """

    id: int
    result: m.Result | None = None
    error: m.Failure | None = None
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class NoticeCame:
    """News of the host, or of the peer itself (``npc_lost``: a character could not be spawned again)."""

    news: m.News


@dataclass(frozen=True, slots=True)
class StatusCame:
    """The answer to a question for figures."""

    n: int
    status: m.Document


PeerOutput: TypeAlias = ToHost | Connect | Connected | Lost | Stopped | Item | Over | NoticeCame | StatusCame
