"""One client's stay at the host, without sockets and without a clock.

A session lives longer than its connections. Its streams are kept until the client has acknowledged them; what is sent
ahead of the acknowledgements is bounded by a window, what is kept at all by a queue:

    items ──▶ kept ──window──▶ sent ──▶ acknowledged, forgotten
               │
               └── too many: pause its turns; twice as many: the reader is too slow, the session ends

    state      heard      bound      silent     unsent
    present    present    present    away       away
    away       present    present    away       away

``present`` sends; ``away`` keeps. ``bound`` is a hello on a new connection, ``unsent`` a route that has gone, which
also unbinds it: only a hello brings such a session back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Literal, TypeAlias

from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.outputs import Output, Pause, Send, Unpause
from npc_sdk.wire.quota import Quota
from npc_sdk.wire.stream import SentStream

State: TypeAlias = Literal["present", "away"]
Sign: TypeAlias = Literal["heard", "bound", "silent", "unsent"]
Standing: TypeAlias = Literal["new", "open", "over", "forgotten"]

NEXT: dict[tuple[State, Sign], State] = {
    ("present", "heard"): "present",
    ("present", "bound"): "present",
    ("present", "silent"): "away",
    ("present", "unsent"): "away",
    ("away", "heard"): "present",
    ("away", "bound"): "present",
    ("away", "silent"): "away",
    ("away", "unsent"): "away",
}


class Session:
    """One client's stay. Not thread safe; owned by the host's core.

    Args:
        name: Names it on the wire.
        owner: Whose characters are in it.
        hello: What it was opened with.
        limits: What holds for it.
    """

    def __init__(self, *, name: str, owner: str, hello: m.Hello, limits: Limits) -> None:
        self.name = name
        self.owner = owner
        self.instance = hello.instance
        self.client = hello.client
        self.attempt = 0
        self.limits = limits
        self.quota = Quota(limits)
        self.state: State = "present"
        self.route: bytes | None = None
        self.control: bytes | None = None
        self.heard_ms = 0.0
        self.stalled_ms: float | None = None
        self.requests = 0
        self.notices = 0
        self._streams: dict[int, SentStream] = {}
        self._over: set[int] = set()
        self._below = 0
        self._ready: deque[SentStream] = deque()
        self._unacked = 0
        self._kept = 0
        self._bytes = 0
        self._forgotten_items = 0
        self._is_paused = False

    @property
    def items(self) -> int:
        """Items that were sent, each counted once; what is to be sent again does not count until it is."""
        return self._forgotten_items + sum(stream.sent for stream in self._streams.values())

    @property
    def open_requests(self) -> int:
        """Requests that run or whose end was not acknowledged."""
        return len(self._streams)

    @property
    def remembered(self) -> int:
        """Requests that are over and still under their id."""
        return len(self._over)

    @property
    def is_overfull(self) -> bool:
        """Whether more is kept than a paused session can still bring."""
        return self._kept > 2 * self.limits.max_events_queued or self._bytes > 2 * self.limits.max_bytes_queued

    def sign(self, sign: Sign, now_ms: float) -> list[Output]:
        """Take a sign of life, or of its absence."""
        self.state = NEXT[self.state, sign]
        if sign == "unsent":
            self.route = None
        elif sign in ("heard", "bound"):
            self.heard_ms = now_ms
        return self._pump(now_ms)

    def standing(self, id: int) -> Standing:
        """Say what is known of a request."""
        if id in self._streams:
            return "open"
        if id < self._below:
            return "forgotten"
        return "over" if id in self._over else "new"

    def open(self, id: int) -> None:
        """Begin the stream of a new request."""
        self._streams[id] = SentStream(id)
        self.requests += 1

    def next_seq(self, id: int) -> int | None:
        """Return the number of the next item of a request; None when nothing can follow."""
        stream = self._streams.get(id)
        return None if stream is None or stream.is_over else stream.next_seq

    def add(self, id: int, frames: list[bytes], now_ms: float, *, is_last: bool = False) -> list[Output]:
        """Append an item to a stream that :meth:`next_seq` has a number for, and send what the window lets through."""
        stream = self._streams[id]
        stream.add(frames, is_last=is_last)
        self._kept += 1
        self._bytes += sum(map(len, frames))
        self._queue(stream)
        return [*self._pump(now_ms), *self._pressure()]

    def acknowledge(self, ack: m.Ack, now_ms: float) -> list[Output]:
        """Forget what has arrived."""
        for receipt in ack.upto:
            stream = self._streams.get(receipt.id)
            if stream is not None:
                self._forget_items(stream, receipt.seq + 1)
        if ack.below > self._below:
            self._below = ack.below
            self._over = {id for id in self._over if id >= ack.below}
            for id in [id for id in self._streams if id < ack.below]:
                self._drop(self._streams[id])
        self.stalled_ms = None
        return [*self._pump(now_ms), *self._pressure()]

    def repeat(self, id: int, now_ms: float) -> list[Output] | None:
        """Send a stream again because its request came again; None when that was done on this connection already."""
        stream = self._streams[id]
        if stream.is_repeated:
            return None
        stream.is_repeated = True
        self._rewind(stream)
        return self._pump(now_ms)

    def resume(self, points: Iterable[m.StreamPoint]) -> list[int]:
        """Go back to where the client is; returns the requests that it names and that are not known."""
        wanted = {point.id: point.next_seq for point in points}
        for stream in list(self._streams.values()):
            stream.is_repeated = False
            self._forget_items(stream, wanted.get(stream.id, stream.next_seq))
            self._rewind(stream)
        self.stalled_ms = None
        return [id for id in wanted if self.standing(id) == "new"]

    def due_ms(self) -> float:
        """Return when the state may change by itself."""
        silence_ms = self.limits.session_ttl_ms if self.state == "away" else self.limits.lost_ms
        due_ms = self.heard_ms + silence_ms
        return due_ms if self.stalled_ms is None else min(due_ms, self.stalled_ms + self.limits.slow_reader_ms)

    def is_expired(self, now_ms: float) -> bool:
        """Whether nothing was heard for too long."""
        return now_ms - self.heard_ms >= self.limits.session_ttl_ms

    def is_slow(self, now_ms: float) -> bool:
        """Whether the reader is too slow to go on with."""
        stalled_ms = self.stalled_ms
        return self.is_overfull or (stalled_ms is not None and now_ms - stalled_ms >= self.limits.slow_reader_ms)

    def _queue(self, stream: SentStream) -> None:
        if not stream.is_queued and stream.has_unsent:
            stream.is_queued = True
            self._ready.append(stream)

    def _rewind(self, stream: SentStream) -> None:
        self._unacked -= stream.unacked
        stream.rewind()
        self._queue(stream)

    def _forget_items(self, stream: SentStream, next_seq: int) -> None:
        kept, size, unacked = stream.kept, stream.bytes, stream.unacked
        stream.acknowledge(next_seq)
        self._kept -= kept - stream.kept
        self._bytes -= size - stream.bytes
        self._unacked -= unacked - stream.unacked
        if stream.is_finished:
            self._over.add(stream.id)
            self._drop(stream)

    def _drop(self, stream: SentStream) -> None:
        del self._streams[stream.id]
        self._kept -= stream.kept
        self._bytes -= stream.bytes
        self._unacked -= stream.unacked
        self._forgotten_items += stream.sent
        if stream.is_queued:
            self._ready.remove(stream)

    def _pump(self, now_ms: float) -> list[Output]:
        route = self.route
        if route is None or self.state != "present":
            self.stalled_ms = None
            return []
        out: list[Output] = []
        while self._ready and self._unacked < self.limits.max_events_unacked:
            stream = self._ready.popleft()
            stream.is_queued = False
            if stream.has_unsent:
                out.append(Send("requests", route, stream.send()))
                self._unacked += 1
                self._queue(stream)
        if not self._ready:
            self.stalled_ms = None
        elif self.stalled_ms is None:
            self.stalled_ms = now_ms
        return out

    def _pressure(self) -> list[Output]:
        items, size = self.limits.max_events_queued, self.limits.max_bytes_queued
        if not self._is_paused and (self._kept >= items or self._bytes >= size):
            self._is_paused = True
            return [Pause(self.name)]
        if self._is_paused and self._kept <= items // 2 and self._bytes <= size // 2:
            self._is_paused = False
            return [Unpause(self.name)]
        return []
