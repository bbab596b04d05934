"""Strangers who speak ZeroMQ well and mean harm: the host lives on, and nobody else notices."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from hosting import HostProcessForTests, slow_engine
from raw_client import RawClient

from npc_sdk import HostLost, Persona, connect
from npc_sdk.errors import CapacityError
from npc_sdk.wire import messages as m
from npc_sdk.wire.client_events import HostFound
from npc_sdk.wire.memory_guard import MemoryGuard
from npc_sdk.wire.sockets import HostSockets

Open = Callable[..., Any]
BRON = Persona(name="Bron", role="the gate guard")

GREETING = b"\xff" + b"\0" * 8 + b"\x7f\x03\0NULL" + b"\0" * 16 + b"\0" * 32
READY = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"
PING = b"\x04\x07\x04PING\0\0"
SMALL = b"\0\x01x"
# A frame that says that another one follows.
MORE = b"\x01\x64" + b"x" * 100


def stranger(endpoint: str) -> socket.socket:
    """Return a connection on which ZeroMQ's handshake is done and nothing was said."""
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    made = socket.create_connection((host, int(port)), timeout=10)
    made.sendall(GREETING + bytes([4, len(READY)]) + READY)
    received = 0
    while received < 64 + 2 + len(READY):
        received += len(made.recv(4096))
    return made


@pytest.fixture
def process(tmp_path: Path) -> Iterator[HostProcessForTests]:
    """A host that a stranger may end."""
    made = HostProcessForTests(tmp_path)
    yield made
    made.process.kill()
    made.process.communicate()


class Crowd:
    """Says once that there are too many connections."""

    def __init__(self) -> None:
        self.is_there = False

    def take(self) -> bool:
        """Return whether there is a crowd, and send it away."""
        is_there, self.is_there = self.is_there, False
        return is_there


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> Crowd:
    """What the guard of a host that is started then looks at."""
    made = Crowd()
    guard = MemoryGuard(read=lambda: 0, crowd=made.take, trim=lambda: None)
    monkeypatch.setattr("npc_sdk.wire.server.MemoryGuard", lambda: guard)
    return made


def test_libzmq_is_never_made_to_stop_reading(open_host: Open) -> None:
    sockets = open_host()._sockets
    for each in (sockets.requests, sockets.control, sockets.telemetry):
        assert each.getsockopt(zmq.HEARTBEAT_IVL) == 0, "a heartbeat to who has gone ends the process"
        assert each.getsockopt(zmq.RCVHWM) == 0, "so does a PING of theirs that could not be read in time"


def test_pings_of_who_has_gone_do_not_end_the_host(process: HostProcessForTests) -> None:
    for _ in range(2):
        strangers = [stranger(process.connection.requests) for _ in range(10)]
        for each in strangers:
            each.setblocking(False)
            with contextlib.suppress(OSError):
                while True:
                    each.send((SMALL * 40 + PING) * 400)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            each.close()
        time.sleep(0.3)
    with RawClient(process.connection) as client:
        client.send(m.Ping(n=1))
        assert client.until(lambda message: isinstance(message, m.Pong))
    assert process.process.poll() is None


def test_a_message_without_an_end_is_cut_off(open_host: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npc_sdk.wire.server.MemoryGuard", lambda: MemoryGuard(limit_bytes=50_000_000))
    host = open_host()
    each = stranger(host.connection.requests)
    each.settimeout(10)
    with pytest.raises(OSError):
        for _ in range(10_000):
            each.sendall(MORE * 600)
    each.close()
    with connect(host.connection_file) as client:
        assert client.spawn(BRON).say("Hello.").result().source == "model"


def test_when_all_are_cut_off_turns_go_on(open_host: Open, crowd: Crowd) -> None:
    engine, pace = slow_engine(tokens_per_ms=0.004)
    news: list[Any] = []
    with contextlib.closing(pace):
        host = open_host(engine, is_paced=True)
        with connect(host.connection_file, on_event=news.append) as client:
            turn = client.spawn(BRON).say("Hello.", deadline_ms=20_000)
            client._desk.wait(lambda: bool(turn.events), 10)
            crowd.is_there = True
            assert client._desk.wait(lambda: client._pump.peer.state != "connected", 10)
            assert not turn.is_over
            end = turn.result(20)
            client.poll()
    assert (end.source, end.why) == ("model", "stop")
    assert not [event for event in news if isinstance(event, HostLost)]
    assert [event.is_resumed for event in news if isinstance(event, HostFound)] == [False, True]


def test_without_its_ports_a_host_ends(open_host: Open, crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(sockets: HostSockets) -> None:
        sockets.close()
        raise CapacityError("The port is taken.", code="endpoint_unusable")

    monkeypatch.setattr(HostSockets, "rebuild", fail)
    host = open_host()
    crowd.is_there = True
    end_s = time.monotonic() + 10
    while host.is_serving and time.monotonic() < end_s:
        time.sleep(0.02)
    assert not host.is_serving
