"""What the battles of a tournament come to: win rates with their intervals, and what is promised of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from npc_sdk.bench.harness import Row

from .tournament import Outcome

# The least share of battles that the first of a pairing is to win.
LIMITS: Mapping[str, float] = {"model:random": 0.80, "model:utility": 0.45}
# Who does not answer in time does what the game thinks best; with many of these the game would win, not the model.
LEAST_IN_TIME = 0.95
_Z = 1.959964  # 95 % of a normal distribution lie within so many deviations


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Figures of one pairing, seen from its first.

    Args:
        pairing: Who fought whom.
        won: Battles won.
        drawn: Battles without a winner.
        lost: Battles lost.
        low: Lower end of the 95 % interval of the share of battles won.
        high: Its upper end.
        lead: Mean health that was left beyond that of the other side.
        ticks: Ticks of all battles.
        asked: How often the model was asked.
        by_deadline: The share of these that it answered in time.
        late_ticks: Ticks that took longer than they were allowed.
        latency_p50_ms: From question to answer.
        latency_p99_ms: The same, of the slowest in a hundred.
        invalid: Moves that the rules did not allow.
        stale: Actions that came too late to be legal.
        read_tokens: Tokens of prompts that were read.
        cached_tokens: Tokens of prompts whose state was kept.
    """

    pairing: str
    won: int
    drawn: int
    lost: int
    low: float
    high: float
    lead: float
    ticks: int
    asked: int
    by_deadline: float
    late_ticks: int
    latency_p50_ms: float
    latency_p99_ms: float
    invalid: int
    stale: int
    read_tokens: int
    cached_tokens: int

    @property
    def battles(self) -> int:
        """How many were fought."""
        return self.won + self.drawn + self.lost

    @property
    def rate(self) -> float:
        """The share of battles won; a draw is not won."""
        return self.won / self.battles

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is promised of this pairing."""
        counts = f"{self.won} won, {self.drawn} drawn, {self.lost} lost"
        won = Row(
            figure=1,
            case=self.pairing,
            name="battles won",
            value=self.rate,
            limit=LIMITS.get(self.pairing),
            is_at_least=True,
            detail=f"{counts}; {self.low:.1%} to {self.high:.1%}",
        )
        invalid = Row(figure=2, case=self.pairing, name="invalid actions", value=self.invalid, limit=0)
        in_time = Row(
            figure=3,
            case=self.pairing,
            name="decisions in time",
            value=self.by_deadline,
            limit=LEAST_IN_TIME,
            is_at_least=True,
        )
        return (won, invalid, in_time) if self.asked else (won, invalid)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return {**asdict(self), "battles": self.battles, "rate": self.rate}


def wilson(won: int, battles: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's formula.

    Args:
        won: How often.
        battles: Of how many, at least 1.
    """
    share, spread = won / battles, _Z * _Z / battles
    middle = share + spread / 2.0
    half = _Z * math.sqrt(share * (1.0 - share) / battles + spread / battles / 4.0)
    return max(0.0, (middle - half) / (1.0 + spread)), min(1.0, (middle + half) / (1.0 + spread))


def standing(pairing: str, outcomes: Sequence[Outcome]) -> Standing:
    """Return the figures of one pairing.

    Args:
        pairing: Its name.
        outcomes: Its battles, at least one.
    """
    results = Counter(outcome.result for outcome in outcomes)
    latencies = sorted(latency for outcome in outcomes for latency in outcome.latencies_ms) or [0.0]
    answered, missed = (sum(outcome.sources.get(name, 0) for outcome in outcomes) for name in ("model", "fallback"))
    low, high = wilson(results["won"], len(outcomes))
    return Standing(
        pairing=pairing,
        won=results["won"],
        drawn=results["drawn"],
        lost=results["lost"],
        low=low,
        high=high,
        lead=sum(outcome.lead for outcome in outcomes) / len(outcomes),
        ticks=sum(outcome.ticks for outcome in outcomes),
        asked=answered + missed,
        by_deadline=answered / (answered + missed) if answered + missed else 1.0,
        late_ticks=sum(outcome.late_ticks for outcome in outcomes),
        latency_p50_ms=latencies[round(0.5 * (len(latencies) - 1))],
        latency_p99_ms=latencies[round(0.99 * (len(latencies) - 1))],
        invalid=sum(outcome.invalid for outcome in outcomes),
        stale=sum(outcome.stale for outcome in outcomes),
        read_tokens=sum(outcome.read_tokens for outcome in outcomes),
        cached_tokens=sum(outcome.cached_tokens for outcome in outcomes),
    )


def standings(outcomes: Iterable[Outcome], pairings: Sequence[str]) -> tuple[Standing, ...]:
    """Return the figures of each pairing that has been fought at all, in their order."""
    listed = list(outcomes)
    by_pairing = {pairing: [each for each in listed if each.match.pairing == pairing] for pairing in pairings}
    return tuple(standing(pairing, fought) for pairing, fought in by_pairing.items() if fought)
