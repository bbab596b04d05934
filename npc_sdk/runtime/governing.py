"""Ties the governor to a running engine: looks at the machine, makes steps, and tells the game."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from npc_sdk.budget.frame import HintFinding, checked_hint, shown
from npc_sdk.budget.governor import Governor, Pressure, Step
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.budget.plan import Plan
from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.engine.config import EngineConfig, change_between
from npc_sdk.engine.engine import Engine, EngineStats
from npc_sdk.engine.request import Reconfigured, Suspended
from npc_sdk.errors import CapacityError, EngineCrashError, NpcError
from npc_sdk.runtime.budget import BudgetFinding, BudgetNews, BudgetStatus, BudgetStep, Starving
from npc_sdk.runtime.loop import Loop
from npc_sdk.runtime.planning import MIB, Budget, config_of
from npc_sdk.runtime.settings import RuntimeSettings

_LATE_WINDOW_MS = 5000.0
_OF_A_PLAN = ("model_path", "gpu_layers", "slots", "cells", "quantum", "kv_type")


@dataclass(slots=True)
class _Pending:
    step: Step
    config: EngineConfig | None
    began_ms: float


class Governing:
    """Governs one engine. Not thread safe; owned by the runtime's thread, but for :meth:`frame`.

    Args:
        loop: The runtime's thread.
        engine: What is governed.
        settings: What the runtime is set up with.
        config: What the engine was started with.
        budget: What there is to govern; None only passes on hints and tells of starvation.
        on_model: Makes prompts for the model that the engine has now, and asks again what waits.
        on_size: Fits prompts to the sizes that the engine has now, and asks again what waits.
        tell: Gets the news.
        now_ms: The time.
    """

    def __init__(
        self,
        *,
        loop: Loop,
        engine: Engine,
        settings: RuntimeSettings,
        config: EngineConfig,
        budget: Budget | None,
        on_model: Callable[[], None],
        on_size: Callable[[], None],
        tell: Callable[[BudgetNews], None],
        now_ms: Callable[[], float],
    ) -> None:
        self._loop = loop
        self._engine = engine
        self._settings = settings
        self._config = config
        self._budget = budget
        self._governor = None
        if budget is not None:
            self._governor = Governor(budget.ladder, device=budget.device, is_unified=budget.is_unified)
        self._reserve_bytes = settings.reserve_mib * MIB
        self._on_model = on_model
        self._on_size = on_size
        self._tell = tell
        self._now_ms = now_ms
        self._due_ms: float | None = now_ms() if budget is not None else None
        self._pending: deque[_Pending] = deque()
        self._reading: MemoryReading | None = None
        self._room_bytes: int | None = None
        self._last_step: BudgetStep | None = None
        self._stats = EngineStats()
        self._frames: deque[tuple[float, int, int]] = deque()
        self._is_starving = False
        self._found: dict[str, str] = {}
        self._hint_finding: HintFinding | None = None

    # What the game says.

    def frame(self, target_ms: object, measured_ms: object, mode: object) -> None:
        """Pass a hint on; safe from any thread, never raises and never waits."""
        checked = checked_hint(target_ms, measured_ms, mode)
        if checked.finding is not None or self._hint_finding is not None:
            finding, self._hint_finding = checked.finding, checked.finding
            self._loop.post(lambda: self._note("hint", finding.code if finding else "", *_words(finding)))
        if self._due_ms is None:
            # Without a budget there is a clock to keep only once the game sends hints.
            self._due_ms = self._now_ms()
            self._loop.post(lambda: None)
        hint = checked.hint
        if hint is not None:
            self._loop.to_engine(lambda: self._engine.frame(hint))

    def reserve(self, mib: object) -> None:
        """Keep memory free for the game from now on."""
        wanted = _finite(mib)
        if wanted is None or wanted < 0:
            cause = f"The reserve is {shown(mib)}, which is no number from 0 up; the one before holds."
            self._note("reserve", "bad_reserve", cause, "Pass the MiB that the game wants free.")
            return
        self._reserve_bytes = int(min(wanted, 1e9) * MIB)
        if self._governor is None:
            cause = "Nothing is governed, so nothing can be given back."
            self._note("reserve", "not_governed", cause, "Pass vram or a probe to the runtime.")
            return
        self._note("reserve", *self._reserve_finding())
        self.tick(self._now_ms())

    def _reserve_finding(self) -> tuple[str, str, str]:
        reading = self._reading
        if reading is None or self._reserve_bytes <= reading.total_bytes:
            return "", "", ""
        cause = f"The reserve of {self._reserve_bytes // MIB:,} MiB is more than the device has."
        return "reserve_above_device", cause, "Ask for less; the model has left the device."

    # Time.

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` is due; None while there is nothing to look at."""
        return self._due_ms

    def tick(self, now_ms: float) -> None:
        """Look at the machine and act; one control period."""
        self._due_ms = now_ms + self._settings.governor_period_ms
        stats = self._engine.stats()
        spoke = stats.decode_tokens > self._stats.decode_tokens
        self._stats = stats
        self._starve(stats)
        if self._governor is None:
            return
        is_changing = bool(self._pending)
        reading = self._read()
        if is_changing and reading is not None and reading.own_bytes is None:
            # Our own account is of a plan that the engine does not follow yet.
            reading = None
        pressure = Pressure(
            now_ms=now_ms,
            reading=reading,
            reserve_bytes=self._reserve_bytes,
            cap_bytes=self._budget.cap_bytes if self._budget is not None else None,
            late_share=0.0 if is_changing else self._late_share(stats, now_ms),
            tokens_per_s=stats.busy_tokens_per_s if spoke and not is_changing and stats.busy_tokens_per_s else None,
            is_changing=is_changing,
        )
        self._room_bytes = self._governor.room_bytes(pressure)
        step = self._governor.tick(pressure)
        if step is not None:
            self._make(step, now_ms)

    def _read(self) -> MemoryReading | None:
        if self._budget is None:
            return None
        seen = self._budget.probe.read()
        finding = seen if isinstance(seen, NoReading) else seen.finding
        self._note("probe", *((finding.code, finding.reason, finding.next_step) if finding else ("", "", "")))
        self._reading = seen if isinstance(seen, MemoryReading) else None
        return self._reading

    def _late_share(self, stats: EngineStats, now_ms: float) -> float:
        """Return the share of the last frames that were late because of the model."""
        frames = self._frames
        if frames and stats.frames < frames[-1][1]:
            frames.clear()  # another process counts anew
        frames.append((now_ms, stats.frames, stats.late_frames))
        while frames[0][0] < now_ms - _LATE_WINDOW_MS:
            frames.popleft()
        told = frames[-1][1] - frames[0][1]
        return (frames[-1][2] - frames[0][2]) / told if told else 0.0

    def _starve(self, stats: EngineStats) -> None:
        if stats.is_starving == self._is_starving:
            return
        self._is_starving = stats.is_starving
        floor = self._settings.floor_tokens_per_s
        self._tell(Starving(is_starving=stats.is_starving, tokens_per_s=stats.tokens_per_s, floor_tokens_per_s=floor))

    def _note(self, about: str, code: str, cause: str, next_step: str) -> None:
        """Tell of a finding once, until it is gone or another takes its place; no code means that all is well."""
        if self._found.get(about, "") == code:
            return
        self._found[about] = code
        if code:
            self._tell(BudgetFinding(code=code, cause=cause, next_step=next_step))

    # Steps.

    def _make(self, step: Step, now_ms: float) -> None:
        """Tell the engine to make a step; one that it has not begun yet is replaced by this one."""
        rung = step.to_rung
        if not isinstance(rung, Plan):
            self._pending.append(_Pending(step, None, now_ms))
            self._loop.away = off_error()
            self._loop.to_engine(self._engine.suspend)
            return
        config = config_of(rung, self._config, self._settings)
        self._pending.append(_Pending(step, config, now_ms))
        self._loop.is_changing = True
        if config.model_path != self._config.model_path:
            self._loop.is_holding = True
        self._loop.to_engine(lambda: self._engine.pace(self.pacing(config)))
        self._loop.to_engine(lambda: self._engine.reconfigure(config))

    def pacing(self, config: EngineConfig) -> PacingConfig:
        """Return how the engine is to pace itself with a configuration."""
        most = min(config.quantum, 1 << 20)
        return PacingConfig(
            device="gpu" if config.gpu_layers else "cpu",
            floor_tokens_per_s=self._settings.floor_tokens_per_s,
            quantum_min=min(16, most),
            quantum_max=most,
        )

    def changed(self, event: Reconfigured | Suspended) -> None:
        """Take what came of a step."""
        if isinstance(event, Reconfigured) and event.error is not None:
            self._failed(event, event.error)
            return
        config = event.config if isinstance(event, Reconfigured) else None
        made = self._taken(config)
        if made is not None:
            self._end(made, event, None)
        if config is not None:
            self._settle(config, is_up=not self._pending)

    def _taken(self, config: EngineConfig | None) -> _Pending | None:
        """Return the step that was made, or that failed; those before it were overtaken by it."""
        places = [place for place, pending in enumerate(self._pending) if _is_same(pending.config, config)]
        if not places:
            return None
        first = self._pending[0].step
        for _ in range(places[0]):
            self._pending.popleft()
        made = self._pending.popleft()
        made.step = replace(made.step, from_index=first.from_index, from_rung=first.from_rung)
        return made

    def _settle(self, config: EngineConfig, *, is_up: bool) -> None:
        """Let the runtime go on with what the engine has now.

        Args:
            config: What it has.
            is_up: Whether it stays like this, and works.
        """
        is_other_model = config.model_path != self._config.model_path
        change = change_between(self._config, config)
        self._config = config
        if is_up:
            self._loop.away = None
            self._loop.is_changing = self._loop.is_holding = False
        if is_other_model:
            self._on_model()
        elif is_up and (change != "none" or self._loop.has_held):
            self._on_size()

    def _failed(self, event: Reconfigured, error: NpcError) -> None:
        if self._governor is None:
            return
        pending = self._taken(event.wanted) if event.wanted is not None else None
        if pending is None and self._pending:
            pending = self._pending.popleft()
        if pending is None:
            return
        is_crash = isinstance(error, EngineCrashError)
        instead = self._governor.failed(pending.step, self._now_ms(), is_crash=is_crash)
        self._end(pending, event, error)
        if instead is not None:
            self._make(instead, self._now_ms())
        else:
            self._settle(event.config, is_up=not event.is_suspended and not self._pending)

    def _end(self, pending: _Pending, event: Reconfigured | Suspended, error: NpcError | None) -> None:
        """Tell the game that a step is over."""
        change = event if isinstance(event, Reconfigured) else None
        step, held = pending.step, pending.step.from_index if error is not None else pending.step.to_index
        news = BudgetStep(
            from_index=step.from_index,
            to_index=held,
            rung=step.from_rung if error is not None else step.to_rung,
            cause=step.cause,
            words=step.words,
            took_ms=self._now_ms() - pending.began_ms,
            park_ms=event.park_ms,
            load_ms=change.load_ms if change is not None else 0.0,
            freed_context_bytes=event.context_bytes_before - (change.context_bytes_after if change is not None else 0),
            freed_device_bytes=event.device_bytes_before - (change.device_bytes_after if change is not None else 0),
            error=error,
        )
        self._last_step = news
        self._tell(news)

    # How things stand.

    def status(self) -> BudgetStatus:
        """Return how the budget stands."""
        stats = self._engine.stats()
        figures = BudgetStatus(
            is_starving=stats.is_starving,
            tokens_per_s=stats.tokens_per_s,
            frames=stats.frames,
            late_frames=stats.late_frames,
            reserve_bytes=self._reserve_bytes,
        )
        if self._governor is None:
            return figures
        rung = self._governor.rung
        return replace(
            figures,
            is_governed=True,
            index=self._governor.index,
            rungs=len(self._governor.ladder),
            plan=rung if isinstance(rung, Plan) else None,
            is_changing=bool(self._pending),
            room_bytes=self._room_bytes,
            reading=self._reading,
            last_step=self._last_step,
        )

    def close(self) -> None:
        """Let go of the probe."""
        if self._budget is not None:
            self._budget.probe.close()


def off_error() -> CapacityError:
    """Return why characters answer with their fallback lines while the model is off."""
    return CapacityError(
        "The model is off because the game needs the memory.",
        "It comes back by itself when memory is free.",
        code="budget_off",
    )


def _is_same(left: EngineConfig | None, right: EngineConfig | None) -> bool:
    """Tell whether two configurations are of one plan; None is off."""
    if left is None or right is None:
        return left is right
    return all(getattr(left, name) == getattr(right, name) for name in _OF_A_PLAN)


def _finite(value: object) -> float | None:
    """Return a number as one that can be calculated with, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # an int that no float can hold
        return None


def _words(finding: HintFinding | None) -> tuple[str, str]:
    return (finding.cause, finding.next_step) if finding is not None else ("", "")
