from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import zmq

from npc_sdk.errors import BackendError, DeadlineError, RequestError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import encode
from npc_sdk.wire.connection_file import Connection
from npc_sdk.wire.watch import Watch, connection_of

Open = Callable[..., Any]
Join = Callable[..., Any]


class Publisher:
    """A host that only publishes."""

    def __init__(self) -> None:
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.XPUB)
        self.socket.bind("tcp://127.0.0.1:*")
        self.connection = Connection(
            protocol="1.0",
            pid=2**22 + 1,
            born_s=0.0,
            requests="",
            control="",
            telemetry=self.socket.getsockopt_string(zmq.LAST_ENDPOINT),
            token="",
            curve_server_key=None,
            host_version="",
            host_id="",
        )

    def say(self, seq: int, kind: str = "turn") -> None:
        self.socket.send_multipart(encode(m.Telemetry(seq=seq, at_ms=1.0, kind=kind, data={})))

    def close(self) -> None:
        self.socket.close(0)
        self.context.term()


def test_it_hears_what_a_host_publishes(open_host: Open, join: Join) -> None:
    host = open_host()
    client = join(host)
    client.spawn()
    with Watch(host.connection) as watch:
        status = watch.wait_for("status", 10)
        assert status.data["sessions"] == 1 and {"recent", "frame", "memory", "stats"} <= set(status.data)
        client.do(m.NpcSay, npc="Bron", text="My password is cheese.")
        turn = watch.wait_for("turn", 10)
        assert turn.data["source"] == "model" and "cheese" not in str(turn.data)
        client.do(m.NpcDecide, npc="Bron", situation="Now?", options=("Run", "Stay"))
        assert watch.wait_for("decision", 10).data["why"] == "scored"
        client.send(m.Bye())
        assert watch.wait_for("session", 10).data == {"event": "closed", "code": "bye", "sessions": 0}
        assert watch.lost == 0


def test_news_are_told_as_codes(open_host: Open, join: Join) -> None:
    from npc_sdk.testing import FakeEngine

    engine = FakeEngine()
    host = open_host(engine)
    with Watch(host.connection) as watch:
        watch.wait_for("status", 10)
        engine.crash()
        down = watch.wait_for("news", 10).data
        assert down == {"event": "engine_down", "error": "engine_crashed", "is_final": False}


def test_lost_messages_are_counted_and_strange_ones_passed_over() -> None:
    publisher = Publisher()
    with Watch(publisher.connection) as watch:
        assert publisher.socket.recv() == b"\x01", "somebody listens"
        for seq in (5, 6, 9):
            publisher.say(seq)
        publisher.socket.send_multipart([b"NPC/1", b"\xc1"])
        publisher.say(10, "news")
        seen = [watch.next(5) for _ in range(4)]
        assert [message.seq for message in seen if message is not None] == [5, 6, 9, 10]
        assert watch.lost == 2
    publisher.close()


def test_a_host_that_has_gone_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npc_sdk.wire.watch.SILENCE_S", 0.0)
    publisher = Publisher()
    with Watch(publisher.connection) as watch, pytest.raises(BackendError) as failure:
        watch.next(5)
    assert failure.value.code == "host_lost"
    publisher.close()


def test_what_says_nothing_is_not_waited_for_for_ever() -> None:
    publisher = Publisher()
    with Watch(publisher.connection) as watch:
        assert watch.next(0.0) is None
        with pytest.raises(DeadlineError) as failure:
            watch.wait_for("status", 0.3)
    assert failure.value.code == "no_figures"
    publisher.close()


def test_hosts_that_cannot_be_watched_are_refused(open_host: Open, tmp_path: Path) -> None:
    host = open_host(has_telemetry=False)
    assert host.connection.telemetry is None
    with pytest.raises(RequestError) as failure:
        Watch(host.connection)
    assert failure.value.code == "no_telemetry"
    with pytest.raises(RequestError) as failure:
        Watch(replace(host.connection, telemetry="tcp://127.0.0.1:9", curve_server_key="k"))
    assert failure.value.code == "keys_needed"
    file = host.connection_file
    assert connection_of(file).host_id == host.connection.host_id
    copy = tmp_path / "copy.json"
    copy.write_bytes(file.read_bytes().replace(b'"pid": ', b'"pid": 9'))
    copy.chmod(0o600)
    with pytest.raises(RequestError) as failure:
        connection_of(copy)
    assert failure.value.code == "no_host"


def test_a_client_with_a_key_may_watch(open_host: Open, tmp_path: Path) -> None:
    from npc_sdk.wire.keys import KeyPair, KeyRing

    _, pair = KeyRing(tmp_path / "keys").add("me", None)
    host = open_host(is_encrypted=True, keys=str(tmp_path / "keys"))
    with Watch(host.connection, keys=pair) as watch:
        assert watch.wait_for("status", 10).kind == "status"
    with Watch(host.connection, keys=KeyPair.fresh()) as watch:
        assert watch.next(1.5) is None
