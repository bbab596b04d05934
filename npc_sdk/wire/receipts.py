"""What has arrived at a client, and what of it was acknowledged."""

from __future__ import annotations

from collections.abc import Iterable

from npc_sdk.wire import messages as m


class Receipts:
    """Counts items and makes acknowledgements of them. Not thread safe; owned by its book.

    Args:
        every: Acknowledge after so many items.
        after_ms: Acknowledge at last so long after the first of them.
    """

    def __init__(self, *, every: int, after_ms: float) -> None:
        self.items = 0
        self._every = every
        self._after_ms = after_ms
        self._pending = 0
        self._since_ms: float | None = None
        self._finished: dict[int, int] = {}

    def reset(self) -> None:
        """Forget everything: a new session has begun."""
        self.items = 0
        self.resumed()

    def resumed(self) -> None:
        """Forget what the hello has said."""
        self._pending = 0
        self._since_ms = None
        self._finished.clear()

    def arrived(self, now_ms: float) -> None:
        """Count an item."""
        self.items += 1
        self._pending += 1
        if self._since_ms is None:
            self._since_ms = now_ms

    def finished(self, id: int, seq: int) -> None:
        """Take note of the last item of a request."""
        self._finished[id] = seq

    def due_ms(self) -> float | None:
        """Return when to acknowledge; None when there is nothing."""
        return None if self._since_ms is None else self._since_ms + self._after_ms

    def is_due(self, now_ms: float) -> bool:
        """Whether to acknowledge now."""
        due_ms = self.due_ms()
        return self._pending >= self._every or (due_ms is not None and now_ms >= due_ms)

    def ack(self, below: int, running: Iterable[tuple[int, int]], limit: int) -> m.Ack:
        """Return the message that acknowledges everything; one that was lost is made up for by the next.

        Args:
            below: The first request that is not over.
            running: Requests that run, each with the last item that has arrived.
            limit: Most receipts of one message.
        """
        self._finished = {id: seq for id, seq in self._finished.items() if id >= below}
        upto = [m.Receipt(id=id, seq=seq) for id, seq in (*self._finished.items(), *running)]
        self._pending = 0
        self._since_ms = None
        return m.Ack(below=below, upto=tuple(upto[-limit:]))
