"""Those who reach a port and do not speak ZeroMQ: noise, half a greeting, one byte at a time, and crowds."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random
from urllib.parse import urlsplit

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
READY = b"\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
CROWD = 100
_LIMIT_S = 1.0


class Strangers:
    """Knocks at the ports of one host. Not thread safe.

    Args:
        endpoints: Where.
        seed: Makes what they say.

    Attributes:
        visits: How many there were.
    """

    def __init__(self, endpoints: tuple[str, ...], seed: int) -> None:
        self._places = [(str(urlsplit(one).hostname), int(urlsplit(one).port or 0)) for one in endpoints]
        self._chance = Random(seed)
        self._open: list[tuple[float, socket.socket]] = []
        self._slow: list[tuple[float, socket.socket]] = []
        self.visits = 0
        self._cases: tuple[Callable[[socket.socket], None], ...] = (
            self._noise, self._half_greeting, self._slow_loris, self._huge_frame, self._no_mechanism, self._web,
            self._silent, self._reset,
        )  # fmt: skip

    def knock(self) -> None:
        """Have one of them come by; those who stay are thrown out after a second."""
        self._leave(time.monotonic())
        self._talk_slowly()
        knocker = self._connected()
        if knocker is not None:
            with suppress(OSError):
                self._chance.choice(self._cases)(knocker)

    def crowd(self) -> None:
        """Have many of them come at once, and stay for a second."""
        for _ in range(CROWD):
            self._connected()

    def close(self) -> None:
        """Have all of them go."""
        self._leave(float("inf"))

    def _connected(self) -> socket.socket | None:
        try:
            knocker = socket.create_connection(self._chance.choice(self._places), timeout=_LIMIT_S)
        except OSError:
            return None
        self.visits += 1
        self._open.append((time.monotonic() + _LIMIT_S, knocker))
        return knocker

    def _leave(self, now_s: float) -> None:
        for until_s, knocker in self._open:
            if until_s <= now_s:
                knocker.close()
        self._open = [entry for entry in self._open if entry[0] > now_s]
        self._slow = [entry for entry in self._slow if entry[0] > now_s]

    def _talk_slowly(self) -> None:
        for _, knocker in self._slow:
            with suppress(OSError):
                knocker.send(GREETING[:1])

    def _noise(self, knocker: socket.socket) -> None:
        knocker.sendall(self._chance.randbytes(self._chance.choice((1, 10, 64, 5000))))

    def _half_greeting(self, knocker: socket.socket) -> None:
        knocker.sendall(GREETING[: self._chance.randrange(1, len(GREETING))])

    def _slow_loris(self, knocker: socket.socket) -> None:
        self._slow.append((time.monotonic() + _LIMIT_S, knocker))

    def _huge_frame(self, knocker: socket.socket) -> None:
        size = self._chance.choice((2**63 - 1, 2**64 - 1, 2**31, 300_000))
        knocker.sendall(GREETING + READY + b"\x02" + size.to_bytes(8, "big") + b"x" * 1000)

    def _no_mechanism(self, knocker: socket.socket) -> None:
        knocker.sendall(GREETING.replace(b"NULL", self._chance.choice((b"CURV", b"PLAI", b"\x00\x00\x00\x00"))))

    def _web(self, knocker: socket.socket) -> None:
        knocker.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

    def _silent(self, knocker: socket.socket) -> None:
        pass

    def _reset(self, knocker: socket.socket) -> None:
        knocker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        knocker.sendall(GREETING)
        knocker.close()
