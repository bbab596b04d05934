"""Listens to the figures that a host publishes."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Final

import zmq
from typing_extensions import Self

from npc_sdk.errors import BackendError, DeadlineError, ProtocolError, RequestError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import decode
from npc_sdk.wire.connection_file import Connection, find_connection, read_connection
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.limits import DEFAULT_LIMITS
from npc_sdk.wire.sockets import HANDSHAKE_LIMIT_MS, keep_alive

WAITING_LIMIT: Final = 1024
SILENCE_S: Final = 3.0
_LOOK_S: Final = 0.25


def connection_of(file: Path | None) -> Connection:
    """Return how to reach a host that runs.

    Args:
        file: Its connection file; None takes the host that was started last.

    Raises:
        RequestError: There is no such file, or no host (``no_host``).
    """
    if file is None:
        return find_connection()[0]
    connection = read_connection(file)
    if not connection.is_alive:
        raise RequestError(f"The host of {file} runs no more.", "Start one with: npc serve", code="no_host")
    return connection


class Watch:
    """Gets what a host publishes. Not thread safe; use it as a context manager.

    Args:
        connection: How to reach the host.
        keys: This program's own keys, for a host that asks for some.

    Attributes:
        lost: Messages that did not arrive, because whoever listens was too slow.

    Raises:
        RequestError: The host publishes nothing (``no_telemetry``), or asks for keys (``keys_needed``).
    """

    def __init__(self, connection: Connection, *, keys: KeyPair | None = None) -> None:
        if connection.telemetry is None:
            raise RequestError(
                "This host publishes no figures.", "Set has_telemetry = true in npc.toml.", code="no_telemetry"
            )
        if connection.curve_server_key is not None and keys is None:
            raise RequestError(
                "This host asks for keys.",
                "Make a pair with npc keys new NAME, and name it with --keys.",
                code="keys_needed",
            )
        self.connection = connection
        self.lost = 0
        self._next_seq: int | None = None
        self._heard_s = time.monotonic()
        self._context = zmq.Context()
        self._socket = _subscriber(self._context, connection, connection.telemetry, keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Listen no more; safe to call twice."""
        self._socket.close(linger=0)
        self._context.term()

    @property
    def silent_s(self) -> float:
        """Seconds since the host was heard."""
        return time.monotonic() - self._heard_s

    def next(self, timeout_s: float) -> m.Telemetry | None:
        """Return the next message, or None when the time is up.

        Raises:
            BackendError: The host has ended (``host_lost``).
        """
        end_s = time.monotonic() + timeout_s
        while True:
            left_s = max(0.0, end_s - time.monotonic())
            if self._socket.poll(int(min(left_s, _LOOK_S) * 1000)):
                message = self._taken()
                if message is not None:
                    return message
            elif self.silent_s > SILENCE_S and not self.connection.is_alive:
                raise BackendError("The host has ended.", "Start it again with: npc serve", code="host_lost")
            elif left_s <= 0.0:
                return None

    def wait_for(self, kind: str, timeout_s: float) -> m.Telemetry:
        """Return the next message of a kind.

        Raises:
            BackendError: The host has ended (``host_lost``).
            DeadlineError: None came in time (``no_figures``).
        """
        end_s = time.monotonic() + timeout_s
        while (left_s := end_s - time.monotonic()) > 0:
            message = self.next(left_s)
            if message is not None and message.kind == kind:
                return message
        raise DeadlineError(
            "The host publishes no figures.", "Look at its log; its keys may not know this program.", code="no_figures"
        )

    def _taken(self) -> m.Telemetry | None:
        try:
            message = decode(self._socket.recv_multipart(zmq.NOBLOCK), DEFAULT_LIMITS, "telemetry")
        except (zmq.Again, ProtocolError):
            return None
        if not isinstance(message, m.Telemetry):
            return None
        self._heard_s = time.monotonic()
        if self._next_seq is not None:
            self.lost += max(0, message.seq - self._next_seq)
        self._next_seq = message.seq + 1
        return message


def _subscriber(
    context: zmq.Context[zmq.Socket[bytes]], connection: Connection, endpoint: str, keys: KeyPair | None
) -> zmq.Socket[bytes]:
    made: zmq.Socket[bytes] = context.socket(zmq.SUB)
    made.setsockopt(zmq.LINGER, 0)
    made.setsockopt(zmq.RCVHWM, WAITING_LIMIT)
    made.setsockopt(zmq.MAXMSGSIZE, DEFAULT_LIMITS.max_body_bytes)
    made.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_LIMIT_MS)
    keep_alive(made)
    made.setsockopt(zmq.IPV6, int("[" in endpoint))
    if connection.curve_server_key is not None and keys is not None:
        made.curve_serverkey = connection.curve_server_key.encode("ascii")
        made.curve_publickey = keys.public.encode("ascii")
        made.curve_secretkey = keys.secret.encode("ascii")
    made.setsockopt(zmq.SUBSCRIBE, b"")
    made.connect(endpoint)
    return made
