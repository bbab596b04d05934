"""What a turn or a decision took: the figures that every one of them carries."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from npc_sdk.engine.request import EngineCost

Source: TypeAlias = Literal["model", "cut", "fallback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCost:
    """The prompt: tokens whose state was kept, tokens that were read, and the time for those."""

    cached: int = 0
    new: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeCost:
    """The answer: tokens that were drawn, tokens without a choice, and the time for both."""

    sampled: int = 0
    forced: int = 0
    ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a turn or a decision took; times in milliseconds, counts in tokens.

    Args:
        queue_ms: Waiting for a slot.
        read: The prompt.
        first_token_ms: From the call to the first token, None when there was none.
        decode: The answer.
        total_ms: From the call to the end.
        deadline_ms: The deadline that held, counted from the call.
        source: Who the answer is from: the ``model``, the model ``cut`` short, or a ``fallback``.
        why: What ended it (see :class:`npc_sdk.runtime.events.TurnEnd`).
        requests: How often the engine was asked; more than one when a character went on after an action.
        state_from: Where the cached part of the prompt came from (``slot``, ``fork``, ``memory``, ``disk``, ``none``).
        is_complete: False when the end came before the engine's own figures; tokens are then those
            that had arrived, and ``read`` is 0.
    """

    queue_ms: float = 0.0
    read: ReadCost = field(default_factory=ReadCost)
    first_token_ms: float | None = None
    decode: DecodeCost = field(default_factory=DecodeCost)
    total_ms: float = 0.0
    deadline_ms: float = 0.0
    source: Source = "model"
    why: str = "stop"
    requests: int = 0
    state_from: str = "none"
    is_complete: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return asdict(self)


class CostMeter:
    """Adds up what the requests of one turn took. Not thread safe; owned by its turn."""

    def __init__(self, *, started_ms: float, deadline_ms: float) -> None:
        self._started_ms = started_ms
        self._deadline_ms = deadline_ms
        self._first_ms: float | None = None
        self._last_ms: float | None = None
        self._open_tokens = 0
        self._requests = 0
        self._ended: list[EngineCost] = []

    def asked(self) -> None:
        """Count a request."""
        self._requests += 1
        self._open_tokens = 0

    def tokens(self, count: int, now_ms: float) -> None:
        """Count tokens as they arrive."""
        self._open_tokens += count
        self._last_ms = now_ms
        if self._first_ms is None:
            self._first_ms = now_ms

    def ended(self, cost: EngineCost) -> None:
        """Take the engine's own figures of a request."""
        self._ended.append(cost)
        self._open_tokens = 0

    def close(self, *, source: Source, why: str, now_ms: float) -> Cost:
        """Return the sum."""
        first_ms = None if self._first_ms is None else self._first_ms - self._started_ms
        return Cost(
            queue_ms=sum(cost.queue_ms for cost in self._ended),
            read=ReadCost(
                cached=sum(cost.tokens_cached for cost in self._ended),
                new=sum(cost.tokens_read for cost in self._ended),
                ms=sum(cost.read_ms for cost in self._ended),
            ),
            first_token_ms=first_ms,
            decode=self._decode(),
            total_ms=now_ms - self._started_ms,
            deadline_ms=self._deadline_ms,
            source=source,
            why=why,
            requests=self._requests,
            state_from=self._ended[0].state_from if self._ended else "none",
            is_complete=len(self._ended) == self._requests,
        )

    def _decode(self) -> DecodeCost:
        open_ms = 0.0
        if self._open_tokens and self._last_ms is not None and self._first_ms is not None:
            open_ms = self._last_ms - self._first_ms
        return DecodeCost(
            sampled=sum(cost.tokens_sampled for cost in self._ended) + self._open_tokens,
            forced=sum(cost.tokens_forced for cost in self._ended),
            ms=sum(cost.decode_ms for cost in self._ended) + open_ms,
        )
