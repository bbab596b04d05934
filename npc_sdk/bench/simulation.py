"""A simulated game and a simulated engine on one simulated device."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import Protocol

from npc_sdk.bench.scene import CallCosts, Scene, Talk
from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import Grant
from npc_sdk.testing.simulated_gpu import SimulatedGpu

_HINT_DELAY_MS = 0.3
_BETWEEN_CALLS_MS = 0.3
_GAME, _MODEL = "game", "model"


class Strategy(Protocol):
    """Decides what the engine may do; :class:`~npc_sdk.budget.pacing.Pacer` is one."""

    def hint(self, hint: FrameHint | None, now_ms: float) -> None: ...
    def grant(self, now_ms: float, *, speakers: int, readers: int) -> Grant: ...
    def spent(self, *, tokens: int, is_reading: bool, rows: int, call_ms: float, now_ms: float) -> None: ...


class FixedSleeps:
    """What an engine without hints can do: a bounded quantum, and the same pause after every call.

    Args:
        quantum: Prompt tokens in one call.
        sleep_ms: The pause.
    """

    def __init__(self, quantum: int, sleep_ms: float) -> None:
        self._quantum = quantum
        self._sleep_ms = sleep_ms
        self._free_ms = 0.0

    def hint(self, hint: FrameHint | None, now_ms: float) -> None:
        """Do nothing."""

    def grant(self, now_ms: float, *, speakers: int, readers: int) -> Grant:
        """Wait out the pause."""
        return Grant(quantum=self._quantum, wait_ms=max(0.0, self._free_ms - now_ms))

    def spent(self, *, tokens: int, is_reading: bool, rows: int, call_ms: float, now_ms: float) -> None:
        """Begin a pause."""
        self._free_ms = now_ms + self._sleep_ms


class Simulation:
    """A game and an engine on one device; runs once. Not thread safe.

    Args:
        scene: What the game draws.
        costs: What calls cost.
        talk: Who talks; None is a run without inference.
        strategy: Paces the calls.
        gpu: The device.
        seed: Makes the drawing times.
        reports_interval: Whether the game's hints hold the time from frame to frame instead of the time
            that it worked.
    """

    def __init__(
        self,
        scene: Scene,
        costs: CallCosts,
        talk: Talk | None,
        strategy: Strategy,
        *,
        gpu: SimulatedGpu,
        seed: int = 1,
        reports_interval: bool = False,
    ) -> None:
        self._scene = scene
        self._costs = costs
        self._talk = talk
        self._strategy = strategy
        self._gpu = gpu
        self._drawing = scene.drawing_ms(seed)
        self._reports_interval = reports_interval
        self._frame_ms = self._last_frame_ms = 0.0
        self._wake_ms = 0.0 if talk is not None else math.inf
        self._calls: deque[tuple[bool, int, float]] = deque()
        self._called_ms = 0.0
        self._hints: deque[tuple[float, FrameHint]] = deque()
        self.frames_ms: list[float] = []

    def run(self) -> list[float]:
        """Play the scene and return the frame times, each from start to start."""
        end_ms = self._scene.seconds * 1000
        while self._gpu.now_ms < end_ms:
            self._start_due()
            for name in self._gpu.advance(self._next_ms()):
                self._frame_ended() if name == _GAME else self._call_ended()
        return self.frames_ms

    def _next_ms(self) -> float:
        frame_ms = math.inf if self._gpu.is_running(_GAME) else self._frame_ms
        hint_ms = self._hints[0][0] if self._hints and self._talk is not None else math.inf
        wake_ms = math.inf if self._gpu.is_running(_MODEL) else min(self._wake_ms, hint_ms)
        return max(self._gpu.now_ms, min(frame_ms, wake_ms))

    def _start_due(self) -> None:
        now_ms = self._gpu.now_ms
        if not self._gpu.is_running(_GAME) and now_ms >= self._frame_ms:
            if self._frame_ms or self.frames_ms:
                self.frames_ms.append(now_ms - self._last_frame_ms)
            self._last_frame_ms = now_ms
            self._gpu.start(_GAME, next(self._drawing))
        if not self._gpu.is_running(_MODEL) and self._talk is not None:
            self._hear()
            if now_ms >= self._wake_ms:
                self._ask(self._talk)

    # The game

    def _frame_ended(self) -> None:
        now_ms = self._gpu.now_ms
        self._frame_ms = self._next_frame_ms(now_ms)
        worked_ms = now_ms - self._last_frame_ms
        measured_ms = self._frame_ms - self._last_frame_ms if self._reports_interval else worked_ms
        hint = FrameHint(target_ms=self._scene.target_ms, measured_ms=measured_ms)
        self._hints.append((now_ms + _HINT_DELAY_MS, hint))

    def _next_frame_ms(self, now_ms: float) -> float:
        target_ms = self._scene.target_ms
        if self._scene.is_synced:
            return self._last_frame_ms + target_ms * max(
                1, math.ceil((now_ms - self._last_frame_ms) / target_ms - 1e-6)
            )
        return max(now_ms, self._last_frame_ms + target_ms)

    # The engine

    def _hear(self) -> None:
        while self._hints and self._hints[0][0] <= self._gpu.now_ms:
            arrived_ms, hint = self._hints.popleft()
            self._strategy.hint(hint, arrived_ms)

    def _ask(self, talk: Talk) -> None:
        now_ms = self._gpu.now_ms
        if not self._calls:
            speakers, readers = talk.waiting(now_ms)
            if not speakers and not readers:
                self._wake_ms = talk.next_ms()
                return
            grant = self._strategy.grant(now_ms, speakers=speakers, readers=readers)
            if grant.wait_ms:
                self._wake_ms = now_ms + grant.wait_ms
                return
            self._calls.extend(self._planned(grant, speakers, readers, talk))
        _, _, work_ms = self._calls[0]
        self._called_ms = now_ms
        self._gpu.start(_MODEL, work_ms)

    def _planned(self, grant: Grant, speakers: int, readers: int, talk: Talk) -> Iterator[tuple[bool, int, float]]:
        now_ms = self._gpu.now_ms
        if readers and grant.quantum:
            count = talk.read_some(grant.quantum, now_ms)
            yield True, count, self._costs.read(count)
        if speakers and grant.may_speak:
            count = talk.speak(grant.rows or speakers, now_ms)
            yield False, count, self._costs.decode(count)

    def _call_ended(self) -> None:
        now_ms = self._gpu.now_ms
        is_reading, count, _ = self._calls.popleft()
        rows = 1 if is_reading else count
        spent_ms = now_ms - self._called_ms
        self._strategy.spent(tokens=count, is_reading=is_reading, rows=rows, call_ms=spent_ms, now_ms=now_ms)
        self._wake_ms = now_ms + _BETWEEN_CALLS_MS
