"""The engine without a model that the measurements use: each of its words tells when it was born."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from npc_sdk.bench.wire.stamp import now_us, stamped
from npc_sdk.engine.request import Ended, Event, Failed, Request, TokensOut
from npc_sdk.testing import FakeClock, FakeEngine

BEAT_S = 0.002


class StampedEngine(FakeEngine):
    """Answers every turn with the same number of words; the clock is moved by a thread of its own.

    Args:
        words: Words of an answer.
        words_per_s: How fast they come.
        cells: Tokens of a prompt, which bound the histories.
    """

    def __init__(self, *, words: int, words_per_s: float, cells: int = 8192) -> None:
        answer = " word" * words
        clock = FakeClock(moves_alone=False)
        super().__init__(
            lambda prompt: answer, tokens_per_ms=words_per_s / 1000.0, clock=clock, cells=cells, remembers=0
        )
        self._told: dict[int, int] = {}
        self._is_over = threading.Event()
        self._beat = threading.Thread(target=self._run, name="npc-bench-clock", daemon=True)

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Begin to answer."""
        super().start(lambda event: on_event(self._stamped(event)), timeout_s=timeout_s)
        self._beat.start()

    def submit(self, request: Request) -> None:
        """Queue a request."""
        if request.kind == "generate":
            self._told[request.id] = 0
        super().submit(request)

    def close(self, *, timeout_s: float = 10.0) -> None:
        """End every live request and let the clock stand still; safe to call twice."""
        self._is_over.set()
        if self._beat.is_alive() and threading.current_thread() is not self._beat:
            self._beat.join(timeout_s)
        super().close(timeout_s=timeout_s)

    def _stamped(self, event: Event) -> Event:
        if isinstance(event, TokensOut) and event.id in self._told:
            number = self._told[event.id]
            self._told[event.id] = number + 1
            return replace(event, data=stamped(number, now_us()).encode())
        if isinstance(event, (Ended, Failed)):
            self._told.pop(event.id, None)
        return event

    def _run(self) -> None:
        last_s = time.monotonic()
        while not self._is_over.wait(BEAT_S):
            now_s = time.monotonic()
            self.clock.advance((now_s - last_s) * 1000.0)
            last_s = now_s
