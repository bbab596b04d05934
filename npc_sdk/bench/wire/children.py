"""Processes that speak in lines of JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

from npc_sdk.errors import BackendError

WAIT_S = 30.0


class Child:
    """A module of this package in a process of its own. Not thread safe.

    Args:
        module: Its name.
        options: What it gets as its argument.
    """

    def __init__(self, module: str, options: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"npc_sdk.bench.wire.{module}", json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )

    def tell(self, value: dict[str, Any]) -> None:
        """Send it a line."""
        stdin = self._process.stdin
        if stdin is not None:
            stdin.write(json.dumps(value) + "\n")
            stdin.flush()

    def line(self) -> dict[str, Any]:
        """Return the next line that it says, waiting for it.

        Raises:
            BackendError: It has ended.
        """
        stdout = self._process.stdout
        line = "" if stdout is None else stdout.readline()
        if not line:
            raise BackendError("A process of the measurement has ended before its time.", code="bench_child")
        return dict(json.loads(line))

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """Wait for its end, and leave nothing behind."""
        try:
            self._process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
