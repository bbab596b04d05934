from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from hosting import FAKE_HOST, HostProcessForTests, environment, make_host
from raw_client import RawClient

from npc_sdk.errors import NpcError
from npc_sdk.wire import messages as m
from npc_sdk.wire.serve import Stop, run_host

Start = Callable[..., HostProcessForTests]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts hosts in processes of their own; they are ended after the test."""
    started: list[HostProcessForTests] = []

    def run(folder: Path = tmp_path, **options: Any) -> HostProcessForTests:
        started.append(HostProcessForTests(folder, **options))
        return started[-1]

    yield run
    for host in started:
        host.close()


def _is_free(endpoint: str) -> bool:
    host, port = endpoint.removeprefix("tcp://").rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


def _leaves_nothing(host: HostProcessForTests, endpoint: str) -> bool:
    return not psutil.pid_exists(host.process.pid) and _is_free(endpoint)


def test_a_launcher_is_told_when_it_is_ready(start: Start, tmp_path: Path) -> None:
    host = start()
    told = host.first
    assert (told["event"], told["pid"], told["protocol"]) == ("ready", host.process.pid, m.PROTOCOL)
    connection = host.connection
    assert (told["requests"], told["host_id"]) == (connection.requests, connection.host_id)
    # The token is for who may read the file only.
    assert connection.token not in json.dumps(told)
    assert oct((tmp_path / "connection.json").stat().st_mode)[-3:] == "600"


def test_it_stops_in_order(start: Start, tmp_path: Path) -> None:
    host = start(length=100)
    with RawClient(host.connection) as client:
        client.spawn()
        say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
        client.until(lambda item: isinstance(item, m.Event))
        endpoint = host.connection.requests
        host.process.terminate()
        client.notice("closing")
        assert client.refused(m.NpcSay, npc="Bron", text="And now?").code == "closing"
        end = client.end(say).result
        assert (end.source, end.why) == ("cut", "cancelled")
        assert client.until(lambda message: isinstance(message, m.SessionEnded)).error.code == "closing"
    assert host.process.wait(20) == 0
    assert host.line() == {"event": "stopped", "reason": "signal SIGTERM"}
    assert _leaves_nothing(host, endpoint) and not (tmp_path / "connection.json").exists()
    # What was heard of the turn that was cut is kept.
    with RawClient(start().connection, owner_key=client.owner_key) as again:
        assert not again.spawn().is_new
        assert [line.text for line in again.do(m.NpcHistory, npc="Bron").lines][0] == "Hello."


def test_turns_that_end_soon_are_waited_for(start: Start) -> None:
    host = start(length=2, drain_ms=20_000)
    with RawClient(host.connection) as client:
        client.spawn()
        say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
        client.until(lambda item: isinstance(item, m.Event))
        host.process.terminate()
        assert client.end(say).result.why == "stop"


def test_asking_twice_hurries_it(start: Start) -> None:
    host = start(length=2000, drain_ms=60_000)
    with RawClient(host.connection) as client:
        client.spawn()
        say = client.ask(m.NpcSay, npc="Bron", text="Hello.")
        client.until(lambda item: isinstance(item, m.Event))
        began_s = time.monotonic()
        host.process.terminate()
        client.notice("closing")
        host.process.send_signal(signal.SIGINT)
        assert client.end(say).result.source == "cut"
        assert host.process.wait(20) == 0
    assert time.monotonic() - began_s < 30


def test_a_killed_host_comes_back_with_all_its_characters(start: Start, tmp_path: Path) -> None:
    host = start()
    names = [f"Guard {index}" for index in range(8)]
    with RawClient(host.connection) as client:
        for name in names:
            client.spawn(name)
        for line in ("First line.", "Second line."):
            says = [client.ask(m.NpcSay, npc=name, text=line) for name in names]
            ends = [client.end(say).result for say in says]
        say = client.ask(m.NpcSay, npc=names[0], text="Never answered.")
        client.until(lambda item: isinstance(item, m.Event) and item.id == say)
        host.kill()
    assert all(end.source == "model" for end in ends)
    # The file that it left is that of a process which is gone, and is replaced.
    assert (tmp_path / "connection.json").exists()
    second = start()
    with RawClient(second.connection, owner_key=client.owner_key) as again:
        assert not any(again.spawn(name).is_new for name in names)
        for name in names:
            lines = [line.text for line in again.do(m.NpcHistory, npc=name).lines]
            assert lines == ["First line.", ends[0].text, "Second line.", ends[0].text]


def test_every_turn_that_was_reported_survives_a_kill(start: Start, tmp_path: Path) -> None:
    told: dict[str, list[str]] = {"Ada": [], "Bron": []}
    owner_key = None
    for round in range(4):
        host = start(words_per_s=2000.0)
        with RawClient(host.connection, owner_key=owner_key) as client:
            owner_key = client.owner_key
            for name, lines in told.items():
                client.spawn(name)
                kept = [line.text for line in client.do(m.NpcHistory, npc=name).lines if line.speaker == "player"]
                # One may have been stored and not reported any more.
                assert [line for line in kept if line in lines] == lines
            enough = threading.Event()
            killer = threading.Thread(target=_kill_soon, args=(host, enough, 0.007 * round))
            killer.start()
            _talk(client, told, round, enough)
            killer.join()
    assert min(map(len, told.values())) >= 20


def _kill_soon(host: HostProcessForTests, enough: threading.Event, wait_s: float) -> None:
    enough.wait(30)
    time.sleep(wait_s)
    host.kill()


def _talk(client: RawClient, told: dict[str, list[str]], round: int, enough: threading.Event) -> None:
    """Talk until the host is gone, and note what it has reported."""
    with suppress(AssertionError):
        for number in range(10_000):
            if number == 5:
                enough.set()
            line = f"Line {round} {number}."
            says = {name: client.ask(m.NpcSay, npc=name, text=line) for name in told}
            for name, say in says.items():
                client.end(say, timeout_s=5.0 if number < 5 else 1.0)
                told[name].append(line)


def test_it_ends_with_its_game(start: Start) -> None:
    game = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    host = start(parent_pid=game.pid, length=1000, drain_ms=60_000)
    endpoint = host.connection.requests
    with RawClient(host.connection) as client:
        client.spawn()
        client.ask(m.NpcSay, npc="Bron", text="Hello.")
        game.kill()
        # Whoever started the game has not asked how it ended yet, so it is a zombie; that is gone enough.
        assert host.process.wait(20) == 0
    game.wait(10)
    assert _leaves_nothing(host, endpoint)


def test_without_a_game_it_does_not_begin(start: Start) -> None:
    game = subprocess.Popen([sys.executable, "-c", ""])
    game.wait(20)
    host = start(parent_pid=game.pid)
    assert host.process.wait(20) == 0


def test_what_is_wrong_is_told_as_a_line(tmp_path: Path, start: Start) -> None:
    host = start()
    second = subprocess.run(
        [*FAKE_HOST, "--folder", str(tmp_path / "host"), "--connection-file", str(tmp_path / "other.json")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(),
    )
    told = json.loads(second.stdout)
    assert (told["event"], told["error"]["code"]) == ("error", "folder_in_use")
    assert told["error"]["details"]["pid"] == host.process.pid
    assert second.returncode != 0 and not (tmp_path / "other.json").exists()


def test_two_hosts_need_two_files(start: Start, tmp_path: Path) -> None:
    start()
    (tmp_path / "two").mkdir()
    second = subprocess.run(
        [*FAKE_HOST, "--folder", str(tmp_path / "two"), "--connection-file", str(tmp_path / "connection.json")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment(),
    )
    assert json.loads(second.stdout)["error"]["code"] == "connection_file_in_use"


def test_nobody_needs_to_read_its_output(start: Start) -> None:
    host = start()
    assert host.process.stdout is not None
    host.process.stdout.close()
    with RawClient(host.connection) as client:
        client.spawn()
        assert host.terminate() == 0


def test_its_log_is_one_object_a_line(start: Start) -> None:
    host = start()
    with RawClient(host.connection) as client:
        client.spawn()
    host.terminate()
    assert host.process.stderr is not None
    lines = [json.loads(line) for line in host.process.stderr]
    assert {"at", "level", "logger", "message"} <= set(lines[0])
    assert any(line["message"].startswith("Ready at tcp://") for line in lines)
    assert host.first["host_id"] and not any("token" in line["message"] for line in lines)


def test_stopping_is_asked_for_once_and_hurried_by_asking_again() -> None:
    stop = Stop()
    assert not stop.wait(0)
    stop.ask("first")
    assert stop.wait(0) and not stop.is_hasty
    stop.ask("second")
    assert stop.is_hasty and stop.reason == "first"


def test_sockets_that_fail_end_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = make_host(tmp_path)
    monkeypatch.setattr(type(host), "is_serving", property(lambda self: False))
    told: list[Any] = []
    with pytest.raises(NpcError) as caught:
        run_host(lambda: host, tell=told.append)
    assert caught.value.code == "sockets_failed"
    assert [event["event"] for event in told] == ["ready", "error"]
    assert not (tmp_path / "connection.json").exists()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert os.getpid() == told[0]["pid"]


class _EndlessStart:
    """A host whose model takes long to load."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.is_stopped = False

    def start(self) -> None:
        self.began.set()
        threading.Event().wait(60)

    def stop(self, **_: Any) -> None:
        self.is_stopped = True


@pytest.mark.parametrize("who", ["signal", "game"])
def test_it_need_not_be_ready_to_be_stopped(who: str) -> None:
    game = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    host = _EndlessStart()

    def stop_it() -> None:
        host.began.wait(10)
        if who == "game":
            game.kill()
            game.wait(10)
        else:
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=stop_it).start()
    told: list[Any] = []
    run_host(lambda: host, parent_pid=game.pid, tell=told.append)  # type: ignore[arg-type, return-value]
    game.kill()
    game.wait(10)
    assert host.is_stopped and [event["event"] for event in told] == ["stopped"]
