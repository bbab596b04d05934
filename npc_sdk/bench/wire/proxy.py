"""A bad network between a client and a host: TCP that can be cut, slowed down and healed."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from random import Random
from urllib.parse import urlsplit

from npc_sdk.wire.address import HostAddress
from npc_sdk.wire.connection_file import Connection

_LOOK_S = 0.005
_PIECE_BYTES = 65_536


class Proxy:
    """Forwards the two channels of one host; every method may be called from any thread.

    Args:
        connection: The host.
        seed: Makes the jitter.

    Attributes:
        jitter_ms: Each piece is held up for up to so long; pieces never overtake each other.
    """

    def __init__(self, connection: Connection, *, seed: int) -> None:
        self.jitter_ms = 0.0
        self._token = connection.token
        self._chance = Random(seed)
        self._is_cut = self._is_over = False
        self._selector = selectors.DefaultSelector()
        self._hosts: dict[socket.socket, tuple[str, int]] = {}
        self._others: dict[socket.socket, socket.socket] = {}
        self._late: dict[socket.socket, deque[tuple[float, bytes]]] = {}
        self._ports = [self._listen(endpoint) for endpoint in (connection.requests, connection.control)]
        self._thread = threading.Thread(target=self._run, name="npc-bench-proxy", daemon=True)
        self._thread.start()

    def address(self) -> HostAddress:
        """Return where a client finds the host."""
        requests, control = (f"tcp://127.0.0.1:{port}" for port in self._ports)
        return HostAddress(requests=requests, control=control, token=self._token)

    def cut(self) -> None:
        """Drop all connections and take no new ones."""
        self._is_cut = True

    def heal(self) -> None:
        """Work again."""
        self._is_cut = False
        self.jitter_ms = 0.0

    def close(self) -> None:
        """Stop; safe to call twice."""
        self._is_over = True
        self._thread.join()

    def _listen(self, endpoint: str) -> int:
        place = urlsplit(endpoint)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self._hosts[listener] = (str(place.hostname), int(place.port or 0))
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        return int(listener.getsockname()[1])

    def _run(self) -> None:
        while not self._is_over:
            if self._is_cut:
                for each in list(self._others):
                    self._drop(each)
            for key, _ in self._selector.select(_LOOK_S):
                if key.fileobj in self._hosts or key.fileobj in self._others:
                    act: Callable[[object], None] = key.data
                    act(key.fileobj)
            self._send_late()
        for each in [*self._hosts, *self._others]:
            each.close()
        self._selector.close()

    def _accept(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        if self._is_cut:
            near.close()
            return
        try:
            far = socket.create_connection(self._hosts[listener], timeout=1.0)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._others[one] = other
            self._late[one] = deque()
            self._selector.register(one, selectors.EVENT_READ, self._forward)

    def _forward(self, source: socket.socket) -> None:
        data = b""
        with suppress(OSError):
            data = source.recv(_PIECE_BYTES)
        if not data:
            self._drop(source)
            return
        target = self._others[source]
        waiting = self._late[target]
        after_s = waiting[-1][0] if waiting else 0.0
        due_s = max(after_s, time.monotonic() + self._chance.random() * self.jitter_ms / 1000.0)
        waiting.append((due_s, data))

    def _send_late(self) -> None:
        now_s = time.monotonic()
        for target, waiting in list(self._late.items()):
            while waiting and waiting[0][0] <= now_s and target in self._others:
                self._write(target, waiting.popleft()[1])

    def _write(self, target: socket.socket, data: bytes) -> None:
        try:
            target.sendall(data)
        except OSError:
            self._drop(target)

    def _drop(self, one: socket.socket) -> None:
        for each in (one, self._others.get(one)):
            if each is not None and each in self._others:
                del self._others[each], self._late[each]
                self._selector.unregister(each)
                each.close()
