"""One run of the engine process: its command, its pipes, and how it ended."""

from __future__ import annotations

import os
import queue
import shlex
import signal
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from typing import Any, BinaryIO

from npc_sdk.engine import codec
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.errors import BackendError, EngineCrashError, NpcError

ENGINE_FLAG = "--npc-engine"
_STDERR_LINES = 30


def engine_command() -> list[str]:
    """Return the command that starts an engine process.

    ``NPC_ENGINE_COMMAND`` overrides it. A frozen game (PyInstaller, cx_Freeze) starts itself with
    ``--npc-engine``; it must call :func:`npc_sdk.engine.run_if_engine` first thing in its main script.
    """
    override = os.environ.get("NPC_ENGINE_COMMAND")
    if override:
        return _split(override)
    if getattr(sys, "frozen", False):
        return [sys.executable, ENGINE_FLAG]
    return [sys.executable, "-m", "npc_sdk.engine"]


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command, posix=sys.platform != "win32")
    except ValueError:
        words = []
    if not words:
        raise BackendError(
            f"NPC_ENGINE_COMMAND is not a command: {command!r}.", "Mend or unset it.", code="engine_start_failed"
        )
    return words


class ChildProcess:
    """One run of the engine process and its pipes."""

    def __init__(self, config: EngineConfig) -> None:
        package_root = Path(__file__).resolve().parents[2]
        environment = dict(os.environ)
        paths = [str(package_root), environment.get("PYTHONPATH", "")]
        environment.setdefault("GGML_NO_BACKTRACE", "1")  # a debugger's pages are no error message
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        if config.device is not None:
            environment["CUDA_VISIBLE_DEVICES"] = config.device
        options: dict[str, Any] = {"start_new_session": True}  # Ctrl-C in a terminal is for the game
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        try:
            self.child = subprocess.Popen(
                engine_command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=package_root,
                env=environment,
                **options,
            )
        except OSError as error:
            raise BackendError(
                f"The engine process cannot be started: {error}.",
                "Check NPC_ENGINE_COMMAND, or use Runtime(engine='thread').",
                code="engine_start_failed",
            ) from error
        self._lock = threading.Lock()
        self._errors: deque[str] = deque(maxlen=_STDERR_LINES)
        self._stderr = threading.Thread(target=self._drain_errors, name="npc-engine-stderr", daemon=True)
        self._stderr.start()
        self._outbox: queue.SimpleQueue[list[Any] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="npc-engine-writer", daemon=True)
        self._writer.start()
        self.send(["config", codec.pack_config(config)])

    def _drain_errors(self) -> None:
        stream = self.child.stderr
        if stream is not None:
            for line in stream:
                self._errors.append(line.decode("utf-8", "replace").rstrip())

    def send(self, message: list[Any]) -> None:
        """Hand over a frame; never waits, not even for a process that no longer reads."""
        self._outbox.put(message)

    def _write(self) -> None:
        """Write what was handed over; a process that is gone is noticed by whoever reads from it."""
        stream = self.child.stdin
        while stream is not None and (message := self._outbox.get()) is not None:
            try:
                codec.write_frame(_binary(stream), message)
            except (OSError, ValueError):
                return

    def read(self) -> list[Any] | None:
        """Read a frame; None when the process is gone or sends rubbish."""
        try:
            return codec.read_frame(_binary(self.child.stdout)) if self.child.stdout is not None else None
        except (NpcError, OSError, ValueError):
            return None

    def crash(self) -> EngineCrashError:
        """Wait for the end and say how it came."""
        try:
            code = self.child.wait(2)
        except subprocess.TimeoutExpired:
            self.child.kill()
            code = self.child.wait()
        self._stderr.join(1)
        return EngineCrashError(
            f"The engine process ended {_exit_words(code)}.",
            "If this repeats, run 'npc chat --engine thread' to see its own messages.",
            exit_code=code,
            stderr="\n".join(self._errors)[-2000:],
        )

    def kill(self) -> None:
        """End the process at once and close its pipes."""
        self.child.kill()
        self.child.wait()
        self.close_pipes()

    def close_pipes(self) -> None:
        """Close the pipes of a process that ended; safe to call twice."""
        self._outbox.put(None)
        self._writer.join(1)
        with self._lock:
            for stream in (self.child.stdin, self.child.stdout):
                if stream is not None:
                    try:
                        stream.close()
                    except OSError:
                        continue
        self._stderr.join(1)
        if self.child.stderr is not None and not self._stderr.is_alive():
            self.child.stderr.close()


def _exit_words(code: int) -> str:
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = "; the system may have run out of memory" if name == "SIGKILL" else ""
        return f"by {name}{hint}"
    return f"with exit code {code}"


def _binary(stream: Any) -> BinaryIO:
    binary: BinaryIO = stream
    return binary
