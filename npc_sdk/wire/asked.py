"""One request of a client, from asking to its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from npc_sdk.wire import messages as m
from npc_sdk.wire.quota import TURNS
from npc_sdk.wire.stream import ReceivedStream

NOT_AGAIN = (*TURNS, m.NpcResult)


@dataclass(slots=True)
class Asked:
    """One request, from asking to its end.

    Args:
        request: What was asked.
        frames: The same as it travels.
        due_ms: When the peer ends it by itself.
        is_own: Whether the peer asked by itself; nobody is told of its end.
        is_sent: Whether it was sent in this session.
        is_told: Whether its end was told, while its stream runs on.
        is_cancelled: Whether it is to be cancelled.
    """

    request: m.Request
    frames: list[bytes]
    due_ms: float
    is_own: bool = False
    is_sent: bool = False
    is_told: bool = False
    is_cancelled: bool = False
    stream: ReceivedStream = field(default_factory=ReceivedStream)

    @property
    def is_turn(self) -> bool:
        """Whether the game waits for an answer and has one of its own if none comes."""
        return isinstance(self.request, TURNS)

    @property
    def may_go_again(self) -> bool:
        """Whether it may be sent to a host that was started again, though it may have run before."""
        return not isinstance(self.request, NOT_AGAIN)
