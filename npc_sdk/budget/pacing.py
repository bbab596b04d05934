"""Paces the calls of llama.cpp so that the game's frames are not late: how much at once, and when."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Literal

from npc_sdk.budget.allowance import Allowance, Beside
from npc_sdk.budget.call_cost import CallCost
from npc_sdk.budget.frame import MODES, FrameHint, Mode
from npc_sdk.budget.recent import RecentWork
from npc_sdk.errors import RequestError

_UNHINTED_TARGET_MS = 1000 / 60
_SMALL_EVERY = 4
_BURST = 0.25
_SLOP = 0.5
_PAUSE_MS = 500.0
_RATE_WINDOW_MS = 3000.0
_MET_FLOOR = 0.9
_SHORTEST_WAIT_MS = 0.05
_REMEMBERED_CALLS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingConfig:
    """How much of the machine the model may take.

    Args:
        is_on: Whether calls are paced at all; off gives the largest quantum and no waits.
        device: Where the calls run: ``gpu`` shares the device that draws, ``cpu`` has its own cores.
        floor_tokens_per_s: Tokens that all characters together get in a second while anybody speaks, even if
            frames are late for it; 0 puts every frame first, but on a CPU the model keeps ``cpu_least_share`` of the
            time all the same, half of it unless told otherwise.
        quantum_min: Fewest prompt tokens read in one call.
        quantum_max: Most prompt tokens read in one call.
        menu_share: Most of a frame's time for the model while a menu is open.
        explore_share: The same while the player looks around.
        combat_share: The same in a fight.
        cutscene_share: The same in a cutscene.
        cpu_least_share: Share of a frame's time for a model on the CPU, however late frames are.
        unhinted_share: Share of a GPU's time for the model as long as the game sends no hints.
        late_share: Share of the frames that may be late because of the model.
        hint_expires_ms: How long a hint holds when no other follows.
        longest_wait_ms: Longest wait between two calls while somebody waits for the model.
        starving_tokens_per_s: Speed of all characters together under which they count as starving, where
            the floor is lower.

    Raises:
        RequestError: A value cannot be used (``bad_pacing_config``).
    """

    is_on: bool = True
    device: Literal["gpu", "cpu"] = "gpu"
    floor_tokens_per_s: float = 0.0
    quantum_min: int = 16
    quantum_max: int = 128
    menu_share: float = 0.9
    explore_share: float = 0.5
    combat_share: float = 0.3
    cutscene_share: float = 0.7
    cpu_least_share: float = 0.5
    unhinted_share: float = 0.5
    late_share: float = 0.004
    hint_expires_ms: float = 1000.0
    longest_wait_ms: float = 2500.0
    starving_tokens_per_s: float = 1.0

    def __post_init__(self) -> None:
        for mode in (*MODES, "cpu_least", "unhinted", "late"):
            _check(f"{mode}_share", getattr(self, f"{mode}_share"), 0.0, 1.0, is_open=True)
        for name in ("floor_tokens_per_s", "starving_tokens_per_s"):
            _check(name, getattr(self, name), 0.0, 1e6)
        for name in ("hint_expires_ms", "longest_wait_ms"):
            _check(name, getattr(self, name), 1.0, 1e6)
        for name in ("quantum_min", "quantum_max"):
            _check(name, getattr(self, name), 1, 1 << 20)
        if self.device not in ("gpu", "cpu"):
            raise _refusal("device", self.device, "gpu or cpu")

    def share(self, mode: Mode) -> float:
        """Return the most of a frame that the model may have in a mode."""
        shares = {
            "menu": self.menu_share,
            "explore": self.explore_share,
            "combat": self.combat_share,
            "cutscene": self.cutscene_share,
        }
        # On a CPU the plan's thread count has left the game its cores: the whole time of the others is ours.
        return 1.0 if self.device == "cpu" else shares[mode]


def _check(name: str, value: float, least: float, most: float, *, is_open: bool = False) -> None:
    if not least <= value <= most or (is_open and value == least):
        raise _refusal(name, value, f"a number {'over' if is_open else 'from'} {least:g} up to {most:g}")


def _refusal(name: str, value: object, wanted: str) -> RequestError:
    return RequestError(f"{name} is {value!r}.", f"Give {wanted}.", code="bad_pacing_config", field=name)


def _limits(config: PacingConfig) -> tuple[float, float]:
    return config.late_share, config.cpu_least_share


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What the engine may do next.

    Args:
        quantum: Most prompt tokens in the next reading call; 0 reads nothing in this step.
        wait_ms: Do not call llama.cpp yet: wait so long for commands, then ask again.
        may_speak: Whether those who speak may be decoded in this step; when speaking and reading do not fit
            one frame together, they take turns.
        rows: Most speakers in the next decoding call, in turn when there are more; 0 takes all.
    """

    quantum: int
    wait_ms: float = 0.0
    may_speak: bool = True
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingState:
    """How pacing stands.

    Args:
        quantum: Prompt tokens in one reading call, as last granted.
        share: Part of the frame's time that the model may use now.
        allowance_ms: The same in milliseconds of a frame.
        target_ms: The frame time that the game asks for.
        mode: What the game said it is doing; None without hints.
        tokens_per_s: Tokens that all characters together were given in a second.
        busy_tokens_per_s: The same for each second inside llama.cpp: falls when the device gets slower, not
            when pacing waits.
        read_tokens_per_s: Prompt tokens read in a second.
        call_ms: What a call that decodes for the present speakers costs.
        frames: Frames that the game told of.
        late_frames: Frames that were late because of the model.
        is_starving: Whether characters get less than the floor although somebody waits.
    """

    quantum: int = 0
    share: float = 1.0
    allowance_ms: float = 0.0
    target_ms: float = _UNHINTED_TARGET_MS
    mode: Mode | None = None
    tokens_per_s: float = 0.0
    busy_tokens_per_s: float = 0.0
    read_tokens_per_s: float = 0.0
    call_ms: float = 0.0
    frames: int = 0
    late_frames: int = 0
    is_starving: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    start_ms: float
    end_ms: float
    is_forced: bool


class Pacer:
    """Grants calls of llama.cpp from a bucket that fills with the allowance of each frame.

    It has no clock of its own: every call brings the time, in milliseconds of one clock that never runs
    backwards. Not thread safe; owned by the engine thread.
    """

    def __init__(self, config: PacingConfig | None = None) -> None:
        self._config = config or PacingConfig()
        self._allowance = self._new_allowance()
        self._speaking, self._reading = CallCost(), CallCost()
        self._hint: FrameHint | None = None
        self._hinted_ms = 0.0
        self._credit_ms = self._credit_at_ms = self._burst_ms = 0.0
        self._spans: deque[_Span] = deque(maxlen=_REMEMBERED_CALLS)
        self._recent = RecentWork(_RATE_WINDOW_MS)
        self._was_reading = self._is_forced = False
        self._forced = 0
        self._asked_ms = self._demand_since_ms = -_PAUSE_MS
        self._speakers = 0
        self._quantum = self._config.quantum_max
        self._is_starving = False

    # What comes in

    def configure(self, config: PacingConfig) -> None:
        """Change the settings; what was learned stays, unless the calls moved to another device."""
        moved = config.device != self._config.device
        changed = moved or _limits(config) != _limits(self._config)
        self._config = config
        if moved:
            self._speaking, self._reading = CallCost(), CallCost()
        if changed:
            self._allowance = self._new_allowance()

    def hint(self, hint: FrameHint | None, now_ms: float) -> None:
        """Take in a frame of the game.

        Args:
            hint: What the game says; None forgets what it said before.
            now_ms: When the hint reached this process, which may be earlier than when it is handed over:
                during a call nobody looks into the mailbox.
        """
        self._hint = hint
        self._hinted_ms = now_ms
        if hint is None:
            return
        ceiling_ms = hint.target_ms * self._config.share(hint.mode)
        start_ms = now_ms - (hint.measured_ms or 0.0) - _SLOP * hint.target_ms
        beside = [span for span in self._spans if span.end_ms > start_ms and span.start_ms < now_ms]
        if any(span.is_forced for span in beside):
            return  # it was known that this frame would be late
        ran_ms = sum(min(span.end_ms, now_ms) - max(span.start_ms, start_ms) for span in beside)
        seen = Beside(
            ran_ms=ran_ms,
            least_call_ms=min(self._speaking.predict(1), self._reading.predict(self._config.quantum_min)),
            has_demand=now_ms - self._asked_ms < _PAUSE_MS,
        )
        self._allowance.frame(hint, ceiling_ms, seen)

    def grant(self, now_ms: float, *, speakers: int, readers: int) -> Grant:
        """Return what may be done now.

        Args:
            now_ms: The time.
            speakers: Rows that wait to be decoded.
            readers: Requests whose prompts wait to be read.
        """
        if not speakers and not readers:
            return Grant(quantum=self._quantum)
        self._note_demand(speakers, now_ms)
        if not self._is_pacing:
            self._quantum = self._config.quantum_max
            return Grant(quantum=self._quantum)
        grant, cost_ms = self._choose(speakers, readers, self._rate()[0])
        grant = replace(grant, wait_ms=self._wait_ms(cost_ms, now_ms))
        grant = self._hurried(grant, speakers, readers, now_ms)
        if grant.quantum:
            self._quantum = grant.quantum
        return grant if grant.wait_ms > _SHORTEST_WAIT_MS else replace(grant, wait_ms=0.0)

    def spent(self, *, tokens: int, is_reading: bool, rows: int, call_ms: float, now_ms: float) -> None:
        """Take in a call that was made.

        Args:
            tokens: Tokens in it.
            is_reading: Whether it read prompts.
            rows: Sequences in it.
            call_ms: How long it took.
            now_ms: When it ended.
        """
        cost = self._reading if is_reading else self._speaking
        cost.seen(max(tokens, rows), call_ms)
        # What the game drew meanwhile is not our use of the device, so no more than the known cost is paid; and it
        # is paid at the beginning, so that the bucket fills during the call.
        self._credit_ms -= min(call_ms, cost.predict(max(tokens, rows)))
        self._refill(now_ms)
        self._spans.append(_Span(now_ms - call_ms, now_ms, self._is_forced))
        self._forced += self._config.floor_tokens_per_s > 0
        self._recent.add(tokens, is_reading=is_reading, call_ms=call_ms, now_ms=now_ms)
        self._was_reading = is_reading

    # What goes out

    @property
    def state(self) -> PacingState:
        """How pacing stands, as of the last call of a method."""
        work = self._recent.sums()
        span_s = (max(self._asked_ms, self._credit_at_ms) - work.start_ms) / 1000
        allowed_ms, target_ms = self._rate()
        return PacingState(
            quantum=self._quantum,
            share=min(1.0, allowed_ms / target_ms) if self._is_pacing else 1.0,
            allowance_ms=allowed_ms if self._is_pacing else target_ms,
            target_ms=target_ms,
            mode=self._hint.mode if self._hint is not None else None,
            tokens_per_s=work.spoken / span_s if span_s > 0 else 0.0,
            busy_tokens_per_s=1000 * work.spoken / work.speaking_ms if work.speaking_ms else 0.0,
            read_tokens_per_s=work.read / span_s if span_s > 0 else 0.0,
            call_ms=self._speaking.predict(max(1, self._speakers)),
            frames=self._allowance.frames,
            late_frames=self._allowance.late_frames,
            is_starving=self._is_starving,
        )

    # How much at once

    def _choose(self, speakers: int, readers: int, limit_ms: float) -> tuple[Grant, float]:
        """Return the largest step whose cost fits a limit, or else the smallest there is, and its cost."""
        is_reading = readers > 0 and (not speakers or not self._was_reading)
        least, most = self._config.quantum_min, max(self._config.quantum_min, self._config.quantum_max)
        speak_ms, read_ms = self._speaking.predict(1), self._reading.predict(least)
        if speakers and readers and speak_ms + read_ms <= limit_ms:
            # Both fit one frame: speaking is served first, reading gets what is left.
            rows = self._speaking.largest(limit_ms - read_ms, 1, speakers)
            speak_ms = self._speaking.predict(rows)
            quantum = self._reading.largest(limit_ms - speak_ms, least, most)
            return Grant(quantum=quantum, rows=rows), speak_ms + self._reading.predict(quantum)
        if is_reading:
            quantum = self._reading.largest(limit_ms, least, most)
            return Grant(quantum=quantum, may_speak=False), self._reading.predict(quantum)
        rows = self._speaking.largest(limit_ms, 1, speakers)
        return Grant(quantum=0, rows=rows), self._speaking.predict(rows)

    # When

    def _wait_ms(self, cost_ms: float, now_ms: float) -> float:
        """Return how long the bucket needs to fill for a call."""
        allowed_ms, target_ms = self._rate()
        needed_ms = min(cost_ms, allowed_ms)
        self._burst_ms = max(needed_ms, _BURST * allowed_ms)
        self._refill(now_ms)
        wait_ms = (needed_ms - self._credit_ms) * target_ms / allowed_ms
        return min(wait_ms, self._since_last_ms(self._config.longest_wait_ms, now_ms))

    def _hurried(self, grant: Grant, speakers: int, readers: int, now_ms: float) -> Grant:
        """Return the grant, or another that keeps the floor.

        A call that comes before its time makes a frame late, so that it may as well do more than the smallest
        one: fewer frames are late then for the same tokens. Every fourth stays small, to see whether that fits.
        """
        floor = self._config.floor_tokens_per_s
        self._is_forced = False
        if not floor:
            return grant
        is_small = self._forced % _SMALL_EVERY == 0
        other = grant if is_small else self._choose(speakers, readers, self._rate()[1])[0]
        wait_ms = self._since_last_ms(1000 * max(1, other.rows) / floor, now_ms)
        if wait_ms >= grant.wait_ms:
            return grant
        self._is_forced = not is_small
        return replace(other, wait_ms=wait_ms)

    def _since_last_ms(self, apart_ms: float, now_ms: float) -> float:
        """Return how long to wait so that calls begin so far apart; 0 when it was as long already."""
        return max(0.0, self._spans[-1].start_ms + apart_ms - now_ms) if self._spans else 0.0

    def _refill(self, now_ms: float) -> None:
        allowed_ms, target_ms = self._rate()
        elapsed_ms = max(0.0, now_ms - self._credit_at_ms)
        self._credit_at_ms = max(self._credit_at_ms, now_ms)
        self._credit_ms = min(self._credit_ms + elapsed_ms * allowed_ms / target_ms, self._burst_ms)

    def _rate(self) -> tuple[float, float]:
        """Return the milliseconds that the model may use, and out of how many."""
        if self._hint is None or self._allowance.ms <= 0:
            share = 1.0 if self._config.device == "cpu" else self._config.unhinted_share
            return _UNHINTED_TARGET_MS * share, _UNHINTED_TARGET_MS
        return self._allowance.ms, self._hint.target_ms

    @property
    def _is_pacing(self) -> bool:
        if not self._config.is_on:
            return False
        return self._config.device == "gpu" or (self._hint is not None and not self._allowance.is_full)

    # What is remembered

    def _new_allowance(self) -> Allowance:
        is_on_cpu = self._config.device == "cpu"
        least = self._config.cpu_least_share if is_on_cpu else 0.0
        return Allowance(late_share=self._config.late_share, starts_full=is_on_cpu, least_share=least)

    def _note_demand(self, speakers: int, now_ms: float) -> None:
        if now_ms - self._asked_ms > self._config.longest_wait_ms + _PAUSE_MS or speakers > 0 >= self._speakers:
            self._demand_since_ms = now_ms
        self._asked_ms, self._speakers = now_ms, speakers
        self._recent.forget_old(now_ms)
        if self._hint is not None:
            expires_ms = max(self._config.hint_expires_ms, 10 * self._hint.target_ms)
            if now_ms - self._hinted_ms > expires_ms:
                self._hint = None
        self._is_starving = self._starves(now_ms)

    def _starves(self, now_ms: float) -> bool:
        if not self._speakers or now_ms - self._demand_since_ms < _RATE_WINDOW_MS:
            return False
        floor = max(self._config.floor_tokens_per_s * _MET_FLOOR, self._config.starving_tokens_per_s)
        return 1000 * self._recent.sums().spoken / _RATE_WINDOW_MS < floor
