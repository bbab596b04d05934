"""What the decisions of a tick, or of many ticks, took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import Self

from npc_sdk.tactics.ask import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSheet:
    """Figures of one tick, or of several put together; times in milliseconds, counts in tokens.

    Args:
        ticks: How many ticks.
        sources: How many choices came from where (``model``, ``fallback``, ``game``).
        reasons: How often each ``why`` came.
        latencies_ms: Of each choice that the model made.
        walls_ms: Of each tick, from the first question to its end.
        budget_ms: What the last tick was allowed.
        ticks_over_budget: Ticks that took longer than they were allowed, by more than a millisecond.
        read_tokens: Tokens of prompts that were read.
        cached_tokens: Tokens of prompts whose state was kept.
        queue_ms: Waiting for a slot, all choices together.
    """

    ticks: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    latencies_ms: tuple[float, ...] = ()
    walls_ms: tuple[float, ...] = ()
    budget_ms: float = 0.0
    ticks_over_budget: int = 0
    read_tokens: int = 0
    cached_tokens: int = 0
    queue_ms: float = 0.0

    @classmethod
    def of_tick(cls, choices: Sequence[Choice], *, wall_ms: float, budget_ms: float) -> Self:
        """Return the figures of one tick.

        Args:
            choices: What came of its questions.
            wall_ms: How long it took.
            budget_ms: How long it was allowed to take.
        """
        costs = [choice.cost for choice in choices if choice.cost is not None]
        return cls(
            ticks=1,
            sources=Counter(choice.source for choice in choices),
            reasons=Counter(choice.why for choice in choices),
            latencies_ms=tuple(choice.latency_ms for choice in choices if choice.source == "model"),
            walls_ms=(wall_ms,),
            budget_ms=budget_ms,
            ticks_over_budget=int(wall_ms > budget_ms + 1.0),
            read_tokens=sum(cost.read.new for cost in costs),
            cached_tokens=sum(cost.read.cached for cost in costs),
            queue_ms=sum(cost.queue_ms for cost in costs),
        )

    @classmethod
    def total(cls, sheets: Iterable[CostSheet]) -> Self:
        """Return the figures of several sheets together."""
        listed = list(sheets)
        return cls(
            ticks=sum(sheet.ticks for sheet in listed),
            sources=_added(sheet.sources for sheet in listed),
            reasons=_added(sheet.reasons for sheet in listed),
            latencies_ms=tuple(latency for sheet in listed for latency in sheet.latencies_ms),
            walls_ms=tuple(wall for sheet in listed for wall in sheet.walls_ms),
            budget_ms=listed[-1].budget_ms if listed else 0.0,
            ticks_over_budget=sum(sheet.ticks_over_budget for sheet in listed),
            read_tokens=sum(sheet.read_tokens for sheet in listed),
            cached_tokens=sum(sheet.cached_tokens for sheet in listed),
            queue_ms=sum(sheet.queue_ms for sheet in listed),
        )

    @property
    def asked(self) -> int:
        """How often the model was asked."""
        return self.sources.get("model", 0) + self.sources.get("fallback", 0)

    @property
    def by_deadline(self) -> float:
        """The share of questions to the model that it answered in time; 1 when it was not asked."""
        return self.sources.get("model", 0) / self.asked if self.asked else 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data, with medians and high percentiles instead of every time."""
        return {
            "ticks": self.ticks,
            "asked": self.asked,
            "by_deadline": round(self.by_deadline, 4),
            "sources": dict(self.sources),
            "reasons": dict(self.reasons),
            "latency_ms": _spread(self.latencies_ms),
            "wall_ms": _spread(self.walls_ms),
            "budget_ms": self.budget_ms,
            "ticks_over_budget": self.ticks_over_budget,
            "read_tokens": self.read_tokens,
            "cached_tokens": self.cached_tokens,
            "queue_ms": round(self.queue_ms, 3),
        }


def _added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    last = len(ordered) - 1
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[round(share * last)], 3) for name, share in shares.items()}
