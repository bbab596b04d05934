"""A bad network between a client and a host: TCP that can be cut, frozen and healed."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from urllib.parse import urlsplit

from npc_sdk.wire.address import HostAddress
from npc_sdk.wire.connection_file import Connection


class Proxy:
    """Forwards the two channels of one host; every method may be called from any thread.

    Args:
        connection: The host.
        delay_s: How long everything is under way.
    """

    def __init__(self, connection: Connection, *, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s
        self._connection = connection
        self._is_cut = self._is_frozen = self._is_over = False
        self._selector = selectors.DefaultSelector()
        self._listeners: dict[socket.socket, tuple[str, int]] = {}
        self._other: dict[socket.socket, socket.socket] = {}
        self._late: deque[tuple[float, socket.socket, bytes]] = deque()
        ports = []
        for endpoint in (connection.requests, connection.control):
            place = urlsplit(endpoint)
            listener = socket.create_server(("127.0.0.1", 0))
            listener.setblocking(False)
            self._listeners[listener] = (str(place.hostname), int(place.port or 0))
            self._selector.register(listener, selectors.EVENT_READ)
            ports.append(listener.getsockname()[1])
        self._ports = ports
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def address(self) -> HostAddress:
        """Where the client finds the host."""
        requests, control = (f"tcp://127.0.0.1:{port}" for port in self._ports)
        return HostAddress(requests=requests, control=control, token=self._connection.token)

    def cut(self) -> None:
        """Drop all connections and refuse new ones."""
        self._is_cut = True

    def freeze(self) -> None:
        """Let nothing through, and keep the connections."""
        self._is_frozen = True

    def heal(self) -> None:
        """Work again."""
        self._is_cut = self._is_frozen = False

    def close(self) -> None:
        """Stop."""
        self._is_over = True
        self._thread.join(10)
        for each in [*self._listeners, *self._other]:
            each.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._is_over:
            if self._is_cut:
                for each in list(self._other):
                    self._drop(each)
            if self._is_frozen:
                time.sleep(0.005)
                continue
            for key, _ in self._selector.select(0.005):
                source = key.fileobj
                assert isinstance(source, socket.socket)
                if source in self._listeners:
                    self._accept(source)
                elif source in self._other:
                    self._forward(source)
            while self._late and self._late[0][0] <= time.monotonic():
                _, target, data = self._late.popleft()
                self._write(target, data)

    def _accept(self, listener: socket.socket) -> None:
        near, _ = listener.accept()
        if self._is_cut:
            near.close()
            return
        try:
            far = socket.create_connection(self._listeners[listener], timeout=1)
        except OSError:
            near.close()
            return
        for one, other in ((near, far), (far, near)):
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, source: socket.socket) -> None:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._drop(source)
        elif self.delay_s:
            self._late.append((time.monotonic() + self.delay_s, self._other[source], data))
        else:
            self._write(self._other[source], data)

    def _write(self, target: socket.socket, data: bytes) -> None:
        try:
            target.sendall(data)
        except OSError:
            self._drop(target)

    def _drop(self, one: socket.socket) -> None:
        for each in (one, self._other.get(one)):
            if each is not None and each in self._other:
                del self._other[each]
                self._selector.unregister(each)
                each.close()
