"""Runs a host as a process: says when it is ready, and stops when it is told to or when its game is gone."""

from __future__ import annotations

import _thread
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any, Final, TypeAlias

from npc_sdk.errors import NpcError
from npc_sdk.wire.host import Host
from npc_sdk.wire.memory_guard import allow_files
from npc_sdk.wire.parent_watch import ParentWatch
from npc_sdk.wire.tidying import Tidying

Tell: TypeAlias = Callable[[Mapping[str, Any]], None]

WATCH_S: Final = 0.5
ROUSE_S: Final = 0.25
_logger = logging.getLogger(__name__)


class Stop:
    """Why and how a host stops; every method may be called from any thread, and from a signal handler.

    Attributes:
        reason: What asked first.
        is_hasty: Whether no turn shall be waited for.
        is_starting: Whether the main thread loads the model now, and has to be interrupted.
    """

    def __init__(self) -> None:
        self._asked = threading.Event()
        self.reason = ""
        self.is_hasty = False
        self.is_starting = False

    def ask(self, reason: str, *, is_hasty: bool = False) -> None:
        """Have the host stop; asking twice, or hastily, has it wait for no turn."""
        self.is_hasty = self.is_hasty or is_hasty or self._asked.is_set()
        self.reason = self.reason or reason
        self._asked.set()

    def wait(self, timeout_s: float) -> bool:
        """Return whether it was asked for, within a time."""
        return self._asked.wait(timeout_s)


def run_host(make: Callable[[], Host], *, parent_pid: int | None = None, tell: Tell | None = None) -> None:
    """Serve until a signal, until the parent is gone, or until the host cannot go on.

    To be called on the main thread.

    Args:
        make: Makes the host, not started yet.
        parent_pid: The game's process; the host stops when it is gone.
        tell: Gets what a launcher waits for; None prints it on standard output as a line of JSON.

    Raises:
        NpcError: The host could not be started, or its sockets failed.
    """
    allow_files()
    say = _print_line if tell is None else tell
    stop = Stop()
    watch = None
    if parent_pid is not None:
        watch = ParentWatch(parent_pid, partial(_leave, stop))
    try:
        with _signals(stop):
            if watch is not None:
                watch.start()
            _run(make, stop, say)
    finally:
        if watch is not None:
            watch.stop()


def _run(make: Callable[[], Host], stop: Stop, say: Tell) -> None:
    try:
        host = make()
        try:
            if _is_started(host, stop):
                _serve(host, stop, say)
        finally:
            host.stop(drain_ms=0 if stop.is_hasty else None, is_hasty=lambda: stop.is_hasty)
    except NpcError as error:
        say({"event": "error", "error": error.to_dict()})
        raise
    say({"event": "stopped", "reason": stop.reason})


def _is_started(host: Host, stop: Stop) -> bool:
    """Start the host; False when it was told to stop meanwhile."""
    try:
        with _roused():
            stop.is_starting = True
            if not stop.wait(0):
                host.start()
            stop.is_starting = False
    except KeyboardInterrupt:
        return False
    return not stop.wait(0)


@contextmanager
def _roused() -> Iterator[None]:
    """Wake the main thread now and then inside the block.

    A signal that comes just before it begins to wait for something does not end that wait by itself.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    handler = signal.signal(signal.SIGALRM, lambda number, frame: None)
    timer = signal.setitimer(signal.ITIMER_REAL, ROUSE_S, ROUSE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def _leave(stop: Stop) -> None:
    """Stop because the game has ended, on the thread that has noticed."""
    stop.ask("the game has ended", is_hasty=True)
    if stop.is_starting:
        _interrupt_main()


def _interrupt_main() -> None:
    """Have the main thread run its handler of SIGTERM, also where it waits for something."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    else:
        _thread.interrupt_main(signal.SIGTERM)


def _serve(host: Host, stop: Stop, say: Tell) -> None:
    connection = host.connection
    say(
        {
            "event": "ready",
            "pid": os.getpid(),
            "host_id": connection.host_id,
            "protocol": connection.protocol,
            "connection_file": str(host.connection_file.absolute()),
            "folder": None if host.folder is None else str(host.folder.absolute()),
            "requests": connection.requests,
            "control": connection.control,
            "telemetry": connection.telemetry,
        }
    )
    _logger.info("Ready at %s.", connection.requests)
    tidying = Tidying()
    tidying.begin()
    try:
        while not stop.wait(WATCH_S):
            if not host.is_serving:
                raise NpcError("The sockets of the host failed.", "Look at its log.", code="sockets_failed")
            tidying.look(host.is_busy)
    finally:
        tidying.end()
    _logger.info("Stopping: %s.", stop.reason)


@contextmanager
def _signals(stop: Stop) -> Iterator[None]:
    """Let signals ask for a stop, inside the block."""
    names = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]

    def handle(number: int, _frame: FrameType | None) -> None:
        stop.ask(f"signal {signal.Signals(number).name}")
        if stop.is_starting:
            stop.is_starting = False
            raise KeyboardInterrupt

    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_line(event: Mapping[str, Any]) -> None:
    try:
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        # Nobody reads it any more; a host goes on all the same.
        _logger.debug("Nobody reads standard output.")
