"""What the host's core wants done; the socket layer and the runtime do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from npc_sdk.wire import messages as m

Channel: TypeAlias = Literal["requests", "control"]


@dataclass(frozen=True, slots=True)
class Send:
    """Send frames to a route of a channel."""

    channel: Channel
    route: bytes
    frames: list[bytes]


@dataclass(frozen=True, slots=True)
class Opened:
    """A session has begun."""

    session: str
    owner: str
    client: m.Client


@dataclass(frozen=True, slots=True)
class Closed:
    """A session is over: end what runs for it and let its characters go; nothing is to be answered any more.

    Args:
        session: The session.
        owner: Whose characters they are.
        code: Why.
        is_forgotten: Whether the store must forget all characters of this owner.
    """

    session: str
    owner: str
    code: str
    is_forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Begin:
    """Run a request; exactly one ``finish`` or ``fail`` must follow."""

    session: str
    owner: str
    request: m.Request


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """End a request now with what it has; its ``finish`` or ``fail`` must still follow."""

    session: str
    id: int


@dataclass(frozen=True, slots=True)
class Hint:
    """The game says how its frames are doing."""

    session: str
    frame: m.Frame


@dataclass(frozen=True, slots=True)
class StatusAsked:
    """The game asks for figures; ``answer_status`` answers."""

    session: str
    n: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Take no new items from the turns of a session: too many wait for its client."""

    session: str


@dataclass(frozen=True, slots=True)
class Unpause:
    """Take items from the turns of a session again."""

    session: str


Output: TypeAlias = Send | Opened | Closed | Begin | CancelRequest | Hint | StatusAsked | Pause | Unpause
