"""What becomes of one request: somebody waits for it, or nobody does."""

from __future__ import annotations

from collections.abc import Callable

from npc_sdk.errors import NpcError, ProtocolError
from npc_sdk.wire import messages as m
from npc_sdk.wire.peer_outputs import Over


class Answer:
    """The end of a request that has no events. Not thread safe; owned by whoever holds the pump's lock.

    Args:
        on_over: Called once, with the end; None when somebody looks at :attr:`is_over`.
    """

    def __init__(self, on_over: Callable[[Over], None] | None = None) -> None:
        self._on_over = on_over
        self._over: Over | None = None

    @property
    def is_over(self) -> bool:
        """Whether the end is there; safe from any thread."""
        return self._over is not None

    def item(self, event: m.EventBody) -> None:
        """Pass over an event; none is expected."""

    def over(self, over: Over) -> None:
        """Take the end."""
        self._over = over
        if self._on_over is not None:
            self._on_over(over)

    def result(self) -> m.Result:
        """Return what it came to; only when it is over.

        Raises:
            NpcError: What the host says went wrong.
        """
        over = self._over
        if over is None or over.result is None:
            raise failure_of(over)
        return over.result


def failure_of(over: Over | None) -> NpcError:
    """Return the error of a request that has failed."""
    if over is not None and over.error is not None:
        return over.error.to_error()
    return ProtocolError("The host has ended a request without a result.", "Use a host that speaks this protocol.")


def code_of(over: Over) -> str:
    """Return the code of what went wrong."""
    return over.error.code if over.error is not None else "bad_message"
