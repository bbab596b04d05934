"""One connection to a host: two DEALER sockets that are used until one of them is cut, and then thrown away.

libzmq would connect again by itself, and whatever is sent next would arrive before the client has said
who it is. So it is told not to: a connection is made once, and a new one begins with a new link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Final, Literal, TypeAlias

import zmq
from zmq.utils.monitor import parse_monitor_message

from npc_sdk.wire.address import HostAddress
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.limits import DEFAULT_LIMITS, LARGEST_BODY_BYTES
from npc_sdk.wire.outputs import Channel
from npc_sdk.wire.sockets import HANDSHAKE_LIMIT_MS, Waker, keep_alive, send_parts

# What arrives while the game does not look waits here; the host sends no more ahead of acknowledgements.
RECEIVE_LIMIT: Final = 2 * DEFAULT_LIMITS.max_events_unacked
SEND_LIMIT: Final = 4096
# Not -1: then what arrived just before the cut would be thrown away unread.
NEVER_MS: Final = 3_600_000
# The enum itself is slow to combine with other flags.
_NOBLOCK: Final = int(zmq.NOBLOCK)
Cut: TypeAlias = Literal["gone", "refused"]

_CUT: Final = (
    zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CLOSED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)


class Link:
    """A connection to one host. Not thread safe; owned by whoever holds the client's socket lock.

    Args:
        context: Makes the sockets.
        address: Where the host is.
        waker: Ends :meth:`wait` from another thread.

    Attributes:
        cut: Why the connection is gone, for it does not come back: ``refused`` when the host does not know
            this client's keys; None while it stands or is being made.
    """

    def __init__(self, context: zmq.Context[zmq.Socket[bytes]], address: HostAddress, waker: Waker) -> None:
        self._waker = waker
        self._monitors: list[zmq.Socket[bytes]] = []
        self._sockets: dict[Channel, zmq.Socket[bytes]] = {}
        self._ready: set[object] = set()
        self.cut: Cut | None = None
        keys = _client_keys(address)
        self._poller = zmq.Poller()
        self._poller.register(waker, zmq.POLLIN)
        places: dict[Channel, str] = {"requests": address.requests, "control": address.control}
        for channel, endpoint in places.items():
            made = self._sockets[channel] = _dealer(context, address, keys)
            monitor = made.get_monitor_socket(_CUT)
            self._monitors.append(monitor)
            self._poller.register(made, zmq.POLLIN)
            self._poller.register(monitor, zmq.POLLIN)
            made.connect(endpoint)

    def wait(self, timeout_ms: float) -> bool:
        """Wait until something arrives, or the waker is used; returns whether there is something to receive.

        Args:
            timeout_ms: Longest wait; 0 only looks.
        """
        self._ready.clear()
        for source, _ in self._poller.poll(ceil(timeout_ms)):
            self._ready.add(source)
            if source is self._waker or source == self._waker.fileno():
                self._waker.clear()
            elif source in self._monitors:
                self._note_cut(source)
        return bool(self._ready)

    def _note_cut(self, monitor: zmq.Socket[bytes]) -> None:
        event = parse_monitor_message(monitor.recv_multipart())["event"]
        is_refused = event == zmq.EVENT_HANDSHAKE_FAILED_AUTH
        self.cut = "refused" if is_refused or self.cut == "refused" else "gone"

    def receive(self, limit: int) -> Iterator[tuple[Channel, list[bytes]]]:
        """Yield what has arrived by the last :meth:`wait`, without waiting.

        Args:
            limit: Most messages of each channel.
        """
        for channel, source in self._sockets.items():
            # What was not ready need not be asked; a link that was cut is emptied.
            if self.cut is None and source not in self._ready:
                continue
            for _ in range(limit):
                try:
                    yield channel, source.recv_multipart(_NOBLOCK)
                except zmq.Again:
                    break

    def send(self, channel: Channel, frames: Sequence[bytes]) -> bool:
        """Send a message, or return False when there is no connection to send it on."""
        try:
            send_parts(self._sockets[channel], frames)
        except zmq.Again:
            return False
        return True

    def close(self, linger_ms: int = 0) -> None:
        """Close the sockets; safe to call twice.

        Args:
            linger_ms: How long to go on sending what was handed over.
        """
        for made in self._sockets.values():
            made.disable_monitor()
            made.close(linger=linger_ms)
        for monitor in self._monitors:
            monitor.close(linger=0)
        self._sockets.clear()
        self._monitors.clear()


def _client_keys(address: HostAddress) -> KeyPair | None:
    if address.server_key is None:
        return None
    # Without keys of its own a client is told so by the host's refusal.
    return address.keys or KeyPair.fresh()


def _dealer(context: zmq.Context[zmq.Socket[bytes]], address: HostAddress, keys: KeyPair | None) -> zmq.Socket[bytes]:
    made: zmq.Socket[bytes] = context.socket(zmq.DEALER)
    made.setsockopt(zmq.LINGER, 0)
    made.setsockopt(zmq.RECONNECT_IVL, NEVER_MS)
    made.setsockopt(zmq.SNDHWM, SEND_LIMIT)
    made.setsockopt(zmq.RCVHWM, RECEIVE_LIMIT)
    made.setsockopt(zmq.MAXMSGSIZE, LARGEST_BODY_BYTES)
    made.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_LIMIT_MS)
    keep_alive(made)
    made.setsockopt(zmq.IPV6, int("[" in address.requests))
    if keys is not None:
        made.curve_serverkey = str(address.server_key).encode("ascii")
        made.curve_publickey = keys.public.encode("ascii")
        made.curve_secretkey = keys.secret.encode("ascii")
    return made
