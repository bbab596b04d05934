"""The decisions of all characters in one tick: asked together, over when all are there or the time is up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from npc_sdk.errors import DeadlineError, NpcError, StateError
from npc_sdk.runtime.check import checked_ms
from npc_sdk.runtime.clock import Clock, SystemClock
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.interface import OpenDecisionLike
from npc_sdk.tactics.ask import Ask, Choice, checked_scale, checked_weight
from npc_sdk.tactics.mix import best_index, log_shares, mixed_scores
from npc_sdk.tactics.sheet import CostSheet

BUDGET_MS = 100.0


@dataclass(slots=True)
class _Question:
    ask: Ask
    pending: OpenDecisionLike | None = None
    choice: Choice | None = None


class TacticalLoop:
    """Asks characters what they do next, tick by tick. It keeps nothing; safe to use from any thread.

    It works with the characters of a :class:`~npc_sdk.Runtime` and with those of a host.

    Args:
        budget_ms: How long the decisions of a tick may take; whoever has not decided then takes the default.
        utility_weight: How much the game's own scores count, from 0 (only the model) to 1 (only the game).
        utility_scale: The difference of two utilities that makes an option ``e`` times as likely.
        clock: What the budget is measured with; None is the machine's. A test with a
            :class:`npc_sdk.testing.FakeEngine` passes the engine's.

    Raises:
        RequestError: The budget is no positive number (``bad_duration``), nor is the scale (``bad_scale``), or
            the weight is none from 0 to 1 (``bad_weight``).
    """

    def __init__(
        self,
        *,
        budget_ms: float = BUDGET_MS,
        utility_weight: float = 0.0,
        utility_scale: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        self._budget_ms = checked_ms(budget_ms, default_ms=BUDGET_MS, what="budget_ms")
        self._scale = checked_scale(utility_scale)
        self._weight = checked_weight(utility_weight)
        self._clock = clock or SystemClock()

    @property
    def budget_ms(self) -> float:
        """How long the decisions of a tick may take."""
        return self._budget_ms

    def begin(self, asks: Iterable[Ask], *, budget_ms: float | None = None) -> Tick:
        """Ask all questions of a tick and return at once.

        A character that cannot be asked (it was despawned, the host's client is closed) takes its default; its
        choice tells the error.

        Args:
            asks: The questions, the most urgent first.
            budget_ms: How long this tick may take; None takes that of the loop.

        Raises:
            RequestError: The budget is no positive number (``bad_duration``).
        """
        due_ms = checked_ms(budget_ms, default_ms=self._budget_ms, what="budget_ms")
        return Tick(asks, budget_ms=due_ms, weight=self._weight, scale=self._scale, clock=self._clock)

    def run(self, asks: Iterable[Ask], *, budget_ms: float | None = None) -> Tick:
        """Ask all questions of a tick and wait until it is over; arguments and errors as for :meth:`begin`."""
        tick = self.begin(asks, budget_ms=budget_ms)
        tick.result()
        return tick


class Tick:
    """One tick: begun by :meth:`TacticalLoop.begin`. Not thread safe; owned by whoever began it.

    Args:
        asks: The questions.
        budget_ms: How long it may take.
        weight: How much utilities count.
        scale: That of the utilities.
        clock: Tells the time.
    """

    def __init__(self, asks: Iterable[Ask], *, budget_ms: float, weight: float, scale: float, clock: Clock) -> None:
        self._budget_ms, self._weight, self._scale, self._clock = budget_ms, weight, scale, clock
        self._began_ms = clock.now_ms()
        self._wall_ms: float | None = None
        self._questions = [_Question(ask) for ask in asks]
        for question in self._questions:
            self._begin(question)

    @property
    def is_over(self) -> bool:
        """Whether every choice is there; never waits. When the time is up, the missing ones are the defaults.

        With a host's characters, the client must be polled in between.
        """
        self._collect()
        if self._wall_ms is None and self._clock.now_ms() >= self._due_ms:
            self._close("deadline")
        return self._wall_ms is not None

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names of those who have not decided yet."""
        self._collect()
        return tuple(question.ask.npc.name for question in self._questions if question.choice is None)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What came of each question, in their order.

        Raises:
            StateError: The tick is not over (``tick_runs``).
        """
        if not self.is_over:
            raise StateError("The tick is not over.", "Ask is_over first, or wait with result().", code="tick_runs")
        return tuple(question.choice for question in self._questions if question.choice is not None)

    @property
    def sheet(self) -> CostSheet:
        """What the tick took; ``StateError`` (``tick_runs``) while it is not over."""
        choices = self.choices
        return CostSheet.of_tick(choices, wall_ms=self._wall_ms or 0.0, budget_ms=self._budget_ms)

    def result(self) -> tuple[Choice, ...]:
        """Wait until the tick is over, at most until its time is up, and return what came of each question."""
        for question in self._questions:
            if question.pending is None or self._wall_ms is not None:
                continue
            try:
                # A clock that is moved by hand ends the wait itself, at the decision's own deadline.
                question.pending.result(self._clock.seconds_until(self._due_ms))
            except DeadlineError:
                self._collect()
                self._close("deadline")
        self._collect()
        return self.choices

    def cancel(self) -> None:
        """End the tick now; the missing choices are the defaults."""
        self._collect()
        self._close("cancelled")

    @property
    def _due_ms(self) -> float:
        return self._began_ms + self._budget_ms

    def _begin(self, question: _Question) -> None:
        ask = question.ask
        if len(ask.options) == 1:
            question.choice = Choice(ask=ask, option=ask.options[0], index=0, source="game", why="only")
        elif ask.utilities is not None and self._weight_of(ask) >= 1.0:
            scores = log_shares(ask.utilities, self._scale)
            index = best_index(scores)
            question.choice = Choice(
                ask=ask, option=ask.options[index], index=index, source="game", why="utility", scores=scores
            )
        else:
            self._ask(question)

    def _ask(self, question: _Question) -> None:
        ask = question.ask
        try:
            question.pending = ask.npc.begin_decision(
                ask.situation, ask.options, deadline_ms=self._budget_ms, default=ask.options[ask.default_index]
            )
        except NpcError as error:  # one character must not keep the others from their tick
            question.choice = self._default(ask, error.code, error)

    def _weight_of(self, ask: Ask) -> float:
        return self._weight if ask.weight is None else ask.weight

    def _collect(self) -> None:
        """Take the decisions that are there; once all are, the tick is over."""
        if self._wall_ms is not None:
            return
        for question in self._questions:
            if question.choice is None and question.pending is not None:
                decision = question.pending.decision
                if decision is not None:
                    question.choice = self._chosen(question.ask, decision)
        if all(question.choice is not None for question in self._questions):
            self._wall_ms = self._clock.now_ms() - self._began_ms

    def _close(self, why: str) -> None:
        """Take the defaults for what is not there."""
        if self._wall_ms is not None:
            return
        for question in self._questions:
            if question.choice is None:
                question.choice = self._default(question.ask, why, None)
                if question.pending is not None:
                    question.pending.cancel()
        self._wall_ms = self._clock.now_ms() - self._began_ms

    def _chosen(self, ask: Ask, decision: Decision) -> Choice:
        if decision.source != "model":
            return self._default(ask, decision.why, decision.error, decision)
        shares = [decision.probabilities.get(option, 0.0) for option in ask.options]
        scores = mixed_scores(shares, ask.utilities, weight=self._weight_of(ask), scale=self._scale)
        index = best_index(scores)
        return Choice(
            ask=ask,
            option=ask.options[index],
            index=index,
            source="model",
            why=decision.why,
            latency_ms=decision.cost.total_ms,
            scores=scores,
            cost=decision.cost,
        )

    def _default(self, ask: Ask, why: str, error: NpcError | None, decision: Decision | None = None) -> Choice:
        waited_ms = self._clock.now_ms() - self._began_ms
        index = ask.default_index
        return Choice(
            ask=ask,
            option=ask.options[index],
            index=index,
            source="fallback",
            why=why,
            latency_ms=waited_ms if decision is None else decision.cost.total_ms,
            cost=None if decision is None else decision.cost,
            error=error,
        )
