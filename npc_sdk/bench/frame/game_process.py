"""The game's process from the other side."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from npc_sdk.errors import BackendError, DeadlineError, from_dict

COMMAND: Final = (sys.executable, "-m", "npc_sdk.bench.frame.game")
STOP_LIMIT_S: Final = 45.0
_TAIL_LINES: Final = 5


def play(
    order: Mapping[str, Any],
    *,
    limit_s: float,
    on_event: Callable[[dict[str, Any]], None],
    command: tuple[str, ...] = COMMAND,
) -> dict[str, Any]:
    """Have a game's process follow an order, and return what it says at its end.

    Args:
        order: What to do.
        limit_s: Longest time that it may take.
        on_event: Gets what it says meanwhile.
        command: What runs it.

    Raises:
        NpcError: What went wrong there.
        BackendError: It ended without a word (``bench_game_ended``).
        DeadlineError: It took too long (``bench_game_stuck``).
        KeyboardInterrupt: As it came, with what was measured until then as its ``result``.
    """
    game = _Game(order, command)
    timer = threading.Timer(limit_s, game.give_up)
    timer.daemon = True
    timer.start()
    try:
        return game.follow(on_event)
    except KeyboardInterrupt as interrupt:
        interrupt.result = game.stop()  # type: ignore[attr-defined]
        raise
    finally:
        timer.cancel()
        game.close()


class _Game:
    def __init__(self, order: Mapping[str, Any], command: tuple[str, ...]) -> None:
        self._is_given_up = False
        self._errors: list[str] = []
        self._child = subprocess.Popen(
            [*command, json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,  # Ctrl-C is for the one who asks
        )
        self._drain = threading.Thread(target=self._read_errors, name="npc-bench-errors", daemon=True)
        self._drain.start()

    def follow(self, on_event: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        stdout = self._child.stdout
        for line in stdout or ():
            with suppress(ValueError):
                event = json.loads(line)
                if event.get("event") == "done":
                    return dict(event["result"])
                if event.get("event") == "failed":
                    raise from_dict(event["error"])
                on_event(event)
        if self._is_given_up:
            raise DeadlineError("The game's process took too long.", "Try fewer seconds.", code="bench_game_stuck")
        self._drain.join(1.0)
        tail = " ".join(self._errors[-_TAIL_LINES:])
        raise BackendError(
            f"The game's process ended with code {self._child.wait()}: {tail or 'it said nothing'}",
            code="bench_game_ended",
        )

    def stop(self) -> dict[str, Any] | None:
        """Have it stop now, and return what it has measured."""
        with suppress(OSError):
            if self._child.stdin is not None:
                self._child.stdin.close()
        timer = threading.Timer(STOP_LIMIT_S, self._child.kill)
        timer.daemon = True
        timer.start()
        try:
            return self.follow(lambda event: None)
        except Exception:
            # Whoever asked to stop wants no other news than that.
            return None
        finally:
            timer.cancel()

    def give_up(self) -> None:
        self._is_given_up = True
        self._child.kill()

    def close(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):
            if self._child.stdin is not None:
                self._child.stdin.close()
        try:
            self._child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._drain.join(1.0)
        for stream in (self._child.stdout, self._child.stderr):
            if stream is not None:
                stream.close()

    def _read_errors(self) -> None:
        for line in self._child.stderr or ():
            self._errors.append(line.strip())
            del self._errors[:-50]
