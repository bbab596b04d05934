"""The host's sockets, with the options that keep a stranger from doing harm."""

from __future__ import annotations

import socket as system_socket
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import zmq

from npc_sdk.errors import CapacityError
from npc_sdk.wire.endpoint import Endpoint
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.zap import DOMAIN
from npc_sdk.wire.zap import ENDPOINT as ZAP_ENDPOINT

# Seconds until TCP looks after a silent connection, between its questions, and how many of them.
KEEPALIVE: Final = (10, 5, 3)
HANDSHAKE_LIMIT_MS: Final = 2000
# Messages that may wait for the socket thread; 0 is no limit. With one, libzmq stops reading from whoever reaches it,
# and a PING of somebody who is gone by then ends the whole process. MemoryGuard bounds what strangers can fill.
RECEIVE_LIMIT: Final = 0
TELEMETRY_LIMIT: Final = 256
TOPIC_BYTES: Final = 1024
# Room for the words with which a stopping host says goodbye.
GOODBYE_MS: Final = 250


# The enums themselves are slow to combine.
_NOBLOCK: Final = int(zmq.NOBLOCK)
_MORE: Final = int(zmq.SNDMORE) | _NOBLOCK


def send_parts(socket: zmq.Socket[bytes], parts: Sequence[bytes]) -> None:
    """Send the frames of one message without waiting: all of them or none.

    Raises:
        zmq.ZMQError: It cannot be sent now, or to nobody any more.
    """
    for part in parts[:-1]:
        socket.send(part, _MORE)
    socket.send(parts[-1], _NOBLOCK)


class HostSockets:
    """Two ROUTERs, a PUB, and the ZAP socket when connections are encrypted.

    Not thread safe; owned by the socket thread, but for its making.

    Args:
        endpoint: Where to listen.
        limits: What clients may send.
        keys: The host's keys; None leaves connections in the clear.
        has_telemetry: Whether to publish figures.

    Raises:
        CapacityError: The address cannot be used (``endpoint_unusable``).
    """

    def __init__(
        self, endpoint: Endpoint, limits: Limits, *, keys: KeyPair | None = None, has_telemetry: bool = True
    ) -> None:
        self._context = zmq.Context()
        self._endpoint = endpoint
        self._limits = limits
        self._keys = keys
        self._has_telemetry = has_telemetry
        self._open: list[zmq.Socket[bytes]] = []
        self._make()
        self.addresses = self._listen(endpoint.bound(0), endpoint.bound(1), endpoint.bound(2))

    def rebuild(self) -> None:
        """Throw all connections away, with everything that waits in them, and listen at the same places anew.

        Raises:
            CapacityError: Somebody else has taken a port meanwhile (``endpoint_unusable``); all are closed then.
        """
        self.close()
        self._context = zmq.Context()
        self._make()
        requests, control, telemetry = self.addresses
        self._listen(requests, control, telemetry or "")

    def close(self, linger_ms: int = 0) -> None:
        """Close all; safe to call twice.

        Args:
            linger_ms: How long to go on sending what was handed over.
        """
        for each in self._open:
            each.close(linger=linger_ms)
        self._open.clear()
        self._context.term()

    def _router(self) -> zmq.Socket[bytes]:
        router = self._socket(zmq.ROUTER)
        # Without it, messages to somebody who has gone or does not read vanish.
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        # The core sends no more than this ahead of acknowledgements, so a full queue means that nobody reads.
        router.setsockopt(zmq.SNDHWM, 2 * self._limits.max_events_unacked)
        return router

    def _publisher(self) -> zmq.Socket[bytes]:
        publisher = self._socket(zmq.PUB)
        publisher.setsockopt(zmq.SNDHWM, TELEMETRY_LIMIT)
        # Whoever subscribes has little to say; ZeroMQ keeps a node for each byte of a topic.
        publisher.setsockopt(zmq.MAXMSGSIZE, TOPIC_BYTES)
        return publisher

    def _socket(self, kind: int) -> zmq.Socket[bytes]:
        made: zmq.Socket[bytes] = self._context.socket(kind)
        self._open.append(made)
        made.setsockopt(zmq.LINGER, 0)
        made.setsockopt(zmq.MAXMSGSIZE, self._limits.max_body_bytes)
        made.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_LIMIT_MS)
        made.setsockopt(zmq.RCVHWM, RECEIVE_LIMIT)
        keep_alive(made)
        made.setsockopt(zmq.IPV6, int(":" in self._endpoint.host))
        if self._keys is not None:
            made.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
            made.curve_server = True
            made.curve_secretkey = self._keys.secret.encode("ascii")
            made.curve_publickey = self._keys.public.encode("ascii")
        return made

    def _zap(self) -> zmq.Socket[bytes]:
        zap: zmq.Socket[bytes] = self._context.socket(zmq.REP)
        self._open.append(zap)
        zap.setsockopt(zmq.LINGER, 0)
        zap.bind(ZAP_ENDPOINT)
        return zap

    def _make(self) -> None:
        # It must be there before the first client connects.
        self.zap = self._zap() if self._keys is not None else None
        self.requests = self._router()
        self.control = self._router()
        self.telemetry = self._publisher() if self._has_telemetry else None

    def _listen(self, requests: str, control: str, telemetry: str) -> tuple[str, str, str | None]:
        """Bind everything; returns where."""
        try:
            found = _bound(self.requests, requests), _bound(self.control, control)
            return (*found, None if self.telemetry is None else _bound(self.telemetry, telemetry))
        except zmq.ZMQError as error:
            self.close()
            raise CapacityError(
                f"The host cannot listen at {requests}: {error.strerror or error}.",
                "Choose another port with --endpoint; a * takes a free one.",
                code="endpoint_unusable",
                endpoint=requests,
            ) from error


def _bound(made: zmq.Socket[bytes], endpoint: str) -> str:
    made.bind(endpoint)
    return made.getsockopt_string(zmq.LAST_ENDPOINT)


def keep_alive(made: zmq.Socket[bytes]) -> None:
    """Have TCP notice that the other side is gone; signs of life of the protocol do so sooner.

    Heartbeats of ZeroMQ are left off on purpose: where a queue is full and its connection ends, libzmq's next
    heartbeat ends the whole process (a failed assertion in ``out_event``).

    Args:
        made: A socket, not bound or connected yet.
    """
    idle_s, interval_s, count = KEEPALIVE
    made.setsockopt(zmq.TCP_KEEPALIVE, 1)
    made.setsockopt(zmq.TCP_KEEPALIVE_IDLE, idle_s)
    made.setsockopt(zmq.TCP_KEEPALIVE_INTVL, interval_s)
    made.setsockopt(zmq.TCP_KEEPALIVE_CNT, count)


class Waker:
    """Wakes the socket thread out of its wait; :meth:`wake` may be called from any thread."""

    def __init__(self) -> None:
        self._reader, self._writer = system_socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._is_set = False

    def fileno(self) -> int:
        """Return what to poll."""
        return self._reader.fileno()

    def wake(self) -> None:
        """Wake the thread; once until it has woken is enough."""
        if self._is_set:
            return
        self._is_set = True
        # A full pipe wakes it just as well; a closed one has nobody to wake.
        with suppress(OSError):
            self._writer.send(b"\0")

    def clear(self) -> None:
        """Take note; whatever was posted before must be looked at after this."""
        with suppress(BlockingIOError):
            while self._reader.recv(4096):
                pass
        # Only now: a wake that was read away with the others must not count as one that is still to come.
        self._is_set = False

    def close(self) -> None:
        """Close both ends."""
        self._reader.close()
        self._writer.close()
