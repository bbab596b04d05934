"""Collects what the overlay shows: from the game's frames, from its decisions, and from what a host says."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import psutil

from ..drawing.gauges import Gauges, Memory
from .checked import number, part, size_bytes, text, whole
from .engine_watch import EngineWatch
from .memory_share import memory_share
from .step_words import step_words

FRAMES_KEPT = 240
DECISIONS_KEPT = 60
_MOST_RUNGS = 256
_UNASKED = ("game", "said")
_STEP_FIELDS = ("from_index", "to_index", "cause", "words", "took_ms")


class Figures:
    """Takes figures as they come, and returns them together at any moment.

    Nothing that a host says can make it fail: what is missing, of another shape or of a later version is passed over.
    Not thread safe.

    Args:
        target_ms: What a frame may take.
        decision_limit_ms: What a decision may take; None when not known.
        own_bytes: Returns the memory of the game's own process; None asks the system.

    Attributes:
        is_paced: Whether the model yields to the frame; the game sets it.
    """

    def __init__(
        self,
        *,
        target_ms: float = 1000 / 60,
        decision_limit_ms: float | None = None,
        own_bytes: Callable[[], int] | None = None,
    ) -> None:
        self.is_paced = True
        self._target_ms = target_ms
        self._limit_ms = decision_limit_ms
        self._own_bytes = own_bytes or _resident_bytes
        self._frames: deque[float] = deque(maxlen=FRAMES_KEPT)
        self._shown_ms: deque[float] = deque()
        self._count = self._late = 0
        self._decisions: deque[tuple[float, bool]] = deque(maxlen=DECISIONS_KEPT)
        self._decided = self._in_time = 0
        self._sources: Counter[str] = Counter()
        self._thinking: tuple[str, ...] = ()
        self._spoiled: Counter[str] = Counter()
        self._engine = EngineWatch()
        self._status: Mapping[str, Any] = {}
        self._memory = Memory()
        self._began_ms: float | None = None
        self._ladder: dict[int, Mapping[str, Any]] = {}
        self._step: Mapping[str, Any] = {}
        self._former_step: Mapping[str, Any] = {}
        self._step_words = ""
        self._step_ms: float | None = None
        self._step_reserve = 0

    # What the game knows.

    def frame(self, work_ms: float, now_ms: float) -> None:
        """Take a frame: how long it took without waiting for the next, and when it was shown."""
        took_ms = number(work_ms)
        if took_ms is None:
            return
        self._begin(now_ms)
        self._frames.append(max(0.0, took_ms))
        self._count += 1
        self._late += took_ms > self._target_ms
        self._shown_ms.append(now_ms)
        self._forget_frames(now_ms)

    def decided(self, latency_ms: float | None, source: str, in_time: bool) -> None:
        """Take a decision.

        Args:
            latency_ms: How long it took; None when nobody was asked.
            source: ``model``, ``fallback``, ``game`` or ``said``; it counts among the answers.
            in_time: Whether it came by its deadline. What nobody was asked for counts neither way.
        """
        self.answered(source)
        took_ms = number(latency_ms)
        if source in _UNASKED or took_ms is None:
            return
        self._decisions.append((max(0.0, took_ms), in_time))
        self._decided += 1
        self._in_time += bool(in_time)

    def answered(self, source: str) -> None:
        """Take an answer that was no decision, such as the end of a turn: ``model``, ``fallback``, ``said`` ..."""
        if source:
            self._sources[source] += 1

    def spoiled(self, *, invalid: int = 0, stale: int = 0) -> None:
        """Take actions that could not be done: against the rules, or too late to count."""
        self._spoiled["invalid"] += invalid
        self._spoiled["stale"] += stale

    def thinking(self, labels: Iterable[str]) -> None:
        """Take who is thinking now."""
        self._thinking = tuple(labels)

    # What the host says.

    def take_status(self, status: Mapping[str, Any], now_ms: float) -> None:
        """Take a host's figures, from ``client.status()`` or from its telemetry; a few times a second is enough."""
        status = part(status)
        self._begin(now_ms)
        is_first, self._status = not self._status, status
        self._engine.take(status, now_ms)
        self._memory = memory_share(status, self._own_bytes(), is_up=self._engine.is_running)
        budget = part(status, "budget")
        self._learn(budget.get("index"), part(budget, "plan"))
        self._take_step(part(budget, "last_step"), None if is_first else now_ms)

    def news(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Take news of the host (``HostNews``), or of the connection.

        Args:
            kind: ``engine_down``, ``engine_up`` or ``budget_step``; ``host_lost``, ``host_found`` or ``stopped``
                for events of the client; others are passed over.
            data: What there is to say about it.
            now_ms: When.
        """
        self._begin(now_ms)
        data = part(data)
        self._engine.news(kind, data, now_ms)
        if kind == "budget_step":
            self._take_step(data, now_ms)
        elif kind == "host_found" and data.get("is_resumed") is not True:
            self._ladder = {}
        if not self._engine.is_running:
            self._memory = memory_share(self._status, self._own_bytes(), is_up=False)

    def _learn(self, index: object, rung: Mapping[str, Any]) -> None:
        """Keep what a rung of the governor's ladder is, so that a step from or to it can be told in words."""
        place = whole(index)
        if place is not None and (place in self._ladder or len(self._ladder) < _MOST_RUNGS):
            self._ladder[place] = rung

    def _take_step(self, step: Mapping[str, Any], now_ms: float | None) -> None:
        """Take the last step; it comes as news and with all figures after that."""
        if not step or _is_same(step, self._former_step):
            # Figures may be older than the news.
            return
        if not _is_same(step, self._step):
            self._former_step, self._step_ms, self._step_reserve = self._step, now_ms, 0
        if "rung" in step:
            self._learn(step.get("to_index"), part(step, "rung"))
        self._step = step
        self._step_reserve = self._step_reserve or size_bytes(part(self._status, "budget").get("reserve_bytes"))
        self._step_words = self._timed(
            step_words(step, self._rung(step, "from_index"), self._rung(step, "to_index"), self._step_reserve)
        )

    def _rung(self, step: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
        place = whole(step.get(name))
        return None if place is None else self._ladder.get(place)

    def _timed(self, words: str) -> str:
        if self._step_ms is None:
            return words
        seconds = int(max(0.0, self._step_ms - (self._began_ms or 0.0)) // 1000)
        return f"{seconds // 60:02}:{seconds % 60:02} {words}"

    # Together.

    def gauges(self, now_ms: float) -> Gauges:
        """Return everything at a moment; costs a few microseconds."""
        self._forget_frames(now_ms)
        engine = self._engine
        return Gauges(
            at_ms=now_ms,
            frames_ms=tuple(self._frames),
            late_frames=self._late,
            frames=self._count,
            target_ms=self._target_ms,
            fps=self._fps(now_ms),
            memory=self._memory,
            decision_ms=tuple(took_ms for took_ms, _ in self._decisions),
            decision_in_time=tuple(in_time for _, in_time in self._decisions),
            decision_limit_ms=self._limit_ms,
            by_deadline=self._in_time / self._decided if self._decided else None,
            tokens_per_s=self._tokens_per_s() if engine.is_running else 0.0,
            thinking=self._thinking,
            sources=dict(self._sources),
            slots=self._slots() if engine.is_running else None,
            engine=engine.state,
            engine_pid=engine.pid,
            restarts=engine.restarts,
            is_paced=self.is_paced,
            last_step=self._step_words,
            invalid=self._spoiled["invalid"],
            stale=self._spoiled["stale"],
            model=self._model(),
        )

    @property
    def has_no_engine(self) -> bool:
        """Whether the engine has ended for good: its host does not start it again."""
        return self._engine.is_final

    @property
    def is_lost(self) -> bool:
        """Whether there is nobody who could think: the host is gone, or the engine for good."""
        return self._engine.state == "lost"

    def _begin(self, now_ms: float) -> None:
        if self._began_ms is None:
            self._began_ms = now_ms

    def _forget_frames(self, now_ms: float) -> None:
        while self._shown_ms and self._shown_ms[0] <= now_ms - 1000.0:
            self._shown_ms.popleft()

    def _fps(self, now_ms: float) -> float:
        spent_ms = now_ms - (self._began_ms if self._began_ms is not None else now_ms)
        return len(self._shown_ms) * 1000.0 / min(1000.0, spent_ms) if spent_ms > 0 else 0.0

    def _tokens_per_s(self) -> float:
        recent = number(part(self._status, "recent").get("tokens_per_s"))
        read = number(part(self._status, "stats").get("tokens_per_s")) if recent is None else recent
        return max(0.0, read or 0.0)

    def _slots(self) -> int | None:
        slots = whole(part(self._status, "budget", "plan").get("slots"))
        return whole(part(self._status, "engine").get("slots")) if slots is None else slots

    def _model(self) -> str:
        planned = text(part(self._status, "budget", "plan").get("model_name"))
        return planned or text(part(self._status, "engine").get("model_name"))


def _is_same(step: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return bool(other) and all(step.get(name) == other.get(name) for name in _STEP_FIELDS)


def _resident_bytes() -> int:
    try:
        return int(psutil.Process().memory_info().rss)
    except psutil.Error:
        return 0
