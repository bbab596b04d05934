from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hosting import FAKE_HOST, environment

from npc_sdk.errors import BackendError, CapacityError, DeadlineError, NpcError, StateError
from npc_sdk.persona import Persona
from npc_sdk.wire.client_events import HostFound
from npc_sdk.wire.keys import KeyRing
from npc_sdk.wire.launch import LaunchedClient, launch

Start = Callable[..., LaunchedClient]

GUARD = Persona(name="Bron", role="the gate guard", fallback=("Hm.",))

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Launches hosts with an engine without a model; they are closed after the test."""
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])
    launched: list[LaunchedClient] = []

    def run(*more: str, **options: Any) -> LaunchedClient:
        given = {"folder": tmp_path / "host", "command": [*FAKE_HOST, *more], "log_file": tmp_path / "host.log"}
        launched.append(launch(**{**given, **options}))
        return launched[-1]

    yield run
    for client in launched:
        client.close()


def _leaves_nothing(pid: int | None, folder: Path) -> bool:
    return pid is not None and not psutil.pid_exists(pid) and not list((folder / "runtime").glob("*"))


def test_one_call_starts_and_one_stops_everything(start: Start, tmp_path: Path) -> None:
    with start() as client:
        npc = client.spawn(GUARD)
        assert npc.say("Hello.").result().source == "model"
        pid = client.process.pid
        assert psutil.Process(pid).ppid() == os.getpid()
    assert _leaves_nothing(pid, tmp_path)
    client.close()


def test_characters_are_there_again_the_next_time(start: Start) -> None:
    with start() as client:
        npc = client.spawn(GUARD)
        npc.say("Remember me.").result()
        key = client.owner_key
    with start() as again:
        assert again.owner_key == key
        assert again.spawn(GUARD).history[0].text == "Remember me."


def test_a_host_that_asks_for_keys(start: Start, tmp_path: Path) -> None:
    ring = KeyRing(tmp_path / "keys")
    _, pair = ring.add("game")
    settings = json.dumps({"is_encrypted": True, "keys": str(ring.folder)})
    client = start("--settings", settings, keys=pair)
    assert client.spawn(GUARD).say("Hello.").result().source == "model"


def test_a_host_that_crashes_is_started_again(start: Start) -> None:
    found: list[Any] = []
    client = start(on_event=found.append)
    npc = client.spawn(GUARD)
    assert npc.say("One.").result().source == "model"
    pid = client.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    end = npc.say("Two.").result()
    assert end.source == "fallback"
    limit_s = time.monotonic() + 30
    while sum(isinstance(event, HostFound) for event in found) < 2 and time.monotonic() < limit_s:
        client.poll(50)
    assert client.process.restarts == 1 and client.process.pid != pid
    assert npc.say("Three.").result().source == "model"
    assert [line.text for line in npc.history if line.speaker == "player"] == ["One.", "Three."]


def test_a_host_that_ends_too_often_is_given_up(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npc_sdk.wire.host_process.RESTARTS", 0)
    client = start()
    pid = client.process.pid
    assert pid is not None and not client.process.has_given_up
    os.kill(pid, signal.SIGKILL)
    limit_s = time.monotonic() + 30
    while not client.process.has_given_up and time.monotonic() < limit_s:
        client.poll(20)
    assert client.process.has_given_up and client.process.pid is None and client.process.restarts == 0


def test_a_host_that_hangs_when_it_is_started_again_is_ended(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npc_sdk.wire.host_process.START_LIMIT_S", 0.5)
    monkeypatch.setattr("npc_sdk.wire.host_process.RESTARTS", 1)
    code = (
        "import os, pathlib, sys, time\n"
        "been_here = pathlib.Path(sys.argv[1])\n"
        "if been_here.exists():\n"
        "    time.sleep(600)\n"
        "been_here.touch()\n"
        "os.execv(sys.argv[2], sys.argv[2:])\n"
    )
    client = start(command=[sys.executable, "-c", code, str(tmp_path / "been_here"), *FAKE_HOST])
    pid = client.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    limit_s = time.monotonic() + 30
    while not client.process.has_given_up and time.monotonic() < limit_s:
        client.poll(20)
    assert client.process.has_given_up and client.process.restarts == 0
    # The one that was never ready is gone too.
    assert client.process.pid is None


def test_a_host_that_is_never_ready_again_is_given_up_however_long_that_takes(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("npc_sdk.wire.host_process.RESTARTS_WITHIN_S", 0.0)
    monkeypatch.setattr("npc_sdk.wire.host_process.RESTARTS", 2)
    client = start()
    monkeypatch.setattr(client.process, "_command", [sys.executable, "-c", "raise SystemExit(7)"])
    pid = client.process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    limit_s = time.monotonic() + 60
    while not client.process.has_given_up and time.monotonic() < limit_s:
        client.poll(20)
    assert client.process.has_given_up and client.process.restarts == 0


def test_a_game_that_is_killed_takes_its_host_along(tmp_path: Path) -> None:
    code = (
        "import json, sys, time\n"
        "from npc_sdk.wire.launch import launch\n"
        "client = launch(folder=sys.argv[1], command=json.loads(sys.argv[2]), log_file=sys.argv[1] + '.log')\n"
        "print(client.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    game = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "host"), json.dumps(FAKE_HOST)],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(), "NPC_RUNTIME_DIR": str(tmp_path / "runtime")},
    )
    assert game.stdout is not None
    pid = int(game.stdout.readline())
    game.kill()
    game.wait(10)
    game.stdout.close()
    host = psutil.Process(pid) if psutil.pid_exists(pid) else None
    if host is not None:
        host.wait(20)
    assert _leaves_nothing(pid, tmp_path)


def test_why_a_host_cannot_start_is_raised(start: Start, tmp_path: Path) -> None:
    start()
    with pytest.raises(StateError) as caught:
        start()
    assert caught.value.code == "folder_in_use"
    # The one that runs is left alone.
    assert len(list((tmp_path / "runtime").glob("*"))) == 1


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CapacityError) as caught:
        launch(folder=tmp_path / "host", log_file=tmp_path / "file" / "host.log")
    assert caught.value.code == "file_unusable"


def test_a_host_without_a_word_is_an_error(start: Start, tmp_path: Path) -> None:
    with pytest.raises(BackendError) as caught:
        start(command=[sys.executable, "-c", "raise SystemExit(7)"])
    assert (caught.value.code, caught.value.details["exit_code"]) == ("host_ended", 7)
    with pytest.raises(BackendError) as caught:
        start(command=[str(tmp_path / "nothing")])
    assert caught.value.code == "host_not_found"


def test_a_host_that_is_never_ready_is_ended(start: Start) -> None:
    before = set(psutil.Process().children())
    with pytest.raises(DeadlineError) as caught:
        start(command=[sys.executable, "-c", "import time; time.sleep(60)"], start_timeout_s=0.5)
    assert caught.value.code == "host_start_timeout"
    assert set(psutil.Process().children()) == before


def test_a_host_that_will_not_end_is_killed(start: Start, tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
    with pytest.raises(NpcError):
        start(command=[sys.executable, "-c", code], start_timeout_s=1.0)
    assert not list((tmp_path / "runtime").glob("*"))
