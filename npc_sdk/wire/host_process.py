"""A host as a child of the game: started, watched, started again when it crashes, and never left behind."""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from npc_sdk.errors import BackendError, CapacityError, DeadlineError, NpcError, from_dict

START_LIMIT_S: Final = 120.0
STOP_LIMIT_S: Final = 20.0
# One that never worked has nothing to save.
FAILED_STOP_LIMIT_S: Final = 3.0
RESTARTS: Final = 5
RESTARTS_WITHIN_S: Final = 60.0
_LOOK_S: Final = 0.1
_logger = logging.getLogger(__name__)


class HostProcess:
    """Runs ``npc serve`` for as long as this process wants it; every method may be called from any thread.

    A host that ends by itself is started again, at most five times a minute. The host watches this process in
    turn, and ends when it is gone, however it ended.

    Args:
        arguments: Those of ``npc serve``.
        command: What runs the command line; None is this Python.
        connection_file: Where the host writes how to connect.
        log_file: Where its log goes; None is this process's standard error.

    Attributes:
        restarts: How often it was started again.
        has_given_up: Whether it ended too often or was not ready too often, and is not started again.
        ready: What the host said when it was ready.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        connection_file: Path,
        command: Sequence[str] | None = None,
        log_file: Path | None = None,
    ) -> None:
        head = [sys.executable, "-m", "npc_sdk.cli", "serve"] if command is None else list(command)
        self._command = [
            *head, *arguments, "--connection-file", str(connection_file), "--parent-pid", str(os.getpid())
        ]  # fmt: skip
        self.connection_file = connection_file
        self._log_file = log_file
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._is_stopping = threading.Event()
        self._crashes: deque[float] = deque()
        self._failed_starts = 0
        self._watcher = threading.Thread(target=self._watch, name="npc-host-watch", daemon=True)
        self.restarts = 0
        self.has_given_up = False
        self.ready: Mapping[str, Any] = {}

    @property
    def pid(self) -> int | None:
        """The host's process, while there is one."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def start(self, timeout_s: float = START_LIMIT_S) -> None:
        """Start the host and wait until it is ready.

        Args:
            timeout_s: Longest wait.

        Raises:
            NpcError: The host says why it cannot start.
            BackendError: It ended without a word (``host_ended``), or could not be run (``host_not_found``).
            DeadlineError: It was not ready in time (``host_start_timeout``).
        """
        try:
            self._launch(timeout_s)
        except BaseException:
            self.stop(FAILED_STOP_LIMIT_S)
            raise
        self._watcher.start()

    def stop(self, timeout_s: float = STOP_LIMIT_S) -> None:
        """Have the host save and end; it is killed when that takes too long. Safe to call twice."""
        self._is_stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            _end(process, timeout_s)
        if self._watcher.is_alive() and threading.current_thread() is not self._watcher:
            self._watcher.join(timeout_s)
        # A host that was killed could not do this itself.
        with suppress(OSError):
            self.connection_file.unlink()

    def _launch(self, timeout_s: float) -> None:
        told: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
        with self._lock:
            if self._is_stopping.is_set():
                return
            process = self._process = self._spawn()
        threading.Thread(target=_read, args=(process.stdout, told), name="npc-host-read", daemon=True).start()
        try:
            self.ready = _ready(process, told, timeout_s)
        except BaseException:
            # One that goes on without ever being ready would be taken for one that works.
            _end(process, FAILED_STOP_LIMIT_S)
            raise

    def _spawn(self) -> subprocess.Popen[str]:
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
        try:
            # A group of its own: Ctrl-C in the game's terminal is for the game, which then stops the host in order.
            with _log(self._log_file) as log:
                return subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    text=True,
                    encoding="utf-8",
                    **options,
                )
        except OSError as error:
            raise BackendError(
                f"{self._command[0]} cannot be run: {error.strerror or error}.",
                "Name what runs `npc serve` with command=[...].",
                code="host_not_found",
            ) from error

    def _watch(self) -> None:
        while not self._is_stopping.is_set():
            process = self._process
            if process is None or process.poll() is None:
                self._is_stopping.wait(_LOOK_S)
                continue
            _logger.warning("The host has ended with code %s.", process.returncode)
            if not self._may_restart():
                _logger.error("The host ended or was not ready too often; it is not started again.")
                self.has_given_up = True
                return
            try:
                self._launch(START_LIMIT_S)
                self.restarts += 1
                self._failed_starts = 0
            except NpcError as error:
                self._failed_starts += 1
                _logger.error("The host could not be started again: %s", error)

    def _may_restart(self) -> bool:
        now_s = time.monotonic()
        while self._crashes and now_s - self._crashes[0] > RESTARTS_WITHIN_S:
            self._crashes.popleft()
        self._crashes.append(now_s)
        # Starts that take their whole time and fail are too slow to be many in a minute.
        return len(self._crashes) <= RESTARTS and self._failed_starts <= RESTARTS


def _log(file: Path | None) -> Any:
    if file is None:
        return _Inherited()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("ab")
    except OSError as error:
        raise CapacityError(
            f"The log file {file} cannot be written: {error.strerror or error}.",
            "Name a file in a folder of yours with log_file=....",
            code="file_unusable",
            file=str(file),
        ) from error


class _Inherited:
    """Stands for the standard error of this process."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _read(stream: IO[str] | None, told: queue.SimpleQueue[Mapping[str, Any] | None]) -> None:
    """Hand on the first line of the host, and read the others away so that it never waits for a reader."""
    if stream is not None:
        with stream:
            for line in stream:
                with suppress(ValueError):
                    event = json.loads(line)
                    if isinstance(event, dict):
                        told.put(event)
    told.put(None)


def _ready(
    process: subprocess.Popen[str], told: queue.SimpleQueue[Mapping[str, Any] | None], timeout_s: float
) -> Mapping[str, Any]:
    """Wait for the host's first word, and return it when it says that the host is ready."""
    try:
        event = told.get(timeout=timeout_s)
    except queue.Empty:
        raise DeadlineError(
            f"The host was not ready within {timeout_s:g} s.",
            "Wait longer (start_timeout_s), or look at its log.",
            code="host_start_timeout",
        ) from None
    if event is None:
        raise _silent(process)
    if event.get("event") != "ready":
        error = event.get("error")
        raise from_dict(error) if isinstance(error, dict) else _silent(process)
    return event


def _end(process: subprocess.Popen[str], timeout_s: float) -> None:
    if process.poll() is None:
        with suppress(OSError):
            if sys.platform == "win32":
                process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _logger.error("The host did not end within %g s; it is killed.", timeout_s)
            process.kill()
            process.wait()


def _silent(process: subprocess.Popen[str]) -> BackendError:
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_LIMIT_S)
    return BackendError(
        f"The host ended before it was ready, with code {process.returncode}.",
        "Look at its log; log_file=... writes one.",
        code="host_ended",
        exit_code=process.returncode,
    )
