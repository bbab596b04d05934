"""The client's side of the protocol: bytes and times in, bytes and news out; no sockets, no clock.

    connecting ──welcome──▶ connected ──no_session, a gap, a loss──▶ resuming ──welcome──▶ connected
        │                       │                                       │
        └──lost_ms──▶ lost ◀────┴──lost_ms of silence───────────────────┘
                      lost ──welcome──▶ connected        any ──refused for good──▶ refused    any ──close──▶ closed

While the connection is in doubt (``resuming``), turns wait. When it is ``lost``, turns and decisions end at once, so
that the game has its answer, and other requests wait for the host to come back. In both states a ``hello`` is sent
again and again, with growing pauses, each time on a fresh connection.

Each request ends exactly once for whoever asked: by the host, or by the peer (``is_local``). A stream whose request the
peer has ended runs on unseen until the host's own end, so that both sides go on counting alike.

A loss inside a connection shows in the numbers of items, and in the figures of ``pong``, which comes after all items
that were sent before it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

from npc_sdk.errors import ProtocolError, RequestError
from npc_sdk.wire import failures
from npc_sdk.wire import messages as m
from npc_sdk.wire.asked import Asked
from npc_sdk.wire.backoff import Backoff
from npc_sdk.wire.book import Book
from npc_sdk.wire.codec import decode, encode
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.outputs import Channel
from npc_sdk.wire.peer_config import PeerConfig
from npc_sdk.wire.peer_outputs import (
    Connect,
    Connected,
    Item,
    Lost,
    NoticeCame,
    Over,
    PeerOutput,
    StatusCame,
    Stopped,
    ToHost,
)
from npc_sdk.wire.receipts import Receipts
from npc_sdk.wire.standing import Standing

__all__ = ["Peer", "PeerConfig", "State"]

State: TypeAlias = Literal["new", "connecting", "connected", "resuming", "lost", "refused", "closed"]

ACK_EVERY = 64
ACK_AFTER_MS = 250.0
HELLO_AGAIN_MS = 1000.0
FINAL_ENDS = frozenset({"replaced", "too_many_faults", "bye"})
PASSING_REFUSALS = frozenset({"too_many_sessions", "closing", "stale_attempt"})


class Peer:
    """One client. Not thread safe; owned by whoever polls the sockets.

    Everything that has arrived must be given to :meth:`receive` before :meth:`tick`.

    Args:
        config: How to behave.
    """

    def __init__(self, config: PeerConfig) -> None:
        self.state: State = "new"
        self.token = config.token
        self.owner_key = config.owner_key
        self.limits: Limits = DEFAULT_LIMITS
        self.faults = 0
        self._config = config
        self._session: str | None = None
        self._attempt = 0
        self._is_attached = False
        self._receipts = Receipts(every=ACK_EVERY, after_ms=ACK_AFTER_MS)
        self._book = Book(self._receipts)
        self._standing = Standing()
        self._frame: m.Frame | None = None
        self._backoff = Backoff(first_ms=config.retry_ms, limit_ms=config.retry_limit_ms, seed=config.seed)
        self._heard_ms: dict[Channel, float] = {}
        self._doubt_ms = 0.0
        self._hello_ms = 0.0
        self._ping_ms = 0.0
        self._pings = 0
        self._requests_at_ping: dict[int, int] = {}
        self._readers: dict[type[m.Message], Callable[[Any, Channel, float], list[PeerOutput]]] = {
            m.Event: self._event,
            m.End: self._end,
            m.Error: self._error,
            m.Notice: self._notice,
            m.Pong: self._pong,
            m.Welcome: self._welcome,
            m.Refused: self._refused,
            m.Attached: self._attached,
            m.SessionEnded: self._session_ended,
            m.StatusReply: self._status,
        }

    @property
    def open_requests(self) -> int:
        """Requests that were asked and have not ended, also unseen ones."""
        return len(self._book)

    # What the game asks.

    def start(self, now_ms: float) -> list[PeerOutput]:
        """Begin to connect."""
        self.state = "connecting"
        self._doubt_ms = now_ms
        return self._hello(now_ms, is_fresh=True)

    def next_id(self) -> int:
        """Return the id for the next request; :meth:`ask` that request before taking another."""
        return self._book.next_id()

    def ask(self, request: m.Request, now_ms: float) -> list[PeerOutput]:
        """Send a request, now or when the host is there.

        Raises:
            StateError: The peer was closed or refused (``closed``).
            RequestError: The host could not take it: it is too large, too long or too deep.
            CapacityError: Too many requests are open (``too_many_requests``).
        """
        if self.state in ("closed", "refused"):
            raise failures.closed()
        if request.id != self.next_id():
            raise RequestError(f"The id is {request.id}, not {self.next_id()}.", "Take next_id().", code="bad_id")
        if len(self._book) >= self.limits.max_requests:
            raise failures.too_many_requests(self.limits)
        asked = Asked(request, self._checked(request), now_ms + self._patience_ms(request))
        self._book.take_id()
        self._standing.asked(request)
        if self.state == "lost" and asked.is_turn:
            return [Over(request.id, error=m.Failure.of(failures.host_lost()), is_local=True)]
        self._book.put(asked)
        return self._send(asked) if self.state == "connected" else []

    def cancel(self, id: int, now_ms: float) -> list[PeerOutput]:
        """End a request with what it has; nothing when it is over."""
        asked = self._book.get(id)
        if asked is None or asked.is_told:
            return []
        if not asked.is_sent:
            return self._book.tell(asked, m.Failure.of(failures.cancelled()))
        asked.is_cancelled = True
        return self._control(m.Cancel(id=id))

    def hint(self, frame: m.Frame, now_ms: float) -> list[PeerOutput]:
        """Tell the host how the frames are doing; the last hint is told again after a reconnect."""
        self._frame = frame
        return self._control(frame)

    def status(self, n: int, now_ms: float) -> list[PeerOutput]:
        """Ask for figures; no answer comes when the connection breaks."""
        return self._control(m.StatusAsk(n=n))

    def close(self, now_ms: float, *, forget: bool = False) -> list[PeerOutput]:
        """Say goodbye and end every request; safe to call twice."""
        if self.state in ("closed", "refused"):
            return []
        bye: list[PeerOutput] = []
        if self.state in ("connected", "resuming"):
            bye = [ToHost("requests", encode(m.Bye(forget=forget)))]
        return bye + self._stop("closed", m.Failure.of(failures.closed()))

    # What the sockets bring.

    def receive(self, channel: Channel, frames: Sequence[bytes], now_ms: float) -> list[PeerOutput]:
        """Take one message of the host; one that cannot be used is counted and passed over."""
        if self.state in ("closed", "refused", "new"):
            return []
        try:
            message = decode(frames, self.limits, "to_client" if channel == "requests" else "to_client_control")
        except ProtocolError:
            self.faults += 1
            return []
        self._heard_ms[channel] = now_ms
        return self._readers[type(message)](message, channel, now_ms)

    def unsent(self, channel: Channel, now_ms: float) -> list[PeerOutput]:
        """Take note that frames could not be sent."""
        return self._doubt(now_ms) if channel == "requests" else []

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` has something to do; None when never."""
        if self.state in ("closed", "refused", "new"):
            return None
        guard_ms = self._book.guard_ms()
        if self.state != "connected":
            doubt_ms = float("inf") if self.state == "lost" else self._doubt_ms + self.limits.lost_ms
            return min(guard_ms, self._hello_ms, doubt_ms)
        ack_ms = self._receipts.due_ms()
        return min(guard_ms, self._ping_ms, self._silent_ms(), float("inf") if ack_ms is None else ack_ms)

    def tick(self, now_ms: float) -> list[PeerOutput]:
        """Let time pass."""
        due_ms = self.next_ms()
        if due_ms is None or now_ms < due_ms:
            return []
        out = self._guard(now_ms)
        if self.state == "connected":
            return out + self._tick_connected(now_ms)
        if self.state != "lost" and now_ms >= self._doubt_ms + self.limits.lost_ms:
            return out + self._lose(now_ms)
        if now_ms >= self._hello_ms:
            out += self._hello(now_ms, is_fresh=True)
        return out

    def _tick_connected(self, now_ms: float) -> list[PeerOutput]:
        if now_ms >= self._silent_ms():
            return self._lose(now_ms)
        out: list[PeerOutput] = []
        if now_ms >= self._ping_ms:
            out += self._ping(now_ms)
        elif self._receipts.is_due(now_ms):
            out.append(self._ack())
        return out

    # Connecting.

    def _hello(self, now_ms: float, *, is_fresh: bool) -> list[PeerOutput]:
        self._attempt += 1
        self._is_attached = False
        pause_ms = self._backoff.next_ms()
        self._hello_ms = now_ms + (pause_ms if self.state == "lost" else max(pause_ms, HELLO_AGAIN_MS))
        hello = m.Hello(
            attempt=self._attempt,
            protocol=m.PROTOCOL,
            instance=self._config.instance,
            token=self.token,
            owner_key=self.owner_key,
            client=self._config.client,
            resume=tuple(self._book.points()),
        )
        out: list[PeerOutput] = [Connect()] if is_fresh else []
        return [*out, ToHost("requests", encode(hello))]

    def _doubt(self, now_ms: float) -> list[PeerOutput]:
        if self.state != "connected":
            return []
        self.state = "resuming"
        self._doubt_ms = now_ms
        self._backoff.reset()
        return self._hello(now_ms, is_fresh=False)

    def _lose(self, now_ms: float) -> list[PeerOutput]:
        self.state = "lost"
        self._backoff.reset()
        failure = m.Failure.of(failures.host_lost())
        return [Lost(failure), *self._book.tell_turns(failure), *self._hello(now_ms, is_fresh=True)]

    def _welcome(self, welcome: m.Welcome, channel: Channel, now_ms: float) -> list[PeerOutput]:
        if self.state == "connected" or welcome.attempt != self._attempt:
            return []
        is_same = welcome.is_resumed and welcome.session == self._session
        is_first = self._session is None
        self.state = "connected"
        self.limits = welcome.limits
        self.owner_key = welcome.owner_key
        self._session = welcome.session
        self._heard_ms = {"requests": now_ms, "control": now_ms}
        self._ping_ms = now_ms + self.limits.ping_ms
        self._requests_at_ping.clear()
        self._backoff.reset()
        attach = m.Attach(attempt=self._attempt, session=welcome.session, owner_key=welcome.owner_key)
        out: list[PeerOutput] = [Connected(welcome), ToHost("control", encode(attach))]
        if is_same:
            self._book.resumed(welcome.lost)
        else:
            out += self._book.restarted()
            # A host that this client has not met is told what holds by the requests that wait.
            out += [] if is_first else self._say_again(now_ms)
        return out + [output for asked in self._book.unsent() for output in self._send(asked)]

    def _say_again(self, now_ms: float) -> list[PeerOutput]:
        out: list[PeerOutput] = []
        for request in self._standing.requests(self._book.take_id):
            due_ms = now_ms + self._config.request_timeout_ms
            asked = Asked(request, self._checked(request), due_ms, is_own=True)
            self._book.put(asked)
            out += self._send(asked)
        return out

    def _refused(self, refused: m.Refused, channel: Channel, now_ms: float) -> list[PeerOutput]:
        if refused.attempt != self._attempt:
            return []
        if channel == "control":
            return self._doubt(now_ms)
        if self.state == "connected" or refused.error.code in PASSING_REFUSALS:
            return []
        if refused.error.code == "bad_token" and self._session is not None:
            # The host was started again with another token, which the connection file will tell.
            return []
        return self._stop("refused", refused.error)

    def _attached(self, attached: m.Attached, channel: Channel, now_ms: float) -> list[PeerOutput]:
        if attached.attempt != self._attempt or attached.session != self._session:
            return []
        self._is_attached = True
        out = [] if self._frame is None else self._control(self._frame)
        for id in self._book.cancelled():
            out += self._control(m.Cancel(id=id))
        return out

    def _session_ended(self, ended: m.SessionEnded, channel: Channel, now_ms: float) -> list[PeerOutput]:
        if ended.session != self._session:
            return []
        if ended.error.code in FINAL_ENDS:
            return self._stop("refused", ended.error)
        return self._doubt(now_ms)

    def _stop(self, state: State, failure: m.Failure) -> list[PeerOutput]:
        self.state = state
        return [*self._book.tell_all(failure), Stopped(failure)]

    # Signs of life.

    def _silent_ms(self) -> float:
        return min(self._heard_ms.values()) + self.limits.lost_ms

    def _ping(self, now_ms: float) -> list[PeerOutput]:
        self._pings += 1
        self._ping_ms = now_ms + self.limits.ping_ms
        self._requests_at_ping = {self._pings - 1: self._requests_at_ping.get(self._pings - 1, 0)}
        self._requests_at_ping[self._pings] = self._book.sent
        frames = encode(m.Ping(n=self._pings))
        return [self._ack(), ToHost("requests", frames), ToHost("control", frames)]

    def _pong(self, pong: m.Pong, channel: Channel, now_ms: float) -> list[PeerOutput]:
        if pong.requests is None or pong.items is None:
            return []
        sent = self._requests_at_ping.get(pong.n)
        is_whole = sent is None or (pong.requests >= sent and pong.items <= self._receipts.items)
        return [] if is_whole else self._doubt(now_ms)

    def _ack(self) -> PeerOutput:
        return ToHost("requests", encode(self._book.ack(self.limits.max_list)))

    def _control(self, message: m.Message) -> list[PeerOutput]:
        if self.state != "connected" or not self._is_attached:
            return []
        return [ToHost("control", encode(message))]

    def _notice(self, notice: m.Notice, channel: Channel, now_ms: float) -> list[PeerOutput]:
        return [NoticeCame(notice.notice)]

    def _status(self, reply: m.StatusReply, channel: Channel, now_ms: float) -> list[PeerOutput]:
        return [StatusCame(reply.n, reply.status)]

    # Streams.

    def _send(self, asked: Asked) -> list[PeerOutput]:
        return [ToHost("requests", self._book.send(asked))]

    def _event(self, event: m.Event, channel: Channel, now_ms: float) -> list[PeerOutput]:
        asked = self._book.arrived(event.id, event.seq, now_ms)
        if asked is None:
            return self._doubt(now_ms) if self._book.has_gap(event.id, event.seq) else []
        out: list[PeerOutput] = []
        if not asked.is_told and not asked.is_own and not isinstance(event.event, m.OtherEvent):
            out.append(Item(event.id, event.event))
        return out + self._ack_if_due(now_ms)

    def _end(self, end: m.End, channel: Channel, now_ms: float) -> list[PeerOutput]:
        return self._over(end.id, end.seq, end.result, None, now_ms)

    def _error(self, error: m.Error, channel: Channel, now_ms: float) -> list[PeerOutput]:
        if error.id is not None and error.seq is not None:
            return self._over(error.id, error.seq, None, error.error, now_ms)
        if error.error.code != "no_session":
            self.faults += 1
            return []
        if channel == "requests":
            return self._doubt(now_ms)
        return self._attach_again()

    def _attach_again(self) -> list[PeerOutput]:
        if self.state != "connected" or self._session is None or self.owner_key is None:
            return []
        self._is_attached = False
        attach = m.Attach(attempt=self._attempt, session=self._session, owner_key=self.owner_key)
        return [ToHost("control", encode(attach))]

    def _over(
        self, id: int, seq: int, result: m.Result | None, error: m.Failure | None, now_ms: float
    ) -> list[PeerOutput]:
        asked = self._book.arrived(id, seq, now_ms)
        if asked is None:
            return self._doubt(now_ms) if self._book.has_gap(id, seq) else []
        self._book.remove(asked, seq)
        self._standing.ended(asked.request, result)
        out: list[PeerOutput] = []
        if asked.is_own:
            out = self._own_ended(asked, error)
        elif not asked.is_told:
            out = [Over(id, result=result, error=error)]
        return out + self._ack_if_due(now_ms)

    def _own_ended(self, asked: Asked, error: m.Failure | None) -> list[PeerOutput]:
        if error is None or not isinstance(asked.request, m.NpcSpawn):
            return []
        data = {"npc": asked.request.name, "error": error.model_dump()}
        return [NoticeCame(m.News(kind="npc_lost", data=data))]

    def _ack_if_due(self, now_ms: float) -> list[PeerOutput]:
        return [self._ack()] if self.state == "connected" and self._receipts.is_due(now_ms) else []

    def _guard(self, now_ms: float) -> list[PeerOutput]:
        out: list[PeerOutput] = []
        for asked in self._book.overdue(now_ms):
            out += self._book.tell(asked, m.Failure.of(failures.overdue(is_turn=asked.is_turn)))
            if asked.is_cancelled:
                out += self._control(m.Cancel(id=asked.request.id))
        return out

    def _patience_ms(self, request: m.Request) -> float:
        if not isinstance(request, (m.NpcSay, m.NpcDecide)):
            return self._config.request_timeout_ms
        deadline_ms = request.deadline_ms
        return (self._config.default_deadline_ms if deadline_ms is None else deadline_ms) + self._config.grace_ms

    def _checked(self, request: m.Request) -> list[bytes]:
        frames = encode(request, self.limits)
        try:
            decode(frames, self.limits, "to_host")
        except ProtocolError as error:
            raise RequestError(error.cause, error.next_step, code=error.code, **error.details) from error
        return frames
