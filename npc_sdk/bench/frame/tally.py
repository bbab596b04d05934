"""What the characters got done while the frames were drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from npc_sdk.bench.frame.times import TARGET_MS, quantile


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts of one run. Not thread safe.

    Args:
        deadline_ms: When a decision must be there.
        tokens: Tokens that were spoken.
        read: Tokens of prompts that were read.
        replies: Answers by the model that came to their end, cut or whole.
        fallbacks: Answers that were not by the model.
        decisions: Decisions that are over.
        in_time: Those of them that the model made and the game had by the frame of their deadline.
        waits_ms: How long each of the model's decisions took.
    """

    deadline_ms: float
    tokens: int = 0
    read: int = 0
    replies: int = 0
    fallbacks: int = 0
    decisions: int = 0
    in_time: int = 0
    waits_ms: list[float] = field(default_factory=list)

    def replied(self, *, is_by_model: bool, tokens: int, read: int = 0) -> None:
        """Count an answer."""
        self.tokens += tokens
        self.read += read
        self.replies += is_by_model
        self.fallbacks += not is_by_model

    def decided(self, took_ms: float, *, is_by_model: bool, read: int = 0) -> None:
        """Count a decision."""
        self.read += read
        self.decisions += 1
        if is_by_model:
            self.waits_ms.append(took_ms)
            self.in_time += took_ms <= self.deadline_ms + TARGET_MS

    def to_dict(self, seconds: float) -> dict[str, Any]:
        """Return the figures of a run of so many seconds as plain data."""
        ordered = sorted(self.waits_ms)
        rate = 1 / seconds if seconds > 0 else 0.0
        return {
            "tokens_per_s": self.tokens * rate,
            "read_per_s": self.read * rate,
            "replies_per_s": self.replies * rate,
            "replies": self.replies,
            "fallbacks": self.fallbacks,
            "decisions": self.decisions,
            "in_time": self.in_time,
            "in_time_share": self.in_time / self.decisions if self.decisions else None,
            "deadline_ms": self.deadline_ms,
            "decision_p50_ms": quantile(ordered, 0.5) if ordered else None,
            "decision_p99_ms": quantile(ordered, 0.99) if ordered else None,
        }
