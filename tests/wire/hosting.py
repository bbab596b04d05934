"""Hosts with an engine without a model, in this process or in one of their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeClock, FakeEngine
from npc_sdk.wire.connection_file import Connection, read_connection
from npc_sdk.wire.host import Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings
from npc_sdk.wire.limits import Limits

FAKE_HOST = (sys.executable, str(Path(__file__).with_name("fake_host.py")))


def environment() -> dict[str, str]:
    """Return variables with which another process finds the package that is tested."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Pace:
    """Moves the clock of a fake engine with the time on the wall, so that its words take as long as they should."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        last_s = time.monotonic()
        while not self._is_over.wait(0.005):
            now_s = time.monotonic()
            self._clock.advance((now_s - last_s) * 1000.0)
            last_s = now_s

    def close(self) -> None:
        """Let the clock stand still."""
        self._is_over.set()
        self._thread.join(10)


def slow_engine(tokens_per_ms: float = 0.02, **options: Any) -> tuple[FakeEngine, Pace]:
    """Return an engine that needs 50 ms for a word, and what moves its clock."""
    engine = FakeEngine(tokens_per_ms=tokens_per_ms, clock=FakeClock(moves_alone=False), **options)
    return engine, Pace(engine.clock)


def make_host(
    folder: Path,
    engine: FakeEngine | None = None,
    *,
    limits: Limits | None = None,
    taps: Any = (),
    is_paced: bool = False,
    **settings: Any,
) -> Host:
    """Return a host that keeps everything in a folder; not started."""
    given = {"folder": str(folder / "host"), "connection_file": str(folder / "connection.json"), "drain_ms": 200}
    configuration = HostConfiguration(host=HostSettings(**{**given, **settings}), limits=limits or Limits())
    options: dict[str, Any] = {} if is_paced else {"clock": SystemClock()}
    return Host(configuration, engine=engine or FakeEngine(), taps=taps, **options)


class HostProcessForTests:
    """A host in a process of its own, that a test may kill.

    Args:
        folder: Of the host.
        parent_pid: The process whose end is the host's.
        length: Sentences of each answer.
        words_per_s: How fast they come.
        **settings: Of the host.
    """

    def __init__(
        self,
        folder: Path,
        *,
        parent_pid: int | None = None,
        length: int = 1,
        words_per_s: float = 20.0,
        **settings: Any,
    ) -> None:
        given = {"drain_ms": 200, **settings}
        arguments = [
            *("--folder", str(folder / "host"), "--connection-file", str(folder / "connection.json")),
            *("--length", str(length), "--words-per-s", str(words_per_s), "--settings", json.dumps(given)),
            *(() if parent_pid is None else ("--parent-pid", str(parent_pid))),
        ]
        self.process = subprocess.Popen(
            [*FAKE_HOST, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
        )
        self.folder = folder
        self.first = self.line()

    def line(self) -> dict[str, Any]:
        """Return the next line that the host says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            assert self.process.stderr is not None
            raise AssertionError(self.process.stderr.read())
        return dict(json.loads(line))

    @property
    def connection(self) -> Connection:
        """How to reach it."""
        return read_connection(self.folder / "connection.json")

    def kill(self) -> None:
        """End it as a crash would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def terminate(self) -> int:
        """Have it stop, and return how it ended."""
        self.process.terminate()
        return self.process.wait(20)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.kill()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
