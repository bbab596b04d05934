from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli.tail import KINDS
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeEngine
from npc_sdk.wire import messages as m
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings

Npc = Callable[..., Any]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    settings = HostSettings(
        folder=str(tmp_path / "host"), connection_file=str(tmp_path / "c.json"), is_kept=False, drain_ms=0
    )
    host = Host(HostConfiguration(host=settings), engine=FakeEngine(), clock=SystemClock())
    with host:
        yield host


class Script:
    """Listens to nothing: says what a test wants."""

    def __init__(self, *messages: m.Telemetry | int | None) -> None:
        self._messages = list(messages)
        self.lost = 0

    def __enter__(self) -> Script:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def next(self, timeout_s: float) -> m.Telemetry | None:
        if not self._messages:
            raise KeyboardInterrupt
        message = self._messages.pop(0)
        if isinstance(message, int):
            self.lost = message
            return self.next(timeout_s)
        return message

    wait_for = next


def message(seq: int, kind: str) -> m.Telemetry:
    return m.Telemetry(seq=seq, at_ms=float(seq), kind=kind, data={"n": seq})


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def use(*messages: m.Telemetry | int | None) -> None:
        monkeypatch.setattr("npc_sdk.cli.tail.open_watch", lambda file, keys: Script(*messages))

    return use


def lines(result: Any) -> list[tuple[int, str]]:
    assert result.exit_code == 0, result.stderr
    return [(line["seq"], line["kind"]) for line in map(json.loads, result.stdout.splitlines())]


def test_events_are_lines_of_json_until_ctrl_c(npc: Npc, script: Callable[..., None]) -> None:
    script(message(0, "status"), message(1, "turn"), None, message(2, "news"), message(3, "later"))
    assert lines(npc("tail")) == [(1, "turn"), (2, "news")]


def test_kinds_are_chosen(npc: Npc, script: Callable[..., None]) -> None:
    given = (message(0, "status"), message(1, "turn"), message(2, "news"), message(3, "later"))
    script(*given)
    assert lines(npc("tail", "--kinds", "status, news")) == [(0, "status"), (2, "news")]
    script(*given)
    assert [kind for _, kind in lines(npc("tail", "--kinds", "all"))] == ["status", "turn", "news", "later"]
    result = npc("tail", "--kinds", "turns")
    assert result.exit_code == 3 and "unknown_kind" in result.stderr


def test_lost_messages_are_told(npc: Npc, script: Callable[..., None]) -> None:
    script(message(0, "turn"), 4, message(5, "turn"), message(6, "turn"), 5, message(8, "status"))
    result = npc("tail")
    assert lines(result) == [(0, "turn"), (5, "lost"), (5, "turn"), (6, "turn"), (8, "lost")]
    told = [json.loads(line)["data"] for line in result.stdout.splitlines() if '"lost"' in line]
    assert told == [{"messages": 4}, {"messages": 1}]


def test_no_host_is_a_clear_error(npc: Npc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_RUNTIME_DIR", str(tmp_path / "none"))
    for command in ("tail", "top"):
        result = npc(command)
        assert result.exit_code == 3 and "no_host" in result.stderr and "npc serve" in result.stderr
        result = npc(command, "--connection-file", tmp_path / "none.json")
        assert result.exit_code == 3 and "no_connection_file" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="SIGPIPE")
def test_it_ends_when_nobody_reads_any_more(host: Host) -> None:
    command = [sys.executable, "-m", "npc_sdk.cli", "tail", "--kinds", "all", "--connection-file"]
    process = subprocess.Popen(
        [*command, str(host.connection_file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stderr is not None
    assert json.loads(process.stdout.readline())["kind"] == "status"
    process.stdout.close()
    assert process.wait(20) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


def test_top_shows_a_host_once(host: Host, npc: Npc) -> None:
    result = npc("top", "--once", "--json", "--connection-file", host.connection_file)
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert (figures["npcs"], figures["pid"], figures["lost"], figures["events"]) == (0, os.getpid(), 0, [])
    result = npc("top", "--once", "--connection-file", host.connection_file)
    assert result.exit_code == 0 and "0 characters, 0 talking" in result.stdout


def test_top_prints_lines_without_a_terminal(host: Host, npc: Npc, monkeypatch: pytest.MonkeyPatch) -> None:
    from npc_sdk.wire.watch import Watch

    following, count = Watch.next, [0]

    def some(watch: Watch, timeout_s: float) -> m.Telemetry | None:
        count[0] += 1
        if count[0] > 6:
            raise KeyboardInterrupt
        if count[0] == 3:
            return m.Telemetry(seq=99, at_ms=5000.0, kind="news", data={"event": "engine_up"})
        return following(watch, timeout_s)

    monkeypatch.setattr(Watch, "next", some)
    result = npc("top", "--connection-file", host.connection_file)
    assert result.exit_code == 0, result.stderr
    assert "up 00:00:0" in result.stdout and "00:00:05  news: engine_up" in result.stdout
    count[0] = 0
    result = npc("top", "--json", "--connection-file", host.connection_file)
    assert all("memory" in json.loads(line) for line in result.stdout.splitlines())


def test_the_guide_names_every_kind() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "watching.md").read_text(encoding="utf-8")
    assert [kind for kind in (*KINDS, "lost") if f"| `{kind}` |" not in guide] == []
