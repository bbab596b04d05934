"""The chat as a person sees it: a process, a terminal, and the keys."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("needs a pseudo-terminal", allow_module_level=True)

import pty
import select

PERSONA = """
name = "Ann"
role = "a smith"
greeting = "Well met."
[limits]
sentences = 2
characters = 60
tokens = 16
"""
LIMIT_S = 60.0


class Terminal:
    """A chat in a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
        command = [sys.executable, "-m", "npc_sdk.cli", *arguments]
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True, preexec_fn=_own
        )
        os.close(slave)
        self.seen = ""

    def until(self, text: str) -> str:
        """Read until a text has come; return what came with it."""
        ends_at = time.monotonic() + LIMIT_S
        while text not in self.seen:
            assert time.monotonic() < ends_at, self.seen
            self._read()
        before, _, self.seen = self.seen.partition(text)
        return before

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def wait(self) -> int:
        """Return the exit code."""
        ends_at = time.monotonic() + LIMIT_S
        while self._process.poll() is None:
            assert time.monotonic() < ends_at, self.seen
            self._read()
        return self._process.returncode

    def leave(self, key: str) -> int:
        """Press a key until the chat is gone; return the exit code.

        Python notices a signal at once only while it waits for a key: one that comes while the prompt is being
        drawn counts with the next key. People press again, too.
        """
        ends_at = time.monotonic() + LIMIT_S
        while self._process.poll() is None:
            assert time.monotonic() < ends_at, self.seen
            self.press(key)
            for _ in range(10):
                self._read()
        return self._process.returncode

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _read(self) -> None:
        ready, _, _ = select.select([self._master], [], [], 0.05)
        if ready:
            try:
                self.seen += os.read(self._master, 65536).decode("utf-8", "replace")
            except OSError:
                time.sleep(0.01)


def _own() -> None:
    import fcntl
    import signal
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever runs the tests in the background has it ignored
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(tmp_path: Path, tiny_hybrid_path: Path) -> Iterator[Terminal]:
    persona = tmp_path / "ann.toml"
    persona.write_text(PERSONA)
    terminal = Terminal("chat", "--persona", str(persona), "--model", str(tiny_hybrid_path), "--seed", "1")
    yield terminal
    terminal.close()


def test_a_talk_from_greeting_to_goodbye(terminal: Terminal) -> None:
    terminal.until("Well met.")
    terminal.until("> ")
    terminal.press("Hello\r")
    terminal.until("Ann")
    terminal.until("\n> ")
    terminal.press("/cost\r")
    assert "first token" in terminal.until("\n> ")
    terminal.press("/quit\r")
    assert terminal.wait() == 0


def test_ctrl_c_twice_leaves(terminal: Terminal) -> None:
    terminal.until("> ")
    assert terminal.leave("\x03") == 130


def test_ctrl_c_leaves_a_half_typed_line_alone(terminal: Terminal) -> None:
    terminal.until("> ")
    terminal.press("Good eve")
    terminal.until("Good eve")
    assert terminal.leave("\x03") == 130
    assert terminal.seen.index("\n") < terminal.seen.index("Ctrl-C again")


def test_ctrl_d_leaves(terminal: Terminal) -> None:
    terminal.until("> ")
    assert terminal.leave("\x04") == 0


def test_one_answer_needs_no_terminal(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    persona = tmp_path / "ann.toml"
    persona.write_text(PERSONA)
    command = [sys.executable, "-m", "npc_sdk.cli", "chat", "--once", "Who goes there?", "--persona", str(persona)]
    result = subprocess.run(
        [*command, "--model", str(tiny_hybrid_path)], stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    assert result.returncode == 0
    assert result.stderr.strip() in (b"", b"[cut: limit]")
    assert result.stdout.strip()
    assert b"\x1b" not in result.stdout
