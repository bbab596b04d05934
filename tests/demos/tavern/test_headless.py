from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from demos.tavern import headless
from demos.tavern import minds as thinking
from demos.tavern.headless import SCRIPT, main, play, transcript
from demos.tavern.minds import Minds
from demos.tavern.table import Table
from npc_sdk import BackendError, LaunchedClient, Runtime, connect
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeEngine
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep hosts that are started away from others on this machine."""
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))


def test_a_script(minds: Minds) -> None:
    table = Table(minds)
    try:
        table.begin()
        assert table.minds.wait_loaded(60)
        report = play(table, ["Odo, where is the ferry?", "! Pip, and you?", "Good night."])
    finally:
        table.close()
    assert report["said"] == 3 and report["trouble"] == ""
    assert [line["text"] for line in report["transcript"] if line["speaker"] == "player"] == [
        "Odo, where is the ferry?",
        "Pip, and you?",
        "Good night.",
    ]
    assert json.loads(json.dumps(report)) == json.loads(json.dumps(report))
    assert transcript(report).splitlines()[1] == "You to Odo: Odo, where is the ferry?"


def test_few_ticks(minds: Minds) -> None:
    table = Table(minds)
    try:
        table.begin()
        assert table.minds.wait_loaded(60)
        assert play(table, SCRIPT, ticks=3)["said"] == 0
    finally:
        table.close()


def test_guests_who_never_come(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    is_over = threading.Event()

    def open_slowly() -> Runtime:
        is_over.wait(60.0)
        raise BackendError("It came late.", code="host_ended")

    late = Minds(open_runtime=open_slowly)
    monkeypatch.setattr(headless, "Minds", lambda *_, **__: late)
    monkeypatch.setattr(headless, "LOAD_LIMIT_S", 0.01)
    monkeypatch.setattr(thinking, "CLOSE_LIMIT_S", 0.01)
    assert main(["--headless", "--say", "Hello"]) == 1
    is_over.set()
    late.wait_loaded(60.0)
    assert "have not come within 0.01 s" in capsys.readouterr().err


def test_a_host_with_a_scripted_engine(tmp_path: Path) -> None:
    settings = HostSettings(folder=str(tmp_path / "host"), connection_file=str(tmp_path / "host.json"), drain_ms=0)
    host = Host(HostConfiguration(host=settings), engine=FakeEngine(), clock=SystemClock())
    host.start()
    try:
        minds = Minds(open_runtime=lambda: connect(host.connection_file, on_event=minds.take))
        table = Table(minds)
        table.begin()
        assert minds.wait_loaded(60), minds.trouble
        report = play(table, ["Odo, where is the ferry?"], ticks=4000)
        assert [line["speaker"] for line in report["transcript"]][:3] == ["anna", "player", "odo"]
        assert report["transcript"][2]["source"] == "model" and report["decisions"]["by_deadline"] == 1.0
        table.frame(16.7, 4.0)
        table.close()
    finally:
        host.stop(drain_ms=0)


def test_an_evening_with_the_starter(tmp_path: Path, own_folders: None, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "evening.json"
    words = ["--headless", "--say", "Anna, how much for ale?", "--say", "Where is the ferry?", "--report", str(file)]
    assert main(words) == 0
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    lines = report["transcript"]
    assert report["said"] == 2 and [line["speaker"] for line in lines[:3]] == ["anna", "player", "anna"]
    assert {line["source"] for line in lines if line["speaker"] != "player"} <= {"model", "game", "cut", "fallback"}
    assert lines[2]["source"] in ("model", "cut") and lines[2]["heard_by"] == ["odo", "pip"]
    assert capsys.readouterr().out.splitlines()[1] == "You to Anna: Anna, how much for ale?"


def test_a_host_that_is_killed(own_folders: None) -> None:
    table = Table(Minds())
    try:
        table.begin()
        assert table.minds.wait_loaded(120), table.minds.trouble
        play(table, ["Odo, good evening."])
        assert isinstance(table.minds.client, LaunchedClient)
        pid = table.minds.client.process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        report = play(table, ["Odo, where is the ferry?", "Pip, are you there?"], ticks=6000)
        answers = [line for line in report["transcript"] if line["speaker"] == "odo"]
        assert report["said"] == 2 and len(answers) >= 2
        assert any(line["speaker"] == "pip" for line in report["transcript"])
    finally:
        table.close()


def test_no_model(tmp_path: Path, own_folders: None, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--headless", "--model", str(tmp_path / "none.gguf"), "--say", "Hello", "--ticks", "900"]
    assert main(words) == 1
    caught = capsys.readouterr()
    assert "none.gguf" in caught.err and "(small talk)" in caught.out


def test_nothing_here_needs_a_window() -> None:
    code = "import sys, demos.tavern.headless; print(any(name.split('.')[0] == 'pygame' for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


def test_the_sdk_is_used_in_one_short_file() -> None:
    folder = ROOT / "demos" / "tavern"
    # cast declares who there is, and the floor names the type of a decision.
    users = {file.name for file in folder.glob("*.py") if "npc_sdk" in file.read_text(encoding="utf-8")}
    assert users == {"cast.py", "floor.py", "minds.py"}
    assert len((folder / "minds.py").read_text(encoding="utf-8").splitlines()) <= 220
