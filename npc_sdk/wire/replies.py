"""What the runtime's side has for the socket thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from npc_sdk.errors import NpcError
from npc_sdk.wire import messages as m
from npc_sdk.wire.feed import Feed


@dataclass(frozen=True, slots=True)
class Finish:
    """A request is over."""

    session: str
    id: int
    result: m.Result


@dataclass(frozen=True, slots=True)
class Fail:
    """A request has failed."""

    session: str
    id: int
    error: NpcError


@dataclass(frozen=True, slots=True)
class Fed:
    """Something has come in a feed, or its end may be sent now."""

    feed: Feed


@dataclass(frozen=True, slots=True)
class Report:
    """News for a session, or for all of them."""

    session: str | None
    kind: str
    data: Mapping[str, Any]


Reply: TypeAlias = Finish | Fail | Fed | Report


class Replies:
    """Takes replies from any thread and wakes the socket thread, which alone takes them out.

    Args:
        wake: Wakes the socket thread; safe from any thread.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: deque[Reply] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def finish(self, session: str, id: int, result: m.Result) -> None:
        """End a request."""
        self._put(Finish(session, id, result))

    def fail(self, session: str, id: int, error: NpcError) -> None:
        """End a request with an error."""
        self._put(Fail(session, id, error))

    def fed(self, feed: Feed) -> None:
        """Have a feed looked at."""
        self._put(Fed(feed))

    def report(self, kind: str, data: Mapping[str, Any], session: str | None = None) -> None:
        """Tell news to a session, or to all."""
        self._put(Report(session, kind, data))

    def take(self) -> Reply | None:
        """Return the oldest reply, or None."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def _put(self, reply: Reply) -> None:
        self._waiting.append(reply)
        self._wake()
