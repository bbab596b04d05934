"""Moves messages between a client's core and its sockets, in the threads of whoever calls.

There is no thread here. Whoever wants something of the host moves what is there to be moved: the frame
loop through ``poll``, or a thread that waits for an answer. Only one of them has the sockets at a time;
the others hand over what they want sent and wake it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from math import ceil
from typing import Final, Protocol

import zmq

from npc_sdk.errors import BackendError, CapacityError, NpcError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.address import HostAddress, Locator
from npc_sdk.wire.attention import Attention
from npc_sdk.wire.link import Link
from npc_sdk.wire.peer import Peer
from npc_sdk.wire.peer_outputs import Connect, Item, Over, PeerOutput, Stopped, ToHost
from npc_sdk.wire.sockets import Waker

# Messages of one channel that are taken in at one go, so that a frame does not pay for ten seconds of silence.
BATCH: Final = 128
# Longest wait at one go; the clock of the connection runs on only when somebody looks.
SLICE_MS: Final = 200.0
HANDOVER_S: Final = 0.02
GOODBYE_MS: Final = 250


class Awaited(Protocol):
    """What becomes of one request; called while the pump's lock is held, so it must not wait."""

    def item(self, event: m.EventBody) -> None:
        """Take an event."""
        ...

    def over(self, over: Over) -> None:
        """Take the end; called exactly once."""
        ...


class Pump:
    """Owns the core and the sockets of one client; every method may be called from any thread.

    Args:
        peer: The core.
        locate: Finds the host; asked before each try to connect.
        on_output: Gets what the core says to nobody in particular, while the lock is held.
        now_ms: The machine's clock.

    Attributes:
        lock: Held while anything of the core or of a request is looked at or changed.
        trouble: What was wrong with the last try to connect.
        stopped: Why the connection has ended for good.
    """

    def __init__(
        self, peer: Peer, locate: Locator, on_output: Callable[[PeerOutput], None], now_ms: Callable[[], float]
    ) -> None:
        self.lock = threading.RLock()
        self.peer = peer
        self.trouble: NpcError | None = None
        self.stopped: NpcError | None = None
        self._locate = locate
        self._on_output = on_output
        self._attention = Attention(now_ms)
        self._awaited: dict[int, Awaited] = {}
        self._outbox: deque[ToHost | Connect] = deque()
        self._sockets = threading.Lock()
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._waker = Waker()
        self._idle = zmq.Poller()
        self._idle.register(self._waker, zmq.POLLIN)
        self._link: Link | None = None
        self._address: HostAddress | None = None
        self._due_ms: float | None = None
        self._is_due_known = True
        self._arrivals = threading.Condition()
        self.is_closed = False

    # What the client asks.

    def start(self) -> None:
        """Begin to connect."""
        with self.lock:
            self._find_host()
            self._take(self.peer.start(self._attention.now_ms()))
        self._hand_over()

    def ask(self, build: Callable[[int], m.Request], awaited: Awaited) -> int:
        """Send a request, now or when the host is back; returns its id.

        Too many requests at once are no error of whoever asks: this one ends at once then.

        Args:
            build: Makes the request from its id.
            awaited: Gets its events and its end.

        Raises:
            RequestError: The host would not take it.
            StateError: The connection has ended for good (``closed``).
        """
        with self.lock:
            if self.stopped is not None:
                raise StateError(
                    f"The connection has ended: {self.stopped.cause}", "Connect again.", code="closed"
                ) from self.stopped
            request = build(self.peer.next_id())
            self._awaited[request.id] = awaited
            try:
                self._take(self.peer.ask(request, self._attention.now_ms()))
            except CapacityError as error:
                del self._awaited[request.id]
                awaited.over(Over(request.id, error=m.Failure.of(error), is_local=True))
            except NpcError:
                del self._awaited[request.id]
                raise
        self._hand_over()
        return request.id

    def tell(self, act: Callable[[Peer, float], Sequence[PeerOutput]]) -> None:
        """Have the core do something.

        Args:
            act: Gets the core and its time.
        """
        with self.lock:
            self._take(act(self.peer, self._attention.now_ms()))
        self._hand_over()

    # Moving.

    def poll(self, timeout_ms: float) -> None:
        """Move what is there; waits for something at most so long, and never with 0."""
        if self._sockets.acquire(blocking=False):
            try:
                self._move(timeout_ms)
            finally:
                self._sockets.release()
            self._announce()
        elif timeout_ms > 0:
            self._wait_for_others(timeout_ms / 1000.0)

    def wait(self, is_done: Callable[[], bool], limit_s: float) -> bool:
        """Move until something is done; returns False when the time is up."""
        until_s = time.monotonic() + limit_s
        while not is_done():
            if self.is_closed:
                return is_done()
            left_ms = (until_s - time.monotonic()) * 1000.0
            if left_ms <= 0:
                return False
            if self._sockets.acquire(blocking=False):
                try:
                    if not is_done():
                        self._move(min(left_ms, SLICE_MS))
                finally:
                    self._sockets.release()
                self._announce()
            else:
                self._wait_for_others(min(left_ms / 1000.0, HANDOVER_S))
        return True

    def wake(self) -> None:
        """End the wait of whoever has the sockets."""
        self._waker.wake()

    def close(self, *, forget: bool) -> None:
        """Say goodbye and close the sockets; safe to call twice.

        Args:
            forget: Whether the host forgets the characters for good.
        """
        with self.lock:
            if self.is_closed:
                return
            self.is_closed = True
            self._take(self.peer.close(self._attention.now_ms(), forget=forget))
        self._waker.wake()
        with self._sockets:
            try:
                self._flush()
            finally:
                self._drop_link(linger_ms=GOODBYE_MS)
                self._context.term()
                self._waker.close()
        self._announce()

    def _hand_over(self) -> None:
        """Send what waits to be sent, or have it sent by whoever has the sockets."""
        if self._sockets.acquire(blocking=False):
            try:
                self._flush()
            finally:
                self._sockets.release()
        else:
            self._waker.wake()

    def _announce(self) -> None:
        with self._arrivals:
            self._arrivals.notify_all()

    def _wait_for_others(self, limit_s: float) -> None:
        with self._arrivals:
            self._arrivals.wait(limit_s)

    # With the sockets.

    def _move(self, timeout_ms: float) -> None:
        if self.is_closed:
            return
        if self._outbox:
            self._flush()
        if timeout_ms > 0:
            timeout_ms = self._until_due_ms(timeout_ms)
        link = self._link
        if link is None:
            self._rest(timeout_ms)
        elif (link.wait(0.0 if link.cut else timeout_ms) or link.cut) and not self._receive(link):
            # What has arrived in time must not be judged late because it has not been looked at.
            return
        self._tick()
        if self._outbox:
            self._flush()

    def _until_due_ms(self, timeout_ms: float) -> float:
        due_ms = self._when_due_ms()
        return timeout_ms if due_ms is None else min(timeout_ms, max(1.0, due_ms - self._attention.last_ms))

    def _when_due_ms(self) -> float | None:
        """Return when the core has something to do by itself."""
        if not self._is_due_known:
            with self.lock:
                self._due_ms = self.peer.next_ms()
                self._is_due_known = True
        return self._due_ms

    def _receive(self, link: Link) -> bool:
        """Take in what has arrived; returns whether that was all."""
        count = 0
        with self.lock:
            now_ms = self._attention.now_ms()
            for channel, frames in link.receive(BATCH):
                count += channel == "requests"
                self._take(self.peer.receive(channel, frames, now_ms))
            if count == BATCH:
                return False
            if link.cut is not None:
                self._cut(link.cut, now_ms)
        return True

    def _cut(self, reason: str, now_ms: float) -> None:
        if reason == "refused":
            self.trouble = BackendError(
                "The host does not know the keys of this client.",
                "Add its public key there with: npc keys new NAME --public KEY",
                code="keys_refused",
            )
        self._drop_link()
        # What was to be sent on this connection is of no use on the next one.
        self._outbox.clear()
        self._find_host()
        self._take(self.peer.unsent("requests", now_ms))

    def _tick(self) -> None:
        with self.lock:
            now_ms = self._attention.now_ms()
            due_ms = self._when_due_ms()
            if due_ms is not None and now_ms >= due_ms:
                if self.peer.state != "connected":
                    self._find_host()
                self._take(self.peer.tick(now_ms))

    def _flush(self) -> None:
        while True:
            try:
                message = self._outbox.popleft()
            except IndexError:
                return
            if isinstance(message, Connect):
                self._drop_link()
            elif not self._sent(message):
                with self.lock:
                    self._take(self.peer.unsent(message.channel, self._attention.now_ms()))

    def _sent(self, message: ToHost) -> bool:
        if self._link is None:
            self._link = self._fresh_link()
        return self._link is not None and self._link.send(message.channel, message.frames)

    def _fresh_link(self) -> Link | None:
        if self._address is None or self.is_closed:
            return None
        try:
            return Link(self._context, self._address, self._waker)
        except zmq.ZMQError as error:
            self.trouble = BackendError(f"No socket can be made: {error}.", code="no_socket")
            return None

    def _find_host(self) -> None:
        """Look up where the host is now, and the token that opens it, before the core says hello again."""
        try:
            self._address = self._locate()
        except NpcError as error:
            self._address, self.trouble = None, error
            return
        self.peer.token = self._address.token

    def _drop_link(self, linger_ms: int = 0) -> None:
        if self._link is not None:
            self._link.close(linger_ms)
            self._link = None

    def _rest(self, timeout_ms: float) -> None:
        """Wait without a connection, until the core wants one again."""
        if self._idle.poll(ceil(timeout_ms)):
            self._waker.clear()

    # With the lock.

    def _take(self, outputs: Sequence[PeerOutput]) -> None:
        for output in outputs:
            if isinstance(output, ToHost):
                self._outbox.append(output)
            elif isinstance(output, Item):
                awaited = self._awaited.get(output.id)
                if awaited is not None:
                    awaited.item(output.event)
            elif isinstance(output, Over):
                awaited = self._awaited.pop(output.id, None)
                if awaited is not None:
                    awaited.over(output)
            elif isinstance(output, Connect):
                self._outbox.clear()
                self._outbox.append(output)
            else:
                if isinstance(output, Stopped):
                    self.stopped = output.failure.to_error()
                self._on_output(output)
        self._is_due_known = False
