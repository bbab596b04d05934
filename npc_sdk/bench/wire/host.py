"""A host in a process of its own, as the measurements start, trouble and end it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from typing_extensions import Self

from npc_sdk.errors import BackendError
from npc_sdk.wire.connection_file import Connection, read_connection

STOP_LIMIT_S = 20.0
CHILD = "npc_sdk.bench.wire.host_child"


class BenchHost:
    """One host; its log is kept, to be searched for what should not be there. Not thread safe.

    Args:
        folder: Of this host; characters, connection file and log are in it.
        words: Words of each answer.
        words_per_s: How fast they come.
        cells: Tokens of a prompt, which bound the histories.
        limits: What clients may do; others have their defaults.
        record: File to record to.
        command: What runs instead; None is the host without a model.
    """

    def __init__(
        self,
        folder: Path,
        *,
        words: int = 12,
        words_per_s: float = 40.0,
        cells: int = 8192,
        limits: Mapping[str, int] | None = None,
        record: Path | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.folder = folder
        self.log_file = folder / "host.log"
        self._connection_file = folder / "connection.json"
        options = {
            "host": {"folder": str(folder / "host"), "connection_file": str(self._connection_file)},
            "limits": dict(limits or {}),
            "engine": {"words": words, "words_per_s": words_per_s, "cells": cells},
            "record": None if record is None else str(record),
        }
        own = [sys.executable, "-m", CHILD, json.dumps(options)]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                own if command is None else [*command, *self._places()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            )
        self._wait_until_ready()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _places(self) -> tuple[str, ...]:
        return ("--folder", str(self.folder / "host"), "--connection-file", str(self._connection_file), "--log-json")

    def _wait_until_ready(self) -> None:
        stdout = self._process.stdout
        line = "" if stdout is None else stdout.readline()
        if not line or json.loads(line).get("event") != "ready":
            self.close()
            raise BackendError(f"The host did not start: {line}{self.log()[-2000:]}", code="bench_host")

    @property
    def connection(self) -> Connection:
        """How to reach it."""
        return read_connection(self._connection_file)

    @property
    def connection_file(self) -> Path:
        """Where it says how to reach it."""
        return self._connection_file

    @property
    def process(self) -> psutil.Process:
        """Its process."""
        return psutil.Process(self._process.pid)

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def log(self) -> str:
        """Return its log so far."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def tell(self, **commands: Any) -> None:
        """Trouble it.

        Args:
            **commands: ``jump`` moves its clock by milliseconds, ``wall`` that of the day by seconds, ``fill`` fills
                the disk of a file.
        """
        stdin = self._process.stdin
        if stdin is not None:
            stdin.write(json.dumps(commands) + "\n")
            stdin.flush()

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()
        self._close_pipes()

    def close(self) -> int:
        """Have it stop, and return with which code it did; safe to call twice."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._close_pipes()
        return self._process.returncode

    def _close_pipes(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
