"""Where the command line prints: text and tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import select
import sys
from typing import Any

from rich.console import Console

PIPE_WIDTH = 160


class _QuietConsole(Console):
    """Lets a broken pipe through, so that one place decides what it means."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def open_closed_streams() -> None:
    """Let what was started without standard output or error (``>&-``, a program without a window) print to nobody."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))


def output() -> Console:
    """Return a console for results, on standard output."""
    return _console(sys.stdout.isatty())


def notes() -> Console:
    """Return a console for progress and remarks, on standard error."""
    return _console(sys.stderr.isatty(), stderr=True)


def _console(is_terminal: bool, *, stderr: bool = False) -> Console:
    # A table that is read by grep must not be folded to the 80 columns of a terminal that is not there.
    width = None if is_terminal else PIPE_WIDTH
    return _QuietConsole(stderr=stderr, width=width, highlight=False, emoji=False)


def print_json(value: Any) -> None:
    """Print one value as indented JSON."""
    sys.stdout.write(json.dumps(value, indent=2, default=str) + "\n")


def print_json_line(value: Any) -> None:
    """Print one value as a line of JSON, at once."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def check_reader() -> None:
    """Raise :class:`BrokenPipeError` when nobody reads standard output any more, as far as that can be seen.

    For commands that print now and then: without it they would only notice at their next line.
    """
    if not hasattr(select, "poll"):
        return
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)
        events = poll.poll(0)
    except (OSError, ValueError):
        return
    if any(event & (select.POLLERR | select.POLLHUP) for _, event in events):
        raise BrokenPipeError


def plain(text: str) -> str:
    """Return a text from outside without what a terminal would obey."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    is_control = ord(character) < 32 or 127 <= ord(character) < 160
    return "\N{REPLACEMENT CHARACTER}" if is_control and character not in "\n\t" else character


def byte_size(n_bytes: int) -> str:
    """Return a size as people read it."""
    size = float(n_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
