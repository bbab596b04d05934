"""The render loop: a frame every sixtieth of a second, and what is done in it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from npc_sdk.bench.frame.times import TARGET_MS, FrameLog


class Company(Protocol):
    """What runs beside the drawing; each method returns at once."""

    def frame(self, measured_ms: float) -> None:
        """Do what is to be done once a frame.

        Args:
            measured_ms: What the last frame took, from when it was due until it was drawn.
        """
        ...


class Nobody:
    """No model at all."""

    def frame(self, measured_ms: float) -> None:
        """Do nothing."""


class Player:
    """Draws frames at a steady pace. Not thread safe.

    A frame is due one sixtieth of a second after the last one began, or at once when that one took longer, as in a
    game whose display does not make it wait.

    Args:
        draw: Draws a frame by its number.
        company: What else is done in each frame, before it is drawn.
        is_stopped: Asked after each frame whether to stop.
    """

    def __init__(self, draw: Callable[[int], None], company: Company, *, is_stopped: Callable[[], bool]) -> None:
        self._draw = draw
        self._company = company
        self._is_stopped = is_stopped
        self._number = 0
        self._measured_ms = TARGET_MS

    def play(self, seconds: float) -> Iterator[FrameLog]:
        """Draw frames for so long.

        Yields:
            What was logged so far, once a second between two frames, and once at the end.
        """
        log = FrameLog()
        period_s = TARGET_MS / 1000
        before_s = time.perf_counter()
        ends_s, says_s = before_s + seconds, before_s + 1.0
        due_s = before_s + period_s
        while due_s < ends_s and not self._is_stopped():
            time.sleep(max(0.0, due_s - time.perf_counter()))
            start_s = time.perf_counter()
            self._company.frame(self._measured_ms)
            model_s = time.perf_counter()
            self._draw(self._number)
            end_s = time.perf_counter()
            self._number += 1
            self._measured_ms = (end_s - due_s) * 1000
            log.add((start_s - before_s) * 1000, (end_s - start_s) * 1000, (model_s - start_s) * 1000)
            before_s, due_s = start_s, max(start_s + period_s, end_s)
            if end_s >= says_s:
                says_s += 1.0
                yield log
        yield log


@contextmanager
def exact_sleep() -> Iterator[None]:
    """Let sleeps of this process be exact to a millisecond inside the block, where that has to be asked for."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.winmm.timeBeginPeriod(1)
        try:
            yield
        finally:
            ctypes.windll.winmm.timeEndPeriod(1)
    else:
        yield
