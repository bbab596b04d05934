"""Figures over the last while: how fast characters answer, how the game's frames are doing, who holds which memory."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

import psutil

from npc_sdk.budget.frame import MODES
from npc_sdk.wire import messages as m

WINDOW_MS: Final = 60_000.0
MOST_TURNS: Final = 512
SPEED_MS: Final = 5000.0
FRAME_MS: Final = 5000.0
_SAMPLE_MS: Final = 200.0


class Gauges:
    """Remembers what a host has done of late; every method may be called from any thread and returns at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._firsts: deque[tuple[float, float]] = deque(maxlen=MOST_TURNS)
        self._ended: Counter[str] = Counter()
        self._decoded: deque[tuple[float, int]] = deque()
        self._frame: m.Frame | None = None
        self._frame_ms = 0.0
        self._hints = 0

    def hint(self, frame: m.Frame, now_ms: float) -> None:
        """Take what the game says of its frames."""
        with self._lock:
            self._frame, self._frame_ms = frame, now_ms
            self._hints += 1

    def ended(self, source: str, cost: Mapping[str, Any], now_ms: float) -> None:
        """Take the end of a turn or a decision."""
        first_ms = cost.get("first_token_ms")
        with self._lock:
            self._ended[source] += 1
            if isinstance(first_ms, (int, float)) and source != "fallback":
                self._firsts.append((now_ms, float(first_ms)))

    def completed(self, figures: Mapping[str, Any], now_ms: float) -> dict[str, Any]:
        """Return figures of a runtime together with what is remembered here.

        Args:
            figures: As :class:`npc_sdk.wire.figures.Figures` gives them.
            now_ms: The time now.
        """
        stats = figures.get("stats") or {}
        with self._lock:
            speed = self._speed(int(stats.get("decode_tokens", 0)), now_ms)
            recent = {"tokens_per_s": speed, "first_token_ms": self._first_tokens(now_ms), "ended": dict(self._ended)}
            frame = self._frame_figures(now_ms)
        return {**figures, "recent": recent, "frame": frame, "memory": _memory(figures)}

    def _speed(self, decoded: int, now_ms: float) -> float:
        samples = self._decoded
        if samples and decoded < samples[-1][1]:
            # An engine that was started again counts from nothing.
            samples.clear()
        if not samples or now_ms - samples[-1][0] >= _SAMPLE_MS:
            samples.append((now_ms, decoded))
        while len(samples) > 2 and now_ms - samples[0][0] > SPEED_MS:
            samples.popleft()
        spent_ms = now_ms - samples[0][0]
        return round((decoded - samples[0][1]) * 1000.0 / spent_ms, 3) if spent_ms > 0 else 0.0

    def _first_tokens(self, now_ms: float) -> dict[str, Any]:
        while self._firsts and now_ms - self._firsts[0][0] > WINDOW_MS:
            self._firsts.popleft()
        times = sorted(first_ms for _, first_ms in self._firsts)
        return {"count": len(times), "p50": quantile(times, 0.5), "p95": quantile(times, 0.95)}

    def _frame_figures(self, now_ms: float) -> dict[str, Any] | None:
        frame = self._frame
        if frame is None or now_ms - self._frame_ms > FRAME_MS:
            return None
        return {
            "target_ms": frame.target_ms,
            "measured_ms": frame.measured_ms,
            # Anybody may watch, and a client may send any text.
            "mode": frame.mode if frame.mode in MODES else "explore",
            "hints": self._hints,
        }


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value that a share of all does not exceed, or None of nothing.

    Args:
        ordered: Smallest first.
        share: From 0 to 1.
    """
    if not ordered:
        return None
    return round(ordered[max(0, ceil(share * len(ordered)) - 1)], 3)


def _memory(figures: Mapping[str, Any]) -> dict[str, Any]:
    engine, stats, budget = (figures.get(name) or {} for name in ("engine", "stats", "budget"))
    process_id = engine.get("process_id") or None
    return {
        "host_bytes": _resident_bytes(None),
        "engine_bytes": None if process_id is None else _resident_bytes(process_id),
        "context_bytes": stats.get("context_bytes"),
        "device_bytes": engine.get("device_bytes"),
        "parked_bytes": stats.get("parked_bytes"),
        "budget_bytes": budget.get("room_bytes"),
        "reserve_bytes": budget.get("reserve_bytes"),
    }


def _resident_bytes(process_id: int | None) -> int | None:
    try:
        return int(psutil.Process(process_id).memory_info().rss)
    except psutil.Error:
        return None
