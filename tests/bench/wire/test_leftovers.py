from __future__ import annotations

import socket
from pathlib import Path

from npc_sdk.bench.wire.leftovers import Standing, files_left, tracebacks


def test_what_a_host_keeps_is_nothing_left(tmp_path: Path) -> None:
    (tmp_path / "host" / "parked").mkdir(parents=True)
    for name in ("host.log", "host/characters.db", "host/runtime.lock", "host/parked/one.state"):
        (tmp_path / name).touch()
    assert files_left(tmp_path) == []
    (tmp_path / "connection.json").touch()
    (tmp_path / "host" / "characters.db-wal").touch()
    assert sorted(files_left(tmp_path)) == ["connection.json", "host/characters.db-wal"]


def test_open_sockets_are_seen() -> None:
    before = Standing.now()
    with socket.create_server(("127.0.0.1", 0)):
        assert Standing.now().left_since(before)
    assert Standing.now().left_since(before) == []


def test_unhandled_exceptions_are_counted() -> None:
    assert tracebacks("one line\n") == 0
    assert tracebacks('{"exception": "Traceback (most recent call last):\\n"}') == 1
