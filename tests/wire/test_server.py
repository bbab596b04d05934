from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zmq
from raw_client import TAG, RawClient

from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.testing import FakeEngine
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import encode
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings
from npc_sdk.wire.keys import KeyPair, KeyRing
from npc_sdk.wire.limits import Limits

Open = Callable[..., Any]
Join = Callable[..., Any]


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """Keys of this test alone."""
    return KeyRing(tmp_path / "keys")


def _connected(endpoint: str) -> socket.socket:
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=10)


GARBAGE = {
    "nothing": b"",
    "http": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "noise": os.urandom(4096),
    "zeros": b"\0" * 100_000,
    "half a greeting": b"\xff\0\0\0\0\0\0\0\x01\x7f",
    "old zmtp": b"\x01\0" * 100,
    # A ZMTP greeting of version 3, the mechanism NULL, and then a command of four billion bytes.
    "a huge frame": b"\xff" + b"\0" * 8 + b"\x01\x7f\x03\0NULL" + b"\0" * 48 + b"\x06\xff\xff\xff\xff\xff\xff\xff\xff",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=list(GARBAGE))
def test_who_never_speaks_the_language_harms_nobody(open_host: Open, join: Join, garbage: bytes) -> None:
    host = open_host()
    client = join(host)
    client.spawn()
    strangers = []
    for endpoint in (host.connection.requests, host.connection.control, host.connection.telemetry):
        for _ in range(3):
            stranger = _connected(endpoint)
            stranger.sendall(garbage)
            strangers.append(stranger)
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"
    assert client.status()["sessions"] == 1
    for stranger in strangers:
        stranger.close()
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"


def test_who_says_nothing_is_sent_away(open_host: Open) -> None:
    host = open_host()
    stranger = _connected(host.connection.requests)
    stranger.settimeout(10)
    came = b""
    while chunk := stranger.recv(4096):
        came += chunk
    stranger.close()
    assert len(came) <= 64 + 64


FRAMES: dict[str, list[bytes]] = {
    "no frames": [b""],
    "no tag": [b"hello"],
    "three frames": [TAG, b"\x80", b"\x80"],
    "a hundred frames": [b"x"] * 100,
    "another version": [b"NPC/9", b"\x80"],
    "no map": [TAG, b"\x93\x01\x02\x03"],
    "a length that lies": [TAG, b"\xdf\xff\xff\xff\xff"],
    "deep": [TAG, b"\x81\xa1a" * 5000 + b"\x80"],
    "no msgpack": [TAG, os.urandom(500)],
    "bytes": [TAG, b"\x81\xa4type\xc4\x03abc"],
    "an extension": [TAG, b"\x81\xa4type\xc7\x03\x01abc"],
    "an unknown type": [TAG, b"\x81\xa4type\xa4fire"],
}


@pytest.mark.parametrize("frames", FRAMES.values(), ids=list(FRAMES))
def test_what_cannot_be_read_is_refused_and_ends_nothing(open_host: Open, join: Join, frames: list[bytes]) -> None:
    host = open_host()
    client = join(host)
    client.spawn()
    client.requests.send_multipart(frames)
    client.control.send_multipart(frames)
    error = client.until(lambda message: isinstance(message, m.Error))
    assert error.id is None and error.error.kind == "ProtocolError"
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"


def test_what_is_too_large_for_one_frame_ends_its_connection_only(open_host: Open, join: Join) -> None:
    host = open_host()
    client, other = join(host), join(host)
    client.spawn()
    other.requests.send_multipart([TAG, b"x" * 10_000_000])
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"


def test_many_small_frames_are_measured_together(open_host: Open, join: Join) -> None:
    client = join(open_host())
    client.requests.send_multipart([TAG, *([b"x" * 10_000] * 100)])
    assert client.until(lambda message: isinstance(message, m.Error)).error.code in ("too_large", "too_fast")


def test_without_the_token_there_is_no_session(open_host: Open, join: Join) -> None:
    host = open_host()
    stranger = join(host, hello=False, token="x" * 43)
    with pytest.raises(AssertionError, match="bad_token"):
        stranger.hello()
    stranger.ask(m.NpcSay, npc="Bron", text="Hello.")
    assert stranger.until(lambda message: isinstance(message, m.Error)).error.code == "no_session"


def test_nobody_attaches_to_the_session_of_another(open_host: Open, join: Join) -> None:
    host = open_host()
    client, stranger = join(host), join(host)
    attach = m.Attach(attempt=1, session=client.session, owner_key=stranger.owner_key)
    other = join(host, hello=False)
    other.control.send_multipart(encode(attach))
    answer = other.receive(channel="control")
    assert isinstance(answer, m.Refused)
    other.control.send_multipart(encode(m.StatusAsk(n=1)))
    assert other.receive(channel="control").error.code == "no_session"


def test_control_does_not_wait_behind_bulk(open_host: Open, join: Join) -> None:
    host = open_host()
    busy, client = join(host), join(host)
    busy.spawn()
    for index in range(2000):
        busy.ask(m.NpcObserve, npc="Bron", text=f"Something happens for the time {index}.")
    began_s = time.monotonic()
    client.control.send_multipart(encode(m.StatusAsk(n=7)))
    client.until(lambda message: isinstance(message, m.StatusReply), channel="control")
    took_s = time.monotonic() - began_s
    done = sum(isinstance(message, m.End) for message in busy.seen)
    busy.end(2001, timeout_s=60)
    assert done < 2000
    assert took_s < time.monotonic() - began_s


def test_a_reader_that_stops_is_ended_and_nobody_else_notices(open_host: Open, join: Join) -> None:
    limits = Limits(max_events_unacked=16, max_events_queued=64, slow_reader_ms=300)
    host = open_host(FakeEngine(lambda prompt: "One two three four five six seven. " * 3), limits=limits)
    lazy, client = join(host), join(host)
    for each in (lazy, client):
        each.spawn()
    for _ in range(30):
        lazy.ask(m.NpcSay, npc="Bron", text="Talk.")
    ended = lazy.until(lambda message: isinstance(message, m.SessionEnded))
    assert ended.error.code == "slow_reader"
    say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
    seen = 0
    while not client.stream(say) or not isinstance(client.stream(say)[-1], m.End):
        client.receive()
        seen = len(client.stream(say))
        if seen:
            client.send(m.Ack(upto=(m.Receipt(id=say, seq=seen - 1),)))
    assert client.stream(say)[-1].result.source == "model"


def test_turns_pause_while_too_much_waits(open_host: Open, join: Join) -> None:
    limits = Limits(max_events_unacked=8, max_events_queued=20, slow_reader_ms=60_000)
    host = open_host(FakeEngine(lambda prompt: "One two three four five six seven. " * 3), limits=limits)
    client = join(host)
    client.spawn()
    say = client.ask(m.NpcSay, npc="Bron", text="Talk.")
    taken = 0
    while not client.stream(say) or not isinstance(client.stream(say)[-1], m.End):
        if client.receive(0.3) is None:
            items = client.stream(say)
            taken += 1
            client.send(m.Ack(below=2, upto=(m.Receipt(id=say, seq=items[-1].seq),) if items else ()))
    items = client.stream(say)
    assert taken >= 2
    assert [item.seq for item in items] == list(range(len(items)))
    assert "".join(i.event.text for i in items[:-1] if i.event.kind == "speech") == items[-1].result.text


# Keys.


@pytest.fixture
def locked(open_host: Open, ring: KeyRing) -> Iterator[Callable[[str], tuple[Any, KeyPair]]]:
    """Starts a host that asks for keys; returns it and those of a client."""

    def start(name: str = "game") -> tuple[Any, KeyPair]:
        _, pair = ring.add(name)
        assert pair is not None
        return open_host(is_encrypted=True, keys=str(ring.folder)), pair

    yield start


def test_a_listed_key_opens_the_door(locked: Any, join: Join) -> None:
    host, pair = locked()
    client = join(host, keys=pair)
    client.spawn()
    assert client.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"
    assert host.connection.curve_server_key is not None


@pytest.mark.parametrize("what", ["another key", "no encryption", "another server"])
def test_no_other_key_does(locked: Any, what: str) -> None:
    host, pair = locked()
    connection = host.connection
    keys: KeyPair | None = pair
    if what == "another key":
        keys = KeyPair.fresh()
    elif what == "no encryption":
        keys = None
    else:
        from dataclasses import replace

        connection = replace(connection, curve_server_key=KeyPair.fresh().public)
    stranger = RawClient(connection, keys=keys, hello=False)
    hello = m.Hello(attempt=1, protocol=m.PROTOCOL, instance="i" * 22, token=connection.token)
    stranger.send(hello)
    assert stranger.receive(1.0) is None
    watcher = stranger.context.socket(zmq.SUB)
    watcher.subscribe(b"")
    watcher.connect(connection.telemetry)
    assert not watcher.poll(700)
    watcher.close(0)
    stranger.close()


def test_a_key_that_is_revoked_ends_its_session(locked: Any, join: Join, ring: KeyRing) -> None:
    _, other_pair = ring.add("other")
    host, pair = locked()
    client, other = join(host, keys=pair), join(host, keys=other_pair)
    client.spawn()
    other.spawn()
    ring.revoke("game")
    ended = client.until(lambda message: isinstance(message, m.SessionEnded), 10.0)
    assert ended.error.code == "key_revoked"
    client.ask(m.NpcSay, npc="Bron", text="Hello?")
    assert other.do(m.NpcSay, npc="Bron", text="Hello.").source == "model"
    again = RawClient(host.connection, keys=pair, hello=False)
    again.send(m.Hello(attempt=1, protocol=m.PROTOCOL, instance="i" * 22))
    assert again.receive(1.0) is None
    again.close()


def test_a_key_that_is_added_opens_at_once(locked: Any, ring: KeyRing, join: Join) -> None:
    host, _ = locked()
    _, late = ring.add("late")
    hello = m.Hello(attempt=1, protocol=m.PROTOCOL, instance="i" * 22)
    for _ in range(20):
        with RawClient(host.connection, keys=late, hello=False) as client:
            client.send(hello)
            if isinstance(client.receive(1.0), m.Welcome):
                return
    pytest.fail("the new key was never let in")


@pytest.mark.parametrize("endpoint", ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*", "tcp://192.0.2.1:*"])
def test_others_are_not_served_without_keys(tmp_path: Path, endpoint: str, ring: KeyRing) -> None:
    from npc_sdk.wire.host import Host

    settings = HostSettings(endpoint=endpoint, keys=str(ring.folder), folder=str(tmp_path / "host"))
    with pytest.raises(RequestError) as caught:
        Host(HostConfiguration(host=settings), engine=FakeEngine())
    assert caught.value.code == "not_protected"
    assert "npc keys new" in caught.value.next_step
    assert not (tmp_path / "host").exists()


def test_others_are_served_with_keys(open_host: Open, ring: KeyRing, join: Join) -> None:
    from dataclasses import replace

    _, pair = ring.add("game")
    host = open_host(endpoint="tcp://0.0.0.0:*", keys=str(ring.folder))
    there = replace(
        host.connection,
        requests=host.connection.requests.replace("0.0.0.0", "127.0.0.1"),
        control=host.connection.control.replace("0.0.0.0", "127.0.0.1"),
        token="",
    )
    with RawClient(there, keys=pair) as client:
        assert client.spawn().is_new


def test_a_port_that_is_taken_is_told_and_nothing_is_left(open_host: Open, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CapacityError) as caught:
            open_host(endpoint=f"tcp://127.0.0.1:{port}")
        assert caught.value.code == "endpoint_unusable"
    assert not (tmp_path / "connection.json").exists()
    # The folder is free again.
    assert open_host().is_serving


def test_ipv6_is_served_too(open_host: Open, join: Join) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    host = open_host(endpoint="tcp://[::1]:*")
    context = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.setsockopt(zmq.IPV6, 1)
    dealer.connect(host.connection.requests)
    dealer.send_multipart(encode(m.Ping(n=1)))
    assert dealer.poll(5000)
    dealer.close(0)
    context.term()
