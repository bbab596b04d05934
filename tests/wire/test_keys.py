from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
import zmq
import zmq.utils.z85

from npc_sdk.errors import CapacityError, RequestError, StateError
from npc_sdk.wire import keys as keys_module
from npc_sdk.wire.endpoint import read_endpoint
from npc_sdk.wire.gate import Gate
from npc_sdk.wire.host_settings import HostSettings
from npc_sdk.wire.keys import KeyPair, KeyRing, is_key, keys_folder
from npc_sdk.wire.zap import zap_answer


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    """Keys of this test alone."""
    return KeyRing(tmp_path / "keys")


def test_the_host_has_one_pair(ring: KeyRing) -> None:
    pair = ring.host_keys()
    assert ring.host_keys() == pair and is_key(pair.public)
    assert zmq.curve_public(pair.secret.encode()).decode() == pair.public
    assert pair.secret not in repr(pair)


@pytest.mark.skipif(sys.platform == "win32", reason="no file modes")
def test_nobody_else_can_read_them(ring: KeyRing) -> None:
    ring.host_keys()
    ring.add("game")
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in ring.folder.iterdir()}
    assert modes == {"host.key": 0o600, "clients.json": 0o600}
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700


def test_clients_come_and_go(ring: KeyRing) -> None:
    assert ring.clients() == ()
    game, pair = ring.add("game")
    own = KeyPair.fresh()
    tool, made = ring.add("a-tool", own.public)
    assert pair is not None and made is None
    assert [client.name for client in ring.clients()] == ["a-tool", "game"]
    assert ring.allowed() == {pair.public, own.public} == {game.public, tool.public}
    # Not even the list knows the secret.
    assert pair.secret not in (ring.folder / "clients.json").read_text()
    assert ring.revoke("game") == game
    assert ring.allowed() == {own.public}


def test_slips_are_told(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.add("game")
    with pytest.raises(StateError, match="npc keys revoke game"):
        ring.add("game")
    for name in ("", "../x", "a b", "x" * 65, "-x"):
        with pytest.raises(RequestError) as caught:
            ring.add(name)
        assert caught.value.code == "bad_key_name"
    with pytest.raises(RequestError) as caught:
        ring.add("other", "short")
    assert caught.value.code == "bad_key"
    with pytest.raises(RequestError, match="game"):
        ring.revoke("gmae")
    monkeypatch.setattr(keys_module, "MAX_CLIENTS", 1)
    with pytest.raises(CapacityError):
        ring.add("other")


BROKEN: list[Any] = ["", "[]", "nonsense", {"clients": {}}, {"clients": [1]}, {"clients": [{"name": "x"}]}]


@pytest.mark.parametrize("content", BROKEN, ids=repr)
def test_a_damaged_list_lets_nobody_in(ring: KeyRing, content: Any) -> None:
    ring.folder.mkdir()
    text = content if isinstance(content, str) else json.dumps(content)
    (ring.folder / "clients.json").write_text(text)
    with pytest.raises(RequestError) as caught:
        ring.allowed()
    assert caught.value.code == "bad_keys"
    (ring.folder / "host.key").write_text(text)
    with pytest.raises(RequestError):
        ring.host_keys()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CapacityError) as caught:
        KeyRing(tmp_path / "file" / "keys").host_keys()
    assert caught.value.code == "keys_unusable"


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_KEYS_DIR", "/somewhere")
    assert keys_folder() == Path("/somewhere")
    monkeypatch.delenv("NPC_KEYS_DIR")
    assert keys_folder().name == "keys"


# The gate.


def _gate(ring: KeyRing, endpoint: str = "tcp://127.0.0.1:*", **settings: Any) -> Gate:
    chosen = HostSettings(endpoint=endpoint, keys=str(ring.folder), **settings)
    return Gate.for_host(chosen, read_endpoint(endpoint))


def test_this_machine_needs_no_keys(ring: KeyRing) -> None:
    gate = _gate(ring)
    assert gate.keys is None and not gate.look()
    assert not ring.folder.exists()


def test_this_machine_may_want_keys(ring: KeyRing) -> None:
    ring.add("game")
    assert _gate(ring, is_encrypted=True).keys == ring.host_keys()


def test_the_list_is_followed_and_damage_changes_nothing(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npc_sdk.wire.gate.LOOK_S", 0.0)
    _, pair = ring.add("game")
    assert pair is not None
    gate = _gate(ring, "tcp://0.0.0.0:*")
    assert gate.is_allowed(pair.public) and not gate.is_allowed(KeyPair.fresh().public)
    (ring.folder / "clients.json").write_text("damaged")
    assert not gate.look() and gate.is_allowed(pair.public)
    (ring.folder / "clients.json").write_text('{"clients": []}')
    assert gate.look() and not gate.is_allowed(pair.public)
    assert not gate.look()


# What ZeroMQ asks.

KEY = os.urandom(32)


@pytest.mark.parametrize(
    ("frames", "status"),
    [
        ([b"1.0", b"7", b"npc", b"10.0.0.1", b"", b"CURVE", KEY], b"200"),
        ([b"1.0", b"7", b"npc", b"10.0.0.1", b"", b"CURVE", os.urandom(32)], b"400"),
        ([b"1.0", b"7", b"npc", b"10.0.0.1", b"", b"CURVE", b"short"], b"400"),
        ([b"1.0", b"7", b"other", b"10.0.0.1", b"", b"CURVE", KEY], b"400"),
        ([b"1.0", b"7", b"npc", b"10.0.0.1", b"", b"NULL"], b"400"),
        ([b"1.0", b"7", b"npc", b"10.0.0.1", b"", b"PLAIN", b"user", b"password"], b"400"),
        ([b"2.0", b"7", b"npc", b"10.0.0.1", b"", b"CURVE", KEY], None),
        ([], None),
    ],
)
def test_only_a_listed_key_is_let_in(frames: list[bytes], status: bytes | None) -> None:
    known = zmq.utils.z85.encode(KEY).decode()
    answer = zap_answer(frames, lambda key: key == known)
    if status is None:
        assert answer is None
        return
    assert answer is not None and answer[:3] == [b"1.0", b"7", status]
    assert (answer[4] == known.encode()) == (status == b"200")


def test_a_list_that_could_not_be_read_once_is_read_again(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npc_sdk.wire.gate.LOOK_S", 0.0)
    _, pair = ring.add("game")
    ring.add("tool")
    assert pair is not None
    gate = _gate(ring, "tcp://0.0.0.0:*")
    ring.revoke("game")
    with monkeypatch.context() as patch:
        patch.setattr(KeyRing, "allowed", _unreadable)
        assert not gate.look() and not gate.look()
        assert gate.is_allowed(pair.public)
    assert gate.look()
    assert not gate.is_allowed(pair.public)


def _unreadable(ring: KeyRing) -> frozenset[str]:
    raise RequestError("The disk has hiccups.", code="bad_keys")
