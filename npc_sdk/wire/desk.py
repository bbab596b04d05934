"""What the characters of one client share: the way to the host, and the calls that the game gets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from npc_sdk.errors import BackendError, DeadlineError, RequestError
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.runtime.follow import LONGEST_WAIT_S, Follow
from npc_sdk.runtime.mailbox import Log
from npc_sdk.wire import messages as m
from npc_sdk.wire.answer import Answer, failure_of
from npc_sdk.wire.client_events import ClientEvent, RequestLost
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.peer_outputs import Over
from npc_sdk.wire.pump import Awaited, Pump

Body = TypeVar("Body", bound=m.Request)
Item = TypeVar("Item")

CALL_LIMIT_S = 30.0


def machine_ms() -> float:
    """Return milliseconds of the machine's monotonic clock."""
    return time.monotonic() * 1000.0


class Desk:
    """Every method may be called from any thread.

    Args:
        pump: The way to the host.
        deadline_ms: Deadline of a turn or a decision for which the game names none.
        on_event: Gets news of the connection and of the host when the game polls; None when nobody wants them.
    """

    def __init__(self, pump: Pump, *, deadline_ms: float, on_event: Callable[[ClientEvent], None] | None) -> None:
        self.pump = pump
        self.deadline_ms = deadline_ms
        self._on_event = on_event
        self._calls: deque[Callable[[], None]] = deque()
        self._is_calling = False

    @property
    def limits(self) -> Limits:
        """What the host accepts."""
        return self.pump.peer.limits

    @property
    def is_lost(self) -> bool:
        """Whether nothing is heard of the host."""
        return self.pump.peer.state == "lost"

    # Calls for the game.

    @property
    def has_calls(self) -> bool:
        """Whether the game waits to be called."""
        return bool(self._calls)

    def call_later(self, call: Callable[[], None]) -> None:
        """Have the game called when it polls."""
        self._calls.append(call)

    def tell(self, event: ClientEvent) -> None:
        """Have the game told news when it polls."""
        if self._on_event is not None:
            self._calls.append(partial(self._on_event, event))

    def make_calls(self) -> int:
        """Call the game; returns how often. Nothing happens inside such a call."""
        if not self._calls or self._is_calling:
            return 0
        self._is_calling = True
        count = 0
        try:
            # What these calls bring about waits for the next poll.
            for _ in range(len(self._calls)):
                self._calls.popleft()()
                count += 1
        finally:
            self._is_calling = False
        return count

    # Asking.

    def quiet(self, npc: str, request: str) -> Answer:
        """Return what takes the end of a request that nobody waits for: a failure is told as news."""
        return Answer(partial(self._quietly_over, npc, request))

    def _quietly_over(self, npc: str, request: str, over: Over) -> None:
        if over.error is not None and over.error.code != "closed":
            self.tell(RequestLost(npc=npc, request=request, error=failure_of(over)))

    def ask(self, kind: type[Body], awaited: Awaited, **fields: Any) -> int:
        """Send a request; returns its id.

        Args:
            kind: What to ask.
            awaited: Gets its end.
            **fields: What is in it.

        Raises:
            RequestError: It cannot be sent as it is.
            StateError: The client is closed (``closed``).
        """
        return self.pump.ask(lambda id: request_of(kind, id=id, **fields), awaited)

    def answered(self, kind: type[Body], *, answer: Answer | None = None, **fields: Any) -> m.Result:
        """Send a request and wait for what it comes to.

        Raises:
            NpcError: What the host says went wrong.
            BackendError: The host is lost (``host_lost``).
            DeadlineError: It does not answer (``no_answer``).
        """
        self.require_host()
        waiting = Answer() if answer is None else answer
        self.ask(kind, waiting, **fields)
        self.wait(lambda: waiting.is_over or self.is_lost, CALL_LIMIT_S)
        if not waiting.is_over:
            self.require_host()
            raise DeadlineError("The host does not answer.", "Ask again.", code="no_answer")
        return waiting.result()

    def require_host(self) -> None:
        """Raise :class:`BackendError` (``host_lost``) when nothing is heard of the host."""
        if self.is_lost:
            raise BackendError(
                "Nothing is heard of the host.", "It is tried again; ask when it is back.", code="host_lost"
            )

    # Waiting.

    def wait(self, is_done: Callable[[], bool], limit_s: float) -> bool:
        """Move messages until something is done; returns False when the time is up."""
        return self.pump.wait(is_done, min(limit_s, LONGEST_WAIT_S))

    def follow(self, log: Log[Item], deadline_ms: float) -> Follow[Item]:
        """Return how the game follows a log."""
        return PumpedFollow(log, self, deadline_ms=deadline_ms)


class PumpedFollow(Follow[Item]):
    """Follows a log that only grows when somebody moves messages; whoever waits does so.

    Args:
        log: What to read.
        desk: Moves messages.
        deadline_ms: When the log ends at last, counted from now.
    """

    def __init__(self, log: Log[Item], desk: Desk, *, deadline_ms: float) -> None:
        super().__init__(log, SystemClock(), deadline_ms=deadline_ms)
        self._desk = desk

    def _is_done_in(self, is_done: Callable[[], bool], limit_s: float) -> bool:
        return self._desk.wait(is_done, limit_s)


def request_of(kind: type[Body], **fields: Any) -> Body:
    """Return a request.

    Raises:
        RequestError: A value cannot be sent (``bad_request``); ``details["field"]`` names it.
    """
    try:
        return kind(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"]))[:200]
        raise RequestError(
            f"The value of {field!r} cannot be used: {first['msg']}.", "Change it.", field=field
        ) from error
