from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.wire.address import at_endpoint, in_file, newest
from npc_sdk.wire.connection_file import Connection, default_file, write_connection
from npc_sdk.wire.keys import KeyPair


def connection(**changes: object) -> Connection:
    values: dict[str, object] = {
        "protocol": "1.0",
        "pid": 1,
        "born_s": float("nan"),
        "requests": "tcp://127.0.0.1:7000",
        "control": "tcp://127.0.0.1:7001",
        "telemetry": None,
        "token": "secret-token",
        "curve_server_key": None,
        "host_version": "0",
        "host_id": "a",
    }
    return Connection(**{**values, **changes})  # type: ignore[arg-type]


def test_a_fixed_place() -> None:
    keys = KeyPair.fresh()
    found = at_endpoint("tcp://192.168.1.5:7000", token="t", server_key=keys.public, keys=keys)()
    assert (found.requests, found.control) == ("tcp://192.168.1.5:7000", "tcp://192.168.1.5:7001")
    assert (found.token, found.server_key, found.keys) == ("t", keys.public, keys)


@pytest.mark.parametrize("endpoint", ["tcp://127.0.0.1:*", "tcp://*:7000", "ipc:///tmp/x", "127.0.0.1:7000"])
def test_no_single_place(endpoint: str) -> None:
    with pytest.raises(RequestError) as caught:
        at_endpoint(endpoint)
    assert caught.value.code == "bad_endpoint"


def test_a_key_that_is_none() -> None:
    with pytest.raises(RequestError) as caught:
        at_endpoint("tcp://127.0.0.1:7000", server_key="short")
    assert caught.value.code == "bad_key"


def test_a_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "connection.json"
    locate = in_file(file)
    with pytest.raises(RequestError) as caught:
        locate()
    assert caught.value.code == "no_connection_file"
    write_connection(connection(), file)
    assert locate().token == "secret-token"
    file.unlink()
    write_connection(connection(token="another"), file)
    assert locate().token == "another"
    assert "another" not in repr(locate())


def test_the_newest_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(RequestError) as caught:
        newest()()
    assert caught.value.code == "no_host"
    write_connection(connection(), default_file(1))
    assert newest()().requests == "tcp://127.0.0.1:7000"
