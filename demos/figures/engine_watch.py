"""Knows how a host's engine is, from its news and from its figures, whichever comes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..drawing.gauges import EngineState
from .checked import part, whole

_STALE_MS = 1500.0


class EngineWatch:
    """Takes news and figures of one host. Not thread safe.

    Attributes:
        pid: The engine's process, the last one that was heard of; None before.
        restarts: How often it was started again.
    """

    def __init__(self) -> None:
        self.pid: int | None = None
        self.restarts = 0
        self._is_told_down = False
        self._is_seen_gone = False
        self._is_final = False
        self._is_lost = False
        self._up_ms = -1e12
        self._usual: EngineState = "starting"

    @property
    def state(self) -> EngineState:
        """How it is."""
        if self._is_lost or self._is_final:
            return "lost"
        # Where the governor has switched the engine off, or is changing it, its process may be gone for good reason.
        is_gone = self._is_seen_gone and self._usual not in ("changing", "away")
        return "down" if self._is_told_down or is_gone else self._usual

    @property
    def is_final(self) -> bool:
        """Whether the engine has ended and is not started again."""
        return self._is_final

    @property
    def is_running(self) -> bool:
        """Whether there is an engine that holds memory."""
        return self.state in ("up", "changing")

    def news(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Take news: ``engine_down``, ``engine_up``, ``host_lost``, ``host_found`` or ``stopped``."""
        if kind == "engine_down":
            self._is_told_down = True
            self._is_final = data.get("is_final") is True
        elif kind == "engine_up":
            self._rise()
            self._up_ms = now_ms
            self._count(whole(data.get("restarts")))
        elif kind in ("host_lost", "stopped"):
            self._is_lost = True
        elif kind == "host_found":
            self._is_lost = False
            if data.get("is_resumed") is not True:
                self._rise()
                self.restarts = 0

    def take(self, status: Mapping[str, Any], now_ms: float) -> None:
        """Take figures; they may be older than the last news."""
        engine = part(status, "engine")
        restarts, pid = whole(part(status, "stats").get("restarts")), whole(engine.get("process_id")) or None
        is_other = pid is not None and pid != self.pid
        is_there = bool(engine) and not _is_gone(status, pid)
        if self._is_told_down and is_there and (is_other or (restarts or 0) > self.restarts):
            # The news that it works again was lost.
            self._rise()
        # Figures that were taken just before it worked again come just after that.
        self._is_seen_gone = not is_there and pid is not None and now_ms - self._up_ms > _STALE_MS
        self._count(restarts)
        self.pid = pid or self.pid
        self._is_final = self._is_final or bool(part(status, "down"))
        self._usual = _usual(status, self._usual)

    def _rise(self) -> None:
        self._is_told_down = self._is_seen_gone = self._is_final = False

    def _count(self, restarts: int | None) -> None:
        # Figures may be older than the news that counted one more.
        self.restarts = max(self.restarts, restarts or 0)


def _usual(status: Mapping[str, Any], before: EngineState) -> EngineState:
    budget = part(status, "budget")
    if budget.get("is_changing") is True:
        return "changing"
    if budget.get("is_governed") is True and whole(budget.get("rungs")) and not part(budget, "plan"):
        return "away"
    if part(status, "engine"):
        return "up"
    return before


def _is_gone(status: Mapping[str, Any], pid: int | None) -> bool:
    """Return whether the host has the number of a process and the system knows none of that number that lives."""
    memory = part(status, "memory")
    return pid is not None and "engine_bytes" in memory and not whole(memory["engine_bytes"])
