"""The host's socket thread: everything that comes and goes passes here, and nothing here waits."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

import zmq

from npc_sdk.errors import NpcError, RequestError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import encode
from npc_sdk.wire.feed import Feed
from npc_sdk.wire.gate import Gate
from npc_sdk.wire.gauges import Gauges
from npc_sdk.wire.host_core import HostCore
from npc_sdk.wire.memory_guard import MemoryGuard
from npc_sdk.wire.outputs import (
    Begin,
    CancelRequest,
    Channel,
    Closed,
    Hint,
    Opened,
    Output,
    Pause,
    Send,
    StatusAsked,
    Unpause,
)
from npc_sdk.wire.replies import Fail, Fed, Finish, Replies, Reply
from npc_sdk.wire.sockets import HostSockets, Waker, send_parts
from npc_sdk.wire.stage import Stage
from npc_sdk.wire.tap import HostTap, Tap
from npc_sdk.wire.zap import zap_answer

# Requests that are read before control is looked at again, and replies that are handed on.
REQUESTS_AT_ONCE: Final = 16
CONTROL_AT_ONCE: Final = 256
REPLIES_AT_ONCE: Final = 64
ITEMS_AT_ONCE: Final = 64
LONGEST_WAIT_MS: Final = 250
# The engine gathers all its figures to tell this one; clients ask for it once a second.
STEPS_EVERY_MS: Final = 50.0
# How long an end waits for the disk.
SAFE_LIMIT_MS: Final = 500.0
_LONGEST_NAME: Final = 64
_logger = logging.getLogger(__name__)

Figures: TypeAlias = Callable[[], dict[str, Any]]


class Server:
    """Runs a core on sockets; only what is said to be safe may be called from other threads.

    Args:
        sockets: Where to listen; owned by the socket thread while it runs.
        waker: Wakes that thread.
        core: All sessions.
        stage: Does what they ask for.
        replies: What comes of it.
        figures: Returns figures for who asks for the status; must return at once.
        on_hint: Gets hints about the game's frames; must return at once.
        steps: Returns how often the engine has stepped; must return at once.
        now_ms: Tells the time.
        gauges: Get what turns and decisions took.
        gate: Who may connect.
        taps: Hear everything.
        guard: Says when strangers fill the memory; None makes one.
    """

    def __init__(
        self,
        sockets: HostSockets,
        waker: Waker,
        core: HostCore,
        stage: Stage,
        replies: Replies,
        *,
        figures: Figures,
        on_hint: Callable[[m.Frame], None],
        steps: Callable[[], int],
        now_ms: Callable[[], float],
        gauges: Gauges | None = None,
        gate: Gate,
        taps: Sequence[Tap] = (),
        guard: MemoryGuard | None = None,
    ) -> None:
        self._sockets = sockets
        self._waker = waker
        self._core = core
        self._stage = stage
        self._replies = replies
        self._figures = figures
        self._on_hint = on_hint
        self._steps = steps
        self._now_ms = now_ms
        self._gauges = Gauges() if gauges is None else gauges
        self._gate = gate
        self._guard = MemoryGuard() if guard is None else guard
        self._key = ""
        self._keys: dict[str, str] = {}
        self._taps = tuple(taps)
        self._host_taps = tuple(tap for tap in taps if isinstance(tap, HostTap))
        self._paused: dict[str, dict[Feed, None]] = {}
        self._unsafe: deque[tuple[float, Callable[[], None]]] = deque()
        self._published = 0
        self._started_ms = now_ms()
        self._posted: deque[Callable[[], None]] = deque()
        self._counted_ms = float("-inf")
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="npc-sockets", daemon=True)

    # From any thread.

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        return len(self._core.sessions)

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Publish figures to whoever watches."""
        self._post(partial(self._publish, kind, data))

    def end_sessions(self, error: NpcError) -> None:
        """End all sessions, with a reason."""
        self._post(lambda: self._perform(self._core.close(error, self._now_ms())))

    def stop(self, timeout_s: float) -> bool:
        """End the thread; returns False when that took too long. Safe to call twice."""
        self._post(self._end)
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _post(self, work: Callable[[], None]) -> None:
        self._posted.append(work)
        self._waker.wake()

    # On the socket thread.

    def _end(self) -> None:
        self._is_over = True

    def _run(self) -> None:
        poller = self._poller()
        while not self._is_over:
            ready = dict(poller.poll(self._wait_ms()))
            if self._waker.fileno() in ready:
                self._waker.clear()
            self._guarded(partial(self._step, ready))
            if self._guard.look(self._now_ms()):
                self._guarded(self._rebuild)
                poller = zmq.Poller() if self._is_over else self._poller()
        self._guarded(partial(self._step, {}))
        for tap in self._taps:
            self._guarded(tap.close)

    def _poller(self) -> zmq.Poller:
        poller = zmq.Poller()
        for each in (self._sockets.control, self._sockets.requests, self._sockets.zap, self._waker):
            if each is not None:
                poller.register(each, zmq.POLLIN)
        return poller

    def _rebuild(self) -> None:
        """Cut all connections; clients come back at once and go on where they were."""
        _logger.warning("Connections hold too much memory, or are too many: all are cut. Clients connect again.")
        is_over, self._is_over = self._is_over, True
        # When this fails there is nothing to go on with, and the thread ends.
        self._sockets.rebuild()
        self._is_over = is_over
        self._perform(self._core.unsent_all(self._now_ms()))
        self._guard.freed()

    def _step(self, ready: Container[object]) -> None:
        self._count_steps()
        self._take_posted()
        if self._sockets.control in ready:
            self._take("control", self._sockets.control, CONTROL_AT_ONCE)
        if self._sockets.zap in ready:
            self._take_questions()
        if self._sockets.requests in ready:
            self._take("requests", self._sockets.requests, REQUESTS_AT_ONCE)
        self._take_replies()
        while self._unsafe and self._unsafe[0][0] <= self._now_ms():
            self._unsafe.popleft()[1]()
        if self._gate.look():
            self._end_revoked()
        self._perform(self._core.tick(self._now_ms()))

    def _count_steps(self) -> None:
        now_ms = self._now_ms()
        if now_ms - self._counted_ms >= STEPS_EVERY_MS:
            self._counted_ms = now_ms
            self._core.steps = self._steps()

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:
            # Whatever it was, the other sessions go on.
            _logger.exception("The socket thread stumbled.")

    def _wait_ms(self) -> int:
        if self._replies or self._posted:
            return 0
        due_ms = self._core.next_ms()
        return LONGEST_WAIT_MS if due_ms is None else min(LONGEST_WAIT_MS, max(0, math.ceil(due_ms - self._now_ms())))

    def _take_posted(self) -> None:
        while self._posted:
            self._guarded(self._posted.popleft())

    def _take(self, channel: Channel, socket: zmq.Socket[bytes], limit: int) -> None:
        """Read what has come, up to a limit; the rest is still there at the next step."""
        for _ in range(limit):
            try:
                frames = socket.recv_multipart(zmq.NOBLOCK) if self._gate.keys is None else self._opened(socket)
            except zmq.Again:
                return
            if frames:
                self._guarded(partial(self._receive, channel, frames[0], frames[1:]))

    def _opened(self, socket: zmq.Socket[bytes]) -> list[bytes]:
        """Return the frames of the next message; none of a client whose key was revoked meanwhile."""
        frames = socket.recv_multipart(zmq.NOBLOCK, copy=False)
        self._key = str(frames[0].get("User-Id"))
        return [frame.bytes for frame in frames] if self._gate.is_allowed(self._key) else []

    def _end_revoked(self) -> None:
        for session, key in list(self._keys.items()):
            if not self._gate.is_allowed(key):
                self._perform(self._core.end(session, revoked_error(), self._now_ms()))

    def _receive(self, channel: Channel, route: bytes, frames: Sequence[bytes]) -> None:
        now_ms = self._now_ms()
        for tap in self._taps:
            tap.received(channel, route, frames, now_ms)
        self._perform(self._core.receive(channel, route, frames, now_ms))

    def _take_questions(self) -> None:
        """Answer ZeroMQ, which asks about each new connection."""
        zap = self._sockets.zap
        while zap is not None:
            try:
                frames = zap.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            answer = zap_answer(frames, self._gate.is_allowed)
            # REP has to answer; an empty answer is none for ZeroMQ, which then drops the connection.
            zap.send_multipart([b""] if answer is None else answer)

    def _take_replies(self) -> None:
        for _ in range(REPLIES_AT_ONCE):
            reply = self._replies.take()
            if reply is None:
                return
            self._guarded(partial(self._hand_on, reply))

    def _hand_on(self, reply: Reply) -> None:
        now_ms = self._now_ms()
        if isinstance(reply, Fed):
            self._pump(reply.feed)
        elif isinstance(reply, Finish):
            self._stage.over(reply.session, reply.id)
            self._perform(self._core.finish(reply.session, reply.id, reply.result, now_ms))
        elif isinstance(reply, Fail):
            self._stage.over(reply.session, reply.id)
            self._perform(self._core.fail(reply.session, reply.id, reply.error, now_ms))
        else:
            self._perform(self._core.notify(reply.session, reply.kind, dict(reply.data), now_ms))
            self._publish("news", news_figures(reply.kind, reply.data))

    def _pump(self, feed: Feed) -> None:
        """Hand on what has come in a feed."""
        if feed.session in self._paused:
            self._paused[feed.session][feed] = None
            return
        for _ in range(ITEMS_AT_ONCE):
            item = feed.next()
            if item is None:
                return
            body, is_last = item
            if is_last:
                self._finish(feed, body)
                return
            self._perform(self._core.emit(feed.session, feed.id, body, self._now_ms()))
            if feed.session in self._paused:
                break
        self._replies.fed(feed)

    def _finish(self, feed: Feed, body: Any) -> None:
        """End a stream, once what its turn has left behind is safe."""
        finish = partial(self._replies.finish, feed.session, feed.id, body)
        if feed.saving is None:
            finish()
        else:
            feed.saving.when_safe(finish)
            # A disk that is stuck must not hold up an answer; the core takes the first of the two ends.
            self._unsafe.append((self._now_ms() + SAFE_LIMIT_MS, finish))
        if isinstance(body, (m.TurnResult, m.DecisionResult)):
            self._gauges.ended(body.source, body.cost, self._now_ms())
        if isinstance(body, m.TurnResult):
            self._publish("turn", _turn_figures(body))
        elif isinstance(body, m.DecisionResult):
            self._publish("decision", {"source": body.source, "why": body.why, "cost": body.cost})

    def _perform(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            self._do(output)

    def _do(self, output: Output) -> None:
        if isinstance(output, Send):
            self._send(output)
        elif isinstance(output, Begin):
            self._stage.begin(output, self._now_ms())
        elif isinstance(output, CancelRequest):
            self._stage.cancel(output.session, output.id)
        elif isinstance(output, Hint):
            self._on_hint(output.frame)
        elif isinstance(output, StatusAsked):
            self._perform(self._core.answer_status(output.session, output.n, self._figures(), self._now_ms()))
        elif isinstance(output, Pause):
            self._paused.setdefault(output.session, {})
        elif isinstance(output, Unpause):
            self._unpause(output.session)
        elif isinstance(output, Opened):
            _logger.info("Session %s of %r has begun.", output.session, output.client.name)
            self._publish("session", {"event": "opened", "sessions": self.sessions})
            if self._gate.keys is not None:
                self._keys[output.session] = self._key
        else:
            self._closed(output)

    def _closed(self, closed: Closed) -> None:
        _logger.info("Session %s is over: %s.", closed.session, closed.code)
        self._publish("session", {"event": "closed", "code": closed.code, "sessions": self.sessions})
        self._paused.pop(closed.session, None)
        self._keys.pop(closed.session, None)
        self._stage.closed(closed)

    def _unpause(self, session: str) -> None:
        for feed in self._paused.pop(session, {}):
            self._replies.fed(feed)

    def _send(self, send: Send) -> None:
        socket = self._sockets.requests if send.channel == "requests" else self._sockets.control
        now_ms = self._now_ms()
        try:
            send_parts(socket, [send.route, *send.frames])
        except zmq.ZMQError:
            # It has gone, or does not read: the core keeps what matters until it comes back.
            self._perform(self._core.unsent(send.channel, send.route, now_ms))
            return
        for tap in self._taps:
            tap.sent(send.channel, send.route, send.frames, now_ms)

    def _publish(self, kind: str, data: Mapping[str, Any]) -> None:
        now_ms = self._now_ms()
        for tap in self._host_taps:
            tap.published(kind, data, now_ms)
        if self._sockets.telemetry is None:
            return
        at_ms = max(0.0, now_ms - self._started_ms)
        message = m.Telemetry(seq=self._published, at_ms=at_ms, kind=kind, data=dict(data))
        self._published += 1
        try:
            self._sockets.telemetry.send_multipart(encode(message), zmq.NOBLOCK)
        except (zmq.ZMQError, RequestError) as error:
            _logger.debug("Figures could not be published: %s", error)


def _turn_figures(turn: m.TurnResult) -> dict[str, Any]:
    """Return what a turn took; no words of players or characters."""
    return {"source": turn.source, "why": turn.why, "cost": turn.cost, "calls": turn.calls, "dropped": turn.dropped}


def news_figures(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return news as figures for whoever watches: numbers, names of things, and the codes of errors.

    Args:
        kind: What the news is about.
        data: What there is to say; texts that are no names are left out, since anybody may watch.
    """
    figures: dict[str, Any] = {"event": kind}
    for name, value in data.items():
        if isinstance(value, Mapping) and isinstance(value.get("code"), str):
            figures[name] = value["code"]
        elif value is None or isinstance(value, (bool, int, float)) or (isinstance(value, str) and _is_name(value)):
            figures[name] = value
    return figures


def _is_name(text: str) -> bool:
    """Return whether a text is one word, such as a code."""
    return text.isidentifier() and len(text) <= _LONGEST_NAME


def closing_error() -> StateError:
    """Return why sessions end when the host stops."""
    return StateError("The host stops.", "Start it again and connect anew.", code="closing")


def revoked_error() -> StateError:
    """Return why the session of a client ends whose key was revoked."""
    return StateError("The key of this client was revoked.", "Ask for a new one.", code="key_revoked")
