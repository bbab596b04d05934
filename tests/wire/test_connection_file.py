from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import CapacityError, RequestError, StateError
from npc_sdk.wire.connection_file import (
    Connection,
    default_file,
    find_connection,
    read_connection,
    remove_connection,
    runtime_folder,
    write_connection,
)
from npc_sdk.wire.process_mark import born_s, is_alive

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="no file modes")


@pytest.fixture
def connection() -> Connection:
    """A host in this process."""
    return Connection(
        protocol="1.0",
        pid=os.getpid(),
        born_s=born_s(os.getpid()) or 0.0,
        requests="tcp://127.0.0.1:1",
        control="tcp://127.0.0.1:2",
        telemetry=None,
        token="t" * 43,
        curve_server_key=None,
        host_version="1",
        host_id="abc",
    )


@pytest.fixture
def gone() -> tuple[int, float]:
    """Number and birth of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    born = born_s(process.pid)
    process.communicate(b"\n")
    assert born is not None
    return process.pid, born


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of this test alone."""
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path / "runtime"))
    return tmp_path / "runtime"


@posix_only
def test_only_its_owner_can_read_it(connection: Connection, folder: Path) -> None:
    before = os.umask(0)
    try:
        write_connection(connection, default_file(1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(default_file(1).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == [default_file(1)]
    assert read_connection(default_file(1)) == connection


def test_the_token_is_not_in_a_log(connection: Connection) -> None:
    assert connection.token not in repr(connection)


def test_a_file_of_a_host_that_is_gone_is_replaced(connection: Connection, gone: tuple[int, float]) -> None:
    file = default_file(1)
    write_connection(replace(connection, pid=gone[0], born_s=gone[1], host_id="old"), file)
    write_connection(connection, file)
    assert read_connection(file).host_id == "abc"


def test_a_file_of_a_host_that_runs_is_not(connection: Connection) -> None:
    file = default_file(1)
    parent = replace(connection, pid=os.getppid(), born_s=born_s(os.getppid()) or 0.0)
    write_connection(parent, file)
    with pytest.raises(StateError) as caught:
        write_connection(connection, file)
    assert (caught.value.code, caught.value.details["pid"]) == ("connection_file_in_use", os.getppid())


def test_nor_is_it_when_others_can_read_it(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    file.chmod(0o644)
    with pytest.raises(StateError) as caught:
        write_connection(connection, file)
    assert (caught.value.code, file.read_text()) == ("connection_file_in_use", "mine")


def test_what_is_no_connection_file_is_not_overwritten(connection: Connection, tmp_path: Path) -> None:
    file = tmp_path / "thesis.json"
    file.write_text("{}")
    file.chmod(0o600)
    with pytest.raises(StateError):
        write_connection(connection, file)
    assert file.read_text() == "{}"


def test_only_ones_own_file_is_removed(connection: Connection) -> None:
    file = default_file(1)
    write_connection(connection, file)
    remove_connection(replace(connection, host_id="other"), file)
    assert file.exists()
    remove_connection(connection, file)
    remove_connection(connection, file)
    assert not file.exists()


def test_the_newest_host_that_lives_is_found(connection: Connection, gone: tuple[int, float]) -> None:
    write_connection(replace(connection, host_id="older"), default_file(1))
    write_connection(replace(connection, host_id="newer"), default_file(2))
    write_connection(replace(connection, host_id="gone", pid=gone[0], born_s=gone[1]), default_file(3))
    for index in (1, 2, 3):
        os.utime(default_file(index), (index, index))
    found, file = find_connection()
    assert (found.host_id, file) == ("newer", default_file(2))
    # What was left behind is cleared away.
    assert not default_file(3).exists()


def test_without_a_host_there_is_an_error_with_a_hint(folder: Path) -> None:
    with pytest.raises(RequestError) as caught:
        find_connection()
    assert caught.value.code == "no_host" and "npc serve" in caught.value.next_step
    with pytest.raises(RequestError) as caught:
        read_connection(folder / "nothing.json")
    assert caught.value.code == "no_connection_file"


def test_a_number_that_was_given_again_is_no_host(connection: Connection) -> None:
    write_connection(replace(connection, born_s=connection.born_s - 3600), default_file(1))
    assert not read_connection(default_file(1)).is_alive
    assert is_alive(os.getpid(), born_s(os.getpid()) or 0.0)
    assert born_s(2**30) is None


@posix_only
@pytest.mark.parametrize("mode", [0o644, 0o620, 0o666])
def test_a_file_that_others_can_touch_is_refused(connection: Connection, mode: int) -> None:
    write_connection(connection, default_file(1))
    default_file(1).chmod(mode)
    with pytest.raises(RequestError) as caught:
        read_connection(default_file(1))
    assert caught.value.code == "connection_file_open"


BROKEN: list[Any] = [
    b"",
    b"[]",
    b"nonsense",
    b"\xff\xfe",
    b"[" * 100_000,
    b" " * 100_000,
    {"version": 2},
    {"pid": "1"},
    {"pid": True},
    {"pid": -5},
    {"pid": 2**40},
    {"born_s": None},
    {"requests": None},
    {"telemetry": 5},
    {"token": ["x"]},
    {"token": "x" * 300},
    {"token": "\ud800"},
    {"requests": "ipc:///tmp/x"},
    {"control": "tcp://127.0.0.1:*"},
    {"telemetry": "tcp://example.org:5"},
    {"curve_server_key": "short"},
]


@pytest.mark.parametrize("change", BROKEN, ids=lambda change: repr(change)[:30])
def test_what_cannot_be_used_is_refused(connection: Connection, change: Any) -> None:
    file = default_file(1)
    write_connection(connection, file)
    data = {"version": 1, **asdict(connection)}
    file.write_bytes(change if isinstance(change, bytes) else json.dumps({**data, **change}).encode())
    with pytest.raises(RequestError) as caught:
        read_connection(file)
    assert caught.value.code == "bad_connection_file"


def test_a_place_that_cannot_be_written_is_told(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CapacityError) as caught:
        write_connection(connection, tmp_path / "file" / "host.json")
    assert caught.value.code == "connection_file_unusable"
    assert not list(tmp_path.glob(".*"))


def test_the_systems_folder_is_taken_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPC_RUNTIME_DIR")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runtime_folder().name == "npc-sdk"


@posix_only
def test_a_folder_of_somebody_else_is_not_used(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = os.stat(tmp_path).st_uid + 1
    monkeypatch.setattr("npc_sdk.wire.connection_file.os.geteuid", lambda: stranger)
    if os.stat(tmp_path).st_uid == 0:
        pytest.skip("root may write anywhere")
    with pytest.raises(CapacityError):
        write_connection(connection, tmp_path / "host.json")
