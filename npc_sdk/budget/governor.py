"""Walks the ladder of plans: down when memory or time gets short, up again when it has been calm."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from npc_sdk.budget.plan import DeviceKind, Off, Plan, Rung
from npc_sdk.budget.probe import MemoryReading
from npc_sdk.budget.speed import SpeedWatch
from npc_sdk.errors import RequestError

Cause: TypeAlias = Literal["memory", "reserve", "frame", "speed", "calm", "failed"]
"""Why a step is taken; see :class:`Step`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernorConfig:
    """How quickly the governor acts.

    Args:
        calm_ms: How long everything must have been well before a step up.
        memory_cool_ms: After a step down for memory, how long no step up follows at least; doubles each time
            that a step up is taken back, up to ``longest_cool_ms``.
        reserve_cool_ms: The same for memory that the game asked for.
        frame_cool_ms: The same for frames that were late, and the time between two such steps.
        speed_cool_ms: The same for a collapse of speed.
        longest_cool_ms: Longest time of that kind.
        up_every_ms: Time between two steps up.
        late_share: Share of late frames, because of the model, that counts as pressure.
        late_ms: How long that must last.
        collapse: How many times slower than usual is a collapse of speed.

    Raises:
        RequestError: A value cannot be used (``bad_governor_config``).
    """

    calm_ms: float = 2000.0
    memory_cool_ms: float = 3000.0
    reserve_cool_ms: float = 2000.0
    frame_cool_ms: float = 10_000.0
    speed_cool_ms: float = 10_000.0
    longest_cool_ms: float = 60_000.0
    up_every_ms: float = 1000.0
    late_share: float = 0.05
    late_ms: float = 3000.0
    collapse: float = 4.0

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            least = 1.0 if name == "collapse" else 0.0
            if not least <= value <= 1e9:
                raise RequestError(
                    f"{name} is {value!r}.",
                    f"Give a number of at least {least:g}.",
                    code="bad_governor_config",
                    field=name,
                )

    def cool_ms(self, cause: Cause) -> float:
        """Return how long no step up follows a step down at least."""
        times = {
            "memory": self.memory_cool_ms,
            "failed": self.memory_cool_ms,
            "reserve": self.reserve_cool_ms,
            "frame": self.frame_cool_ms,
            "speed": self.speed_cool_ms,
        }
        return times.get(cause, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """What the governor is told in each control period.

    Args:
        now_ms: The time.
        reading: What the probe saw; None when it sees nothing, which moves nothing.
        reserve_bytes: What the game wants free.
        cap_bytes: Most that the model may take whatever is free; None is no limit.
        host_room_bytes: What the model may take of the host's memory; None does not look.
        late_share: Share of the last frames that were late because of the model.
        tokens_per_s: Tokens for each second inside llama.cpp since the last time; None when nobody spoke.
        is_changing: Whether the engine still makes the last step: then no step up follows.
    """

    now_ms: float
    reading: MemoryReading | None = None
    reserve_bytes: int = 0
    cap_bytes: int | None = None
    host_room_bytes: int | None = None
    late_share: float = 0.0
    tokens_per_s: float | None = None
    is_changing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change from one rung to another.

    Args:
        from_index: The rung before, 0 being the best.
        to_index: The rung after.
        from_rung: What was planned before.
        to_rung: What is planned now.
        cause: ``memory`` (too little is free), ``reserve`` (the game asked for more), ``frame`` (frames are late),
            ``speed`` (tokens come many times slower than usual), ``calm`` (all was well for a while), ``failed``
            (the engine could not take up the rung above).
        words: The same in words, with figures.
        at_ms: When.
    """

    from_index: int
    to_index: int
    from_rung: Rung
    to_rung: Rung
    cause: Cause
    words: str
    at_ms: float

    @property
    def is_up(self) -> bool:
        """Whether more is taken than before."""
        return self.to_index < self.from_index


class Governor:
    """Decides which rung holds now.

    When the room shrinks, the next tick goes at once to the best rung that fits, however far down it is. Late
    frames and collapsed speed go down one rung at a time, and never to off: no model at all is worse than a slow
    one. Up it goes one rung at a time, when the rung above has fitted for ``calm_ms`` without interruption and
    the cool-down after the last step down is over.

    Pure: no clock, no threads, nothing is read or changed. Not thread safe.

    Args:
        ladder: The rungs, best first, as :func:`npc_sdk.budget.planner.ladder` makes them.
        device: Whose memory is governed: the GPU's, or the host's for a model on the CPU.
        is_unified: Whether the GPU has no memory of its own, so that what a rung takes of both counts.
        config: How quickly it acts.
        index: The rung that holds at the beginning.

    Raises:
        RequestError: The ladder is empty (``empty_ladder``).
    """

    def __init__(
        self,
        ladder: Sequence[Rung],
        *,
        device: DeviceKind = "gpu",
        is_unified: bool = False,
        config: GovernorConfig | None = None,
        index: int = 0,
    ) -> None:
        if not ladder:
            raise RequestError("The ladder has no rungs.", "Plan one, or end it with Off().", code="empty_ladder")
        self._ladder = tuple(ladder)
        self._device = device
        self._is_unified = is_unified
        self._config = config or GovernorConfig()
        self._index = max(0, min(index, len(ladder) - 1))
        self._reserve_bytes = 0
        self._tight: deque[tuple[float, int]] = deque()
        self._known_since_ms: float | None = None
        self._trouble_ms = self._up_ms = -1e12
        self._late_since_ms: float | None = None
        self._not_before_ms = -1e12
        self._frame_not_before_ms = self._speed_not_before_ms = -1e12
        self._cools_ms: dict[Cause, float] = {}
        self._blocked: dict[int, float] = {}
        self._speed = SpeedWatch(self._config.collapse)

    @property
    def ladder(self) -> tuple[Rung, ...]:
        """All rungs, best first."""
        return self._ladder

    @property
    def index(self) -> int:
        """The rung that holds; 0 is the best."""
        return self._index

    @property
    def rung(self) -> Rung:
        """What is planned now."""
        return self._ladder[self._index]

    def bytes_of(self, rung: Rung) -> int:
        """Return what a rung takes of the governed memory."""
        if self._is_unified:
            return rung.device_bytes + rung.host_bytes
        return rung.device_bytes if self._device == "gpu" else rung.host_bytes

    def room_bytes(self, pressure: Pressure) -> int | None:
        """Return what the model may take; None when nothing is known."""
        room = pressure.cap_bytes
        reading = pressure.reading
        if reading is not None:
            seen = reading.room_bytes(self.bytes_of(self.rung))
            if reading.used_by_others_bytes is not None:
                # Some drivers give out more than there is: then free memory alone does not tell what is missing.
                seen = min(seen, reading.total_bytes - (reading.reserved_bytes or 0) - reading.used_by_others_bytes)
            seen -= pressure.reserve_bytes
            room = seen if room is None else min(room, seen)
        return None if room is None else max(0, room)

    def tick(self, pressure: Pressure) -> Step | None:
        """Take in the pressure of one control period and return the step to take, or None.

        The step counts as taken at once; :meth:`failed` tells that it could not be.
        """
        room = self.room_bytes(pressure)
        is_late, is_slow = self._is_late(pressure), self._is_slow(pressure)
        if is_late or is_slow:
            self._trouble_ms = pressure.now_ms
        step = self._down_for_memory(pressure, room) or self._down_for_time(pressure, is_late, is_slow)
        self._remember(pressure, room)
        return step if step is not None or pressure.is_changing else self._up(pressure)

    def failed(self, step: Step, now_ms: float, *, is_crash: bool = False) -> Step | None:
        """Take back a step that the engine could not make, which therefore holds what it held before.

        Args:
            step: The step.
            now_ms: The time.
            is_crash: Whether the engine's process ended meanwhile. That may be nothing to do with the step, so it is
                tried again as soon as everything is calm; a second crash on the way to the same rung counts as failed.

        Returns:
            What to do instead: nothing after a step up, which is not tried again for a while; a step further
            down after a step down, or None when that was the last rung.
        """
        if step.to_index != self._index:
            return None
        self._block(step.to_index, now_ms, is_crash=is_crash)
        if step.is_up:
            self._index = step.from_index
            return None
        if self._index + 1 == len(self._ladder):
            return None
        return self._move(self._index + 1, "failed", "The engine could not take up the last rung.", now_ms)

    def _block(self, index: int, now_ms: float, *, is_crash: bool) -> None:
        longest_ms = self._config.longest_cool_ms
        is_first = now_ms > self._blocked.get(index, -1e12) + longest_ms
        self._blocked[index] = now_ms + (self._config.calm_ms if is_crash and is_first else longest_ms)

    # Down

    def _down_for_memory(self, pressure: Pressure, room: int | None) -> Step | None:
        before, self._reserve_bytes = self._reserve_bytes, pressure.reserve_bytes
        if room is None or self._fits(self.rung, room, pressure.host_room_bytes):
            return None
        target = self._best_fit(room, pressure.host_room_bytes)
        if target <= self._index:
            return None
        taken = self.bytes_of(self.rung)
        wanted = pressure.reserve_bytes - before
        is_asked = wanted > 0 and self._fits(self.rung, room + wanted, pressure.host_room_bytes)
        cause: Cause = "reserve" if is_asked else "memory"
        why = f"The game wants {_mib(pressure.reserve_bytes)} free" if is_asked else "Memory got short"
        words = f"{why}: {_mib(room)} may be taken, {_mib(taken)} were planned."
        return self._move(target, cause, words, pressure.now_ms)

    def _down_for_time(self, pressure: Pressure, is_late: bool, is_slow: bool) -> Step | None:
        target = self._index + 1
        if target >= len(self._ladder) or isinstance(self._ladder[target], Off):
            return None
        now_ms = pressure.now_ms
        if is_slow and now_ms >= self._speed_not_before_ms:
            self._speed_not_before_ms = now_ms + self._config.speed_cool_ms
            words = (
                f"Tokens come at {pressure.tokens_per_s or 0.0:.1f} a second of computing instead of "
                f"{self._speed.usual:.1f}: the driver may be moving the model out of the GPU."
            )
            return self._move(target, "speed", words, now_ms)
        if is_late and now_ms >= self._frame_not_before_ms:
            self._frame_not_before_ms = now_ms + self._config.frame_cool_ms
            words = f"{pressure.late_share:.0%} of the frames are late because of the model."
            return self._move(target, "frame", words, now_ms)
        return None

    def _is_late(self, pressure: Pressure) -> bool:
        if pressure.late_share <= self._config.late_share:
            self._late_since_ms = None
            return False
        if self._late_since_ms is None:
            self._late_since_ms = pressure.now_ms
        return pressure.now_ms - self._late_since_ms >= self._config.late_ms

    def _is_slow(self, pressure: Pressure) -> bool:
        return pressure.tokens_per_s is not None and self._speed.seen(pressure.tokens_per_s)

    # Up

    def _up(self, pressure: Pressure) -> Step | None:
        target, now_ms = self._index - 1, pressure.now_ms
        if target < 0 or now_ms < self._not_before_ms or now_ms - self._up_ms < self._config.up_every_ms:
            return None
        is_calm = now_ms - self._trouble_ms >= self._config.calm_ms and self._late_since_ms is None
        if not is_calm or now_ms < self._blocked.get(target, now_ms):
            return None
        room = self._calm_room(now_ms)
        if room is None or not self._fits(self._ladder[target], room, pressure.host_room_bytes):
            return None
        taken = self.bytes_of(self._ladder[target])
        return self._move(target, "calm", f"{_mib(room)} may be taken, {_mib(taken)} are needed.", now_ms)

    def _remember(self, pressure: Pressure, room: int | None) -> None:
        """Keep the smallest rooms of the last while, so that a step up trusts no passing ease."""
        is_sure = pressure.reading is None or pressure.reading.trust == "measured"
        if room is None or not is_sure:
            self._tight.clear()
            self._known_since_ms = None
            return
        if self._known_since_ms is None:
            self._known_since_ms = pressure.now_ms
        while self._tight and self._tight[-1][1] >= room:
            self._tight.pop()
        self._tight.append((pressure.now_ms, room))
        while self._tight[0][0] < pressure.now_ms - self._config.calm_ms:
            self._tight.popleft()

    def _calm_room(self, now_ms: float) -> int | None:
        """Return the smallest room of the last ``calm_ms``; None when it was not seen for so long."""
        if self._known_since_ms is None or now_ms - self._known_since_ms < self._config.calm_ms:
            return None
        return self._tight[0][1]

    # What fits

    def _fits(self, rung: Rung, room: int, host_room: int | None) -> bool:
        if self.bytes_of(rung) > room:
            return False
        return self._device == "cpu" or host_room is None or rung.host_bytes <= host_room or isinstance(rung, Off)

    def _best_fit(self, room: int, host_room: int | None) -> int:
        fitting = (
            index
            for index, rung in enumerate(self._ladder)
            if index > self._index and self._fits(rung, room, host_room)
        )
        return next(fitting, len(self._ladder) - 1)

    def _move(self, index: int, cause: Cause, words: str, now_ms: float) -> Step:
        before = self.rung
        step = Step(
            from_index=self._index,
            to_index=index,
            from_rung=before,
            to_rung=self._ladder[index],
            cause=cause,
            words=words,
            at_ms=now_ms,
        )
        if step.is_up:
            self._up_ms = now_ms
        else:
            self._cool_down(cause, now_ms)
        self._index = index
        if _computes_differently(before, self.rung):
            self._speed.forget()
        return step

    def _cool_down(self, cause: Cause, now_ms: float) -> None:
        """Forbid steps up for a while; longer when the last step up is being taken back."""
        least = self._config.cool_ms(cause)
        before = self._cools_ms.get(cause, least)
        is_taken_back = now_ms - self._up_ms < 2 * before + self._config.calm_ms
        cool_ms = min(2 * before, self._config.longest_cool_ms) if is_taken_back else least
        self._cools_ms[cause] = cool_ms
        self._not_before_ms = max(self._not_before_ms, now_ms + cool_ms)


def _computes_differently(before: Rung, after: Rung) -> bool:
    if isinstance(before, Plan) and isinstance(after, Plan):
        return (before.model_path, before.gpu_layers) != (after.model_path, after.gpu_layers)
    return True


def _mib(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"
