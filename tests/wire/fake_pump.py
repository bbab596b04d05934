"""A pump that sends nothing: a test says what becomes of each request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from npc_sdk.errors import NpcError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.desk import Desk
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.peer_outputs import Over


class FakePump:
    """Keeps what was asked, in order.

    Args:
        limits: Of the host.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.lock = threading.RLock()
        self.peer = SimpleNamespace(limits=limits or Limits(), state="connected")
        self.asked: list[tuple[Any, Any]] = []
        self.told: list[Callable[..., Any]] = []
        self.is_closed = False

    @property
    def requests(self) -> list[Any]:
        """What was asked."""
        return [request for request, _ in self.asked]

    def ask(self, build: Callable[[int], m.Request], awaited: Any) -> int:
        """Keep a request."""
        if self.is_closed:
            raise StateError("Closed.", code="closed")
        request = build(len(self.asked) + 1)
        self.asked.append((request, awaited))
        return request.id

    def tell(self, act: Callable[..., Any]) -> None:
        """Keep what the core should do."""
        self.told.append(act)

    def wait(self, is_done: Callable[[], bool], limit_s: float) -> bool:
        """Wait for nothing."""
        return is_done()

    def over(self, number: int, result: m.Result | None = None, error: NpcError | None = None, **fields: Any) -> None:
        """End a request, counted from 0."""
        request, awaited = self.asked[number]
        failure = None if error is None else m.Failure.of(error)
        awaited.over(Over(request.id, result=result, error=failure, **fields))


def fake_desk(pump: FakePump, **options: Any) -> Desk:
    """Return a desk over it."""
    return Desk(pump, **{"deadline_ms": 1000.0, "on_event": None, **options})  # type: ignore[arg-type]
