"""The host's side of the protocol: bytes and times in, bytes and orders out; no sockets, no clock, no runtime.

A route is an address on one of the two channels, as ZeroMQ gives it to each connection. It is a stranger until a
``hello`` (requests) or an ``attach`` (control) with the owner's secret binds it to a session. Nothing is remembered of
strangers.

    stranger ──hello──▶ welcome, bound        ──anything else──▶ error no_session
    bound    ──request──▶ Begin, then emit* and one finish or fail
             ──silence──▶ away ──hello──▶ bound again, streams resumed
                               ──session_ttl_ms, or a newcomer when the host is full──▶ ended
             ──bye, another instance of the owner, too slow, too many faults──▶ ended

Every request that is read gets a stream with exactly one end, also one that is refused. A session that has ended is
forgotten at once; whoever still uses it is a stranger.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any

from npc_sdk.errors import NpcError, ProtocolError, RequestError
from npc_sdk.wire import failures
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import Direction, decode, encode
from npc_sdk.wire.doorway import Doorway, HostConfig
from npc_sdk.wire.outputs import (
    Begin,
    CancelRequest,
    Channel,
    Closed,
    Hint,
    Opened,
    Output,
    Send,
    StatusAsked,
)
from npc_sdk.wire.session import Session

__all__ = ["HostConfig", "HostCore", "owner_of"]

UNREAD_BYTES = 4096
MAX_REMEMBERED = 16_384
DIRECTIONS: dict[Channel, Direction] = {"requests": "to_host", "control": "to_host_control"}


def owner_of(owner_key: str) -> str:
    """Return the name under which the characters of a key are kept; the key cannot be found from it."""
    return hashlib.sha256(owner_key.encode()).hexdigest()


class HostCore:
    """All sessions of a host. Not thread safe; owned by the socket thread.

    Args:
        config: How to answer.
        new_secret: Returns a text of at least 32 random characters of ``A-Za-z0-9_-``, another one each time.
    """

    def __init__(self, config: HostConfig, new_secret: Callable[[], str]) -> None:
        self.steps = 0
        self._config = config
        self._new_secret = new_secret
        self._doorway = Doorway(config)
        self._sessions: dict[str, Session] = {}
        self._owners: dict[str, Session] = {}
        self._routes: dict[tuple[Channel, bytes], Session] = {}
        self._due_ms = float("inf")

    @property
    def sessions(self) -> dict[str, Session]:
        """The sessions by name; not to be changed."""
        return self._sessions

    # From the sockets.

    def receive(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> list[Output]:
        """Take one ZeroMQ message.

        Args:
            channel: Where it came in.
            route: From whom: the first frame that ROUTER gives.
            frames: All other frames, as they came.
            now_ms: The time now.
        """
        session = self._routes.get((channel, route))
        if session is None:
            return self._from_stranger(channel, route, frames, now_ms)
        size = sum(map(len, frames))
        is_within = session.quota.takes_bytes(size, now_ms)
        out = session.sign("heard", now_ms)
        if not is_within and size > UNREAD_BYTES:
            return out + self._fault(session, channel, route, session.quota.too_fast(size, now_ms), now_ms)
        try:
            message = decode(frames, self._config.limits, DIRECTIONS[channel])
        except ProtocolError as error:
            return out + self._unusable(session, channel, route, error, now_ms)
        if not is_within and not isinstance(message, (m.Ack, m.Ping, m.Cancel)):
            return out + self._over_quota(session, channel, route, message, size, now_ms)
        out += self._from_client(session, channel, route, message, now_ms)
        return out + self._watch(session, now_ms)

    def unsent(self, channel: Channel, route: bytes, now_ms: float) -> list[Output]:
        """Take back a route that frames could not be sent to; what was lost is sent again after the next hello."""
        session = self._routes.pop((channel, route), None)
        if session is None:
            return []
        if channel == "control":
            session.control = None
            return []
        out = session.sign("unsent", now_ms)
        self._watch(session, now_ms)
        return out

    def unsent_all(self, now_ms: float) -> list[Output]:
        """Take back all routes, because every connection was cut."""
        return [output for channel, route in list(self._routes) for output in self.unsent(channel, route, now_ms)]

    # From the runtime.

    def emit(self, session: str, id: int, event: m.EventBody, now_ms: float) -> list[Output]:
        """Tell what happens in a request; ignored when the request or the session is over."""
        found = self._sessions.get(session)
        seq = None if found is None else found.next_seq(id)
        if found is None or seq is None:
            return []
        try:
            frames = encode(m.Event(id=id, seq=seq, event=event), self._config.limits)
        except RequestError as error:
            return [CancelRequest(session, id), *self.fail(session, id, error, now_ms)]
        return found.add(id, frames, now_ms) + self._watch(found, now_ms)

    def finish(self, session: str, id: int, result: m.Result, now_ms: float) -> list[Output]:
        """End a request with what it came to; ignored when it is over."""
        found = self._sessions.get(session)
        if found is None or not found.quota.end(id, result):
            return []
        seq = found.next_seq(id)
        if seq is None:
            return []
        try:
            frames = encode(m.End(id=id, seq=seq, result=result), self._config.limits)
        except RequestError as error:
            return self._end_with(found, id, error, now_ms)
        return found.add(id, frames, now_ms, is_last=True) + self._watch(found, now_ms)

    def fail(self, session: str, id: int, error: NpcError, now_ms: float) -> list[Output]:
        """End a request with an error; ignored when it is over."""
        found = self._sessions.get(session)
        if found is None:
            return []
        found.quota.end(id, None)
        return self._end_with(found, id, error, now_ms)

    def notify(self, session: str | None, kind: str, data: dict[str, Any], now_ms: float) -> list[Output]:
        """Send news to one session, or to all; those that are away miss it."""
        found = list(self._sessions.values()) if session is None else [self._sessions.get(session)]
        out: list[Output] = []
        for one in found:
            if one is not None and one.route is not None and one.state == "present":
                notice = m.Notice(seq=one.notices, notice=m.News(kind=kind, data=data))
                bare = m.Notice(seq=one.notices, notice=m.News(kind=kind))
                one.notices += 1
                out.append(Send("requests", one.route, self._frames(notice, bare)))
        return out

    def answer_status(self, session: str, n: int, status: dict[str, Any], now_ms: float) -> list[Output]:
        """Answer a question for figures."""
        found = self._sessions.get(session)
        if found is None or found.control is None:
            return []
        frames = self._frames(m.StatusReply(n=n, status=status), m.StatusReply(n=n, status={}))
        return [Send("control", found.control, frames)]

    def end(self, session: str, error: NpcError, now_ms: float) -> list[Output]:
        """End one session with a reason; ignored when it is over."""
        found = self._sessions.get(session)
        return [] if found is None else self._end(found, error)

    # Time.

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` may have something to do."""
        return None if self._due_ms == float("inf") else self._due_ms

    def tick(self, now_ms: float) -> list[Output]:
        """Let time pass: sessions that are silent go away, and end when they stay away."""
        if now_ms < self._due_ms:
            return []
        out: list[Output] = []
        for session in list(self._sessions.values()):
            if now_ms - session.heard_ms >= session.limits.lost_ms:
                out += session.sign("silent", now_ms)
            out += self._watch(session, now_ms)
        self._due_ms = min((session.due_ms() for session in self._sessions.values()), default=float("inf"))
        return out

    def close(self, error: NpcError, now_ms: float) -> list[Output]:
        """End all sessions; later hellos are refused."""
        self._doorway.is_closed = True
        return [output for session in list(self._sessions.values()) for output in self._end(session, error)]

    # Strangers.

    def _from_stranger(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> list[Output]:
        try:
            message = decode(frames, self._doorway.limits, DIRECTIONS[channel])
        except ProtocolError as error:
            return self._to_stranger(channel, route, m.Error(error=m.Failure.of(error)), now_ms)
        if isinstance(message, m.Hello):
            return self._hello(route, message, now_ms)
        if isinstance(message, m.Attach):
            return self._attach(route, message, now_ms)
        return self._to_stranger(channel, route, m.Error(error=m.Failure.of(failures.no_session())), now_ms)

    def _to_stranger(self, channel: Channel, route: bytes, message: m.Message, now_ms: float) -> list[Output]:
        return [Send(channel, route, encode(message))] if self._doorway.may_answer(now_ms) else []

    def _refuse(self, channel: Channel, route: bytes, attempt: int, error: NpcError, now_ms: float) -> list[Output]:
        return self._to_stranger(channel, route, m.Refused(attempt=attempt, error=m.Failure.of(error)), now_ms)

    def _hello(self, route: bytes, hello: m.Hello, now_ms: float) -> list[Output]:
        key = hello.owner_key or self._new_secret()
        owner = owner_of(key)
        before = self._owners.get(owner)
        is_same = before is not None and before.instance == hello.instance
        attempt = before.attempt if before is not None and is_same else 0
        gone = self._gone_longest(now_ms) if before is None else None
        others = 0 if before is not None or gone is not None else len(self._sessions)
        error = self._doorway.refusal(hello, attempt, others=others)
        if error is not None:
            return self._refuse("requests", route, hello.attempt, error, now_ms)
        out = [] if gone is None else self._end(gone, failures.expired())
        out += self._leave(route, before if is_same else None, now_ms)
        if before is not None and is_same:
            return out + self._resume(before, route, hello, key, now_ms)
        if before is not None:
            out += self._end(before, failures.replaced())
        return out + self._open(route, hello, key, owner, now_ms)

    def _gone_longest(self, now_ms: float) -> Session | None:
        """Return the session of a full host that was silent longest, if its client has been lost."""
        if len(self._sessions) < self._config.max_sessions:
            return None
        longest = min(self._sessions.values(), key=lambda session: session.heard_ms, default=None)
        return None if longest is None or now_ms - longest.heard_ms < longest.limits.lost_ms else longest

    def _open(self, route: bytes, hello: m.Hello, key: str, owner: str, now_ms: float) -> list[Output]:
        name = self._new_secret()[:16]
        session = Session(name=name, owner=owner, hello=hello, limits=self._config.limits)
        self._sessions[name] = self._owners[owner] = session
        lost = session.resume(hello.resume)
        welcome = self._bind(session, route, hello, key, lost, is_resumed=False)
        out = session.sign("bound", now_ms)
        self._due_ms = min(self._due_ms, session.due_ms())
        return [Opened(name, owner, hello.client), welcome, *out]

    def _resume(self, session: Session, route: bytes, hello: m.Hello, key: str, now_ms: float) -> list[Output]:
        if not session.quota.takes_fault(now_ms):
            return self._end(session, failures.too_many_faults())
        lost = session.resume(hello.resume)
        welcome = self._bind(session, route, hello, key, lost, is_resumed=True)
        return [welcome, *session.sign("bound", now_ms), *self._watch(session, now_ms)]

    def _bind(
        self, session: Session, route: bytes, hello: m.Hello, key: str, lost: list[int], *, is_resumed: bool
    ) -> Output:
        self._unbind(session)
        session.attempt = hello.attempt
        session.route = route
        self._routes["requests", route] = session
        welcome = m.Welcome(
            attempt=hello.attempt,
            protocol=m.PROTOCOL,
            session=session.name,
            owner_key=key,
            is_resumed=is_resumed,
            limits=self._config.limits,
            host=self._config.host,
            npcs=tuple(sorted(session.quota.npcs)),
            lost=tuple(lost),
        )
        return Send("requests", route, encode(welcome, self._config.limits))

    def _leave(self, route: bytes, stays: Session | None, now_ms: float) -> list[Output]:
        """Take a route from the session that it was bound to before."""
        session = self._routes.get(("requests", route))
        return [] if session is None or session is stays else self.unsent("requests", route, now_ms)

    def _attach(self, route: bytes, attach: m.Attach, now_ms: float) -> list[Output]:
        session = self._sessions.get(attach.session)
        if session is None or not hmac.compare_digest(session.owner, owner_of(attach.owner_key)):
            return self._refuse("control", route, attach.attempt, failures.no_session(), now_ms)
        if attach.attempt < session.attempt:
            return self._refuse("control", route, attach.attempt, failures.stale_attempt(), now_ms)
        if session.control is not None:
            self._routes.pop(("control", session.control), None)
        session.control = route
        self._routes["control", route] = session
        attached = m.Attached(attempt=attach.attempt, session=session.name)
        return [Send("control", route, encode(attached)), *session.sign("heard", now_ms)]

    # Clients.

    def _from_client(
        self, session: Session, channel: Channel, route: bytes, message: m.Message, now_ms: float
    ) -> list[Output]:
        if isinstance(message, m.Request):
            return self._request(session, message, now_ms)
        if isinstance(message, m.Ack):
            return session.acknowledge(message, now_ms)
        if isinstance(message, m.Ping):
            return [self._pong(session, channel, route, message)]
        if isinstance(message, m.Cancel):
            return self._cancel(session, message.id)
        if isinstance(message, m.Frame):
            return [Hint(session.name, message)]
        if isinstance(message, m.StatusAsk):
            return [StatusAsked(session.name, message.n)]
        if isinstance(message, m.Hello):
            return self._hello(route, message, now_ms)
        if isinstance(message, m.Attach):
            return self._attach_again(session, route, message, now_ms)
        return self._bye(session, message)

    def _attach_again(self, session: Session, route: bytes, attach: m.Attach, now_ms: float) -> list[Output]:
        session.control = None
        del self._routes["control", route]
        return self._attach(route, attach, now_ms)

    def _bye(self, session: Session, message: m.Message) -> list[Output]:
        is_forgotten = isinstance(message, m.Bye) and message.forget
        return self._end(session, failures.said_bye(), is_forgotten=is_forgotten)

    def _pong(self, session: Session, channel: Channel, route: bytes, ping: m.Ping) -> Output:
        pong = m.Pong(n=ping.n, steps=self.steps)
        if channel == "requests":
            pong = m.Pong(n=ping.n, steps=self.steps, requests=session.requests, items=session.items)
        return Send(channel, route, encode(pong))

    def _request(self, session: Session, request: m.Request, now_ms: float) -> list[Output]:
        standing = session.standing(request.id)
        if standing != "new":
            return self._known(session, request, standing, now_ms)
        limits = session.limits
        if session.open_requests >= 2 * limits.max_requests:
            return self._fault(session, "requests", session.route or b"", failures.too_many_requests(limits), now_ms)
        session.open(request.id)
        if session.open_requests > limits.max_requests or session.remembered >= MAX_REMEMBERED:
            return self._end_with(session, request.id, failures.too_many_requests(limits), now_ms)
        refusal = session.quota.refusal(request)
        if refusal is not None:
            return self._end_with(session, request.id, refusal, now_ms)
        session.quota.begin(request)
        begin: list[Output] = [Begin(session.name, session.owner, request)]
        return [*begin, CancelRequest(session.name, request.id)] if session.quota.takes_cancel(request.id) else begin

    def _cancel(self, session: Session, id: int) -> list[Output]:
        if id in session.quota.running:
            return [CancelRequest(session.name, id)]
        if session.standing(id) == "new":
            session.quota.cancel_early(id)
        return []

    def _known(self, session: Session, request: m.Request, standing: str, now_ms: float) -> list[Output]:
        if standing == "open":
            repeated = session.repeat(request.id, now_ms)
            return self._count_fault(session, now_ms) if repeated is None else repeated
        return self._plain_error(session, "requests", session.route, failures.id_forgotten(), request.id)

    # What cannot be used.

    def _unusable(
        self, session: Session, channel: Channel, route: bytes, error: ProtocolError, now_ms: float
    ) -> list[Output]:
        id = error.details.get("id")
        if channel == "requests" and isinstance(id, int) and session.standing(id) == "new":
            if session.open_requests < 2 * session.limits.max_requests:
                session.open(id)
                out = self._end_with(session, id, error, now_ms)
                return out if error.code == "unknown_type" else out + self._count_fault(session, now_ms)
        if error.code == "unknown_type":
            return self._plain_error(session, channel, route, error, None)
        return self._fault(session, channel, route, error, now_ms)

    def _over_quota(
        self, session: Session, channel: Channel, route: bytes, message: m.Message, size: int, now_ms: float
    ) -> list[Output]:
        error = session.quota.too_fast(size, now_ms)
        if not isinstance(message, m.Request):
            return self._fault(session, channel, route, error, now_ms)
        if session.standing(message.id) != "new" or session.open_requests >= 2 * session.limits.max_requests:
            return self._count_fault(session, now_ms)
        session.open(message.id)
        return self._end_with(session, message.id, error, now_ms)

    def _fault(self, session: Session, channel: Channel, route: bytes, error: NpcError, now_ms: float) -> list[Output]:
        return self._plain_error(session, channel, route, error, None) + self._count_fault(session, now_ms)

    def _count_fault(self, session: Session, now_ms: float) -> list[Output]:
        return [] if session.quota.takes_fault(now_ms) else self._end(session, failures.too_many_faults())

    def _plain_error(
        self, session: Session, channel: Channel, route: bytes | None, error: NpcError, id: int | None
    ) -> list[Output]:
        if route is None:
            return []
        message = m.Error(id=id, seq=None if id is None else 0, error=m.Failure.of(error))
        return [Send(channel, route, encode(message))]

    # Ends.

    def _frames(self, message: m.Message, bare: m.Message) -> list[bytes]:
        """Return the frames of a message, or of a smaller one when it cannot travel."""
        try:
            return encode(message, self._config.limits)
        except RequestError:
            return encode(bare, self._config.limits)

    def _end_with(self, session: Session, id: int, error: NpcError, now_ms: float) -> list[Output]:
        seq = session.next_seq(id)
        if seq is None:
            return []
        whole = m.Error(id=id, seq=seq, error=m.Failure.of(error))
        frames = self._frames(whole, m.Error(id=id, seq=seq, error=_bare(error)))
        return session.add(id, frames, now_ms, is_last=True) + self._watch(session, now_ms)

    def _watch(self, session: Session, now_ms: float) -> list[Output]:
        """End a session that cannot go on, and see to it that the others are looked at in time."""
        if session.name not in self._sessions:
            return []
        if session.is_expired(now_ms):
            return self._end(session, failures.expired())
        if session.is_slow(now_ms):
            return self._end(session, failures.slow_reader())
        self._due_ms = min(self._due_ms, session.due_ms())
        return []

    def _unbind(self, session: Session) -> None:
        if session.route is not None:
            self._routes.pop(("requests", session.route), None)
        if session.control is not None:
            self._routes.pop(("control", session.control), None)
        session.route = session.control = None

    def _end(self, session: Session, error: NpcError, *, is_forgotten: bool = False) -> list[Output]:
        if self._sessions.pop(session.name, None) is None:
            return []
        del self._owners[session.owner]
        out: list[Output] = []
        if session.route is not None:
            ended = m.SessionEnded(session=session.name, error=m.Failure.of(error))
            bare = m.SessionEnded(session=session.name, error=_bare(error))
            out.append(Send("requests", session.route, self._frames(ended, bare)))
        self._unbind(session)
        return [*out, Closed(session.name, session.owner, error.code, is_forgotten)]


def _bare(error: NpcError) -> m.Failure:
    return m.Failure(kind=type(error).__name__, code=error.code)
