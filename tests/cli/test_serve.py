from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from npc_sdk.persona import Persona
from npc_sdk.wire.client import connect
from npc_sdk.wire.connection_file import read_connection

Npc = Callable[..., Any]

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Runs ``npc serve`` with the starter model; ended after the test."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "npc_sdk.cli", "serve", "--folder", str(tmp_path / "host"), "--log-json"]
        process = subprocess.Popen(
            [*command, "--connection-file", str(tmp_path / "host.json"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "NPC_THREADS": "1"},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@posix_only
@pytest.mark.slow
def test_a_host_with_the_starter_model_serves_and_leaves_nothing(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "npc.toml").write_text("[runtime]\nslots = 2\ncells = 2048\n")
    process = serve("starter")
    told = json.loads(process.stdout.readline())
    assert told["event"] == "ready", told
    engines = psutil.Process(process.pid).children(recursive=True)
    assert engines
    with connect(tmp_path / "host.json") as client:
        assert client.host is not None and client.host.model
        npc = client.spawn(Persona.shipped("guard"))
        end = npc.say("Hello there.").result()
        assert (end.source, bool(end.text)) == ("model", True)
        key = client.owner_key
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    # The engine's process notices that nobody is left to work for.
    _, alive = psutil.wait_procs(engines, timeout=20)
    assert not alive
    second = serve("starter")
    assert json.loads(second.stdout.readline())["event"] == "ready"
    with connect(tmp_path / "host.json", owner_key=key) as client:
        npc = client.spawn(Persona.shipped("guard"))
        assert [line.text for line in npc.history] == ["Hello there.", end.text]
    engines = psutil.Process(second.pid).children(recursive=True)
    second.terminate()
    assert second.wait(30) == 0
    assert not psutil.wait_procs(engines, timeout=20)[1]
    assert not (tmp_path / "host.json").exists()


@posix_only
def test_a_model_that_is_not_there_is_told_to_people_and_programs(serve: Any, tmp_path: Path) -> None:
    process = serve("no-such-model")
    out, err = process.communicate(timeout=60)
    told = json.loads(out)
    assert (told["event"], told["error"]["kind"]) == ("error", "ModelError")
    assert process.returncode == 3 and told["error"]["code"] in err


def test_others_are_refused_without_keys(npc: Npc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_KEYS_DIR", str(tmp_path / "keys"))
    result = npc("serve", "--endpoint", "tcp://0.0.0.0:0", "--folder", tmp_path / "host")
    assert result.exit_code == 3
    assert "not_protected" in result.stderr and "npc keys new" in result.stderr
    assert json.loads(result.stdout)["error"]["code"] == "not_protected"


def test_settings_that_cannot_be_used_are_told_to_programs(npc: Npc, tmp_path: Path) -> None:
    (tmp_path / "npc.toml").write_text("[limits]\nmax_depth = 1\n")
    result = npc("serve", "--config", tmp_path / "npc.toml", "--folder", tmp_path / "host")
    assert (result.exit_code, json.loads(result.stdout)["error"]["code"]) == (3, "bad_limit")


@pytest.mark.parametrize("arguments", [("--engine", "fast"), ("--endpoint", "ipc://x"), ("--config", "nothing.toml")])
def test_slips_are_told(npc: Npc, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert npc("serve", *arguments, "--folder", tmp_path / "host").exit_code == 3


def test_a_file_of_settings_that_lies_here_is_read(npc: Npc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "npc.toml").write_text("[host]\nmodle = 'x'\n")
    result = npc("serve")
    assert result.exit_code == 3 and "model" in result.stderr


def test_the_connection_file_is_as_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no connection file"):
        read_connection(tmp_path / "host.json")
