"""One choice among options: its value, and its life without threads and without a clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from npc_sdk.engine.request import Ended, Failed, Request, Scored, TokensOut
from npc_sdk.errors import NpcError, PromptError
from npc_sdk.runtime.cost import Cost, CostMeter, Source
from npc_sdk.runtime.plan import DecisionPlan
from npc_sdk.runtime.turn_machine import CancelRequest, Submit

MAX_OPTIONS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a character chose.

    Args:
        choice: The option, as the game wrote it.
        index: Its position among the options.
        probabilities: How likely the model holds each option, by option; equal shares for a fallback.
        source: ``model``, or ``fallback`` when the default was taken.
        why: ``scored``, or what kept the model from answering: ``deadline``, ``cancelled``, ``despawned``,
            ``closed`` or an error code.
        cost: What it took.
        error: The error behind ``why``, when there was one.
    """

    choice: str
    index: int
    probabilities: Mapping[str, float]
    source: Source
    why: str
    cost: Cost
    error: NpcError | None = None


DecisionOutput: TypeAlias = "Decision | Submit | CancelRequest"


def checked_options(options: Sequence[str], default: str | None) -> tuple[tuple[str, ...], int]:
    """Return the options and the position of the default (the first option when None).

    Raises:
        PromptError: ``bad_options``: fewer than 2 or more than 26, an empty one, two alike, or a
            default that is none of them.
    """
    if isinstance(options, str):
        raise _bad_options("The options are a single text.", options=1)
    listed = tuple(options)
    if not 2 <= len(listed) <= MAX_OPTIONS:
        raise _bad_options(f"A decision needs 2 to {MAX_OPTIONS} options, not {len(listed)}.", options=len(listed))
    if not all(isinstance(option, str) and option.strip() for option in listed):
        raise _bad_options("An option is empty or no text.", options=len(listed))
    if len(set(listed)) != len(listed):
        raise _bad_options("Two options are the same.", options=len(listed))
    if default is not None and default not in listed:
        raise _bad_options(f"The default {default!r:.80} is none of the options.", options=len(listed))
    return listed, 0 if default is None else listed.index(default)


def _bad_options(cause: str, *, options: int) -> PromptError:
    return PromptError(
        cause,
        "Pass a list of different, non-empty texts; the default is one of them.",
        code="bad_options",
        options=options,
        limit=MAX_OPTIONS,
    )


class DecisionMachine:
    """One decision. Not thread safe; owned by the runtime's thread.

    Args:
        plan: What the decision was asked about.
        next_id: Gives request ids that were never used before.
    """

    def __init__(self, plan: DecisionPlan, next_id: Callable[[], int]) -> None:
        self._plan = plan
        self._next_id = next_id
        self._request: Request | None = None
        self._scores: tuple[float, ...] | None = None
        self._decision: Decision | None = None
        self._meter = CostMeter(started_ms=plan.started_ms, deadline_ms=plan.deadline_ms)
        self._is_held = False

    @property
    def request_id(self) -> int | None:
        """The request that the engine works on."""
        return self._request.id if self._request is not None else None

    @property
    def is_held(self) -> bool:
        """Whether the decision waits to be asked again."""
        return self._is_held and self._decision is None

    @property
    def decision(self) -> Decision | None:
        """The decision, once it is there."""
        return self._decision

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` has something to do."""
        return None if self._decision is not None else self._plan.due_ms

    def start(self, now_ms: float) -> list[DecisionOutput]:
        """Begin: ask the engine, or take the default at once."""
        if self._plan.request is None:
            error = self._plan.error
            return self._fall_back(error.code if error is not None else "unavailable", now_ms, error)
        left_ms = max(0.0, self._plan.due_ms - now_ms)
        self._request = replace(self._plan.request, id=self._next_id(), deadline_ms=left_ms)
        self._meter.asked()
        return [Submit(self._request)]

    def engine(self, event: TokensOut | Scored | Ended | Failed, now_ms: float) -> list[DecisionOutput]:
        """Take an event of the engine; one that belongs to another request is ignored."""
        if self._decision is not None or self._request is None or event.id != self._request.id:
            return []
        if isinstance(event, Scored):
            self._scores = event.log_probabilities
        elif isinstance(event, Failed):
            self._meter.ended(event.cost)
            return self._fall_back(event.error.code, now_ms, event.error)
        elif isinstance(event, Ended):
            self._meter.ended(event.cost)
            return self._scored(event, now_ms)
        return []

    def hold(self, failed: Failed, now_ms: float) -> list[DecisionOutput]:
        """Take that the request was lost in a change of the engine: :meth:`ask_again` makes another."""
        if self._decision is None and self._request is not None and failed.id == self._request.id:
            self._meter.ended(failed.cost)
            self._request, self._is_held = None, True
        return []

    def ask_again(self, plan: DecisionPlan, now_ms: float) -> list[DecisionOutput]:
        """Begin anew after :meth:`hold`, with the same decision for the engine as it is now."""
        if not self.is_held:
            return []
        self._plan, self._is_held = plan, False
        return self.start(now_ms)

    def tick(self, now_ms: float) -> list[DecisionOutput]:
        """Let time pass: at the deadline the default is taken."""
        due_ms = self.next_ms()
        return [] if due_ms is None or now_ms < due_ms else self._end_early("deadline", now_ms, None)

    def cancel(self, why: str, now_ms: float, error: NpcError | None = None) -> list[DecisionOutput]:
        """Take the default now."""
        return [] if self._decision is not None else self._end_early(why, now_ms, error)

    def fail(self, error: NpcError, now_ms: float) -> list[DecisionOutput]:
        """Take the default because the engine is gone."""
        return self.cancel(error.code, now_ms, error)

    def _end_early(self, why: str, now_ms: float, error: NpcError | None) -> list[DecisionOutput]:
        cancelled = [CancelRequest(self._request.id)] if self._request is not None else []
        return [*cancelled, *self._fall_back(why, now_ms, error)]

    def _scored(self, event: Ended, now_ms: float) -> list[DecisionOutput]:
        scores = self._scores
        if scores is None or len(scores) != len(self._plan.options) or not any(map(math.isfinite, scores)):
            return self._fall_back(event.reason, now_ms, None)
        shares = [math.exp(score) if math.isfinite(score) else 0.0 for score in scores]
        total = sum(shares) or 1.0
        best = max(range(len(shares)), key=shares.__getitem__)
        return self._decide(best, [share / total for share in shares], "model", "scored", now_ms, None)

    def _fall_back(self, why: str, now_ms: float, error: NpcError | None) -> list[DecisionOutput]:
        count = len(self._plan.options)
        return self._decide(self._plan.default, [1.0 / count] * count, "fallback", why, now_ms, error)

    def _decide(
        self, index: int, shares: list[float], source: Source, why: str, now_ms: float, error: NpcError | None
    ) -> list[DecisionOutput]:
        self._decision = Decision(
            choice=self._plan.options[index],
            index=index,
            probabilities=dict(zip(self._plan.options, shares, strict=True)),
            source=source,
            why=why,
            cost=self._meter.close(source=source, why=why, now_ms=now_ms),
            error=error,
        )
        return [self._decision]
