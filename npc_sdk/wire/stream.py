"""The stream of one request, at the side that sends it and at the side that receives it.

Items are numbered from 0 and the last one is an ``end`` or an ``error``. The sender keeps what was not acknowledged,
and sends it again from wherever the receiver stopped; the receiver lets every number through once, in order.

    sender     first ... sent ... next_seq           acknowledge moves first, rewind moves sent back to it
    receiver   next_seq                              smaller: a double; larger: a gap, so say hello and resume
"""

from __future__ import annotations

from collections import deque
from typing import Literal, TypeAlias

Arrival: TypeAlias = Literal["new", "double", "gap"]


class SentStream:
    """What the host keeps of one request. Not thread safe; owned by its session.

    Args:
        id: The request.
    """

    __slots__ = ("_first", "_kept", "_reached", "bytes", "id", "is_over", "is_queued", "is_repeated", "sent")

    def __init__(self, id: int) -> None:
        self.id = id
        self.is_over = False
        self.is_repeated = False
        self.is_queued = False
        self.sent = 0
        self.bytes = 0
        self._kept: deque[list[bytes]] = deque()
        self._first = 0
        self._reached = 0

    @property
    def next_seq(self) -> int:
        """The number of the item that is added next."""
        return self._first + len(self._kept)

    @property
    def kept(self) -> int:
        """Items that are kept."""
        return len(self._kept)

    @property
    def unacked(self) -> int:
        """Items that were sent and not acknowledged."""
        return self.sent - self._first

    @property
    def has_unsent(self) -> bool:
        """Whether an item waits to be sent."""
        return self.sent < self.next_seq

    @property
    def is_finished(self) -> bool:
        """Whether the last item was acknowledged."""
        return self.is_over and not self._kept

    def add(self, frames: list[bytes], *, is_last: bool = False) -> None:
        """Append an item; nothing may follow the last one."""
        self._kept.append(frames)
        self.bytes += sum(map(len, frames))
        self.is_over = is_last

    def send(self) -> list[bytes]:
        """Return the next item to send, and count it as sent; only when :attr:`has_unsent`."""
        frames = self._kept[self.sent - self._first]
        self.sent += 1
        self._reached = max(self._reached, self.sent)
        return frames

    def acknowledge(self, next_seq: int) -> None:
        """Forget the items before a number, as far as they were ever sent."""
        for _ in range(min(next_seq, self._reached) - self._first):
            self.bytes -= sum(map(len, self._kept.popleft()))
            self._first += 1
        self.sent = max(self.sent, self._first)

    def rewind(self) -> None:
        """Send everything again that was not acknowledged."""
        self.sent = self._first


class ReceivedStream:
    """How far the stream of one request has arrived. Not thread safe; owned by its peer."""

    __slots__ = ("acked", "next_seq")

    def __init__(self) -> None:
        self.next_seq = 0
        self.acked = 0

    @property
    def unacked(self) -> int:
        """Items that arrived and were not acknowledged."""
        return self.next_seq - self.acked

    def take(self, seq: int) -> Arrival:
        """Say what an item is; a new one moves :attr:`next_seq` on."""
        if seq < self.next_seq:
            return "double"
        if seq > self.next_seq:
            return "gap"
        self.next_seq += 1
        return "new"
