"""Requests that have not ended, as the one who answers for them keeps them while the engine comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from time import perf_counter

from npc_sdk.engine.request import Ended, EndReason, EngineCost, Event, Failed, Request, Scored, TokensOut
from npc_sdk.errors import NpcError, StateError


def model_changed() -> StateError:
    """Return the error of a request whose tokens are another model's."""
    return StateError(
        "The model was changed, and the request holds the tokens of the one before.",
        "Ask again: tokenize with the engine's present tokenizer.",
        code="model_changed",
    )


@dataclass(slots=True)
class LiveRequest:
    """One request, when it came, and what it gave out so far."""

    request: Request
    submitted: float
    generated: list[int] = field(default_factory=list)
    has_crashed: bool = False
    is_cancelled: bool = False

    def again(self) -> Request:
        """Return the request as another engine must run it to go on where it was."""
        return replace(self.request, generated=self.request.generated + tuple(self.generated))

    def is_late(self, now: float) -> bool:
        """Tell whether its deadline has passed."""
        limit = self.request.deadline_ms
        return limit is not None and now >= self.submitted + limit / 1000

    def cost(self, now: float) -> EngineCost:
        """Return the figures that are known outside of an engine."""
        return EngineCost(total_ms=(now - self.submitted) * 1000, tokens_sampled=len(self.generated))


class LiveRequests:
    """The book of them; each leaves it exactly once, with the event that ends it.

    Not thread safe: whoever owns it holds a lock.

    Args:
        clock: Seconds, the clock of the submissions.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._live: dict[int, LiveRequest] = {}

    def __len__(self) -> int:
        return len(self._live)

    def __contains__(self, request_id: int) -> bool:
        return request_id in self._live

    def get(self, request_id: int) -> LiveRequest | None:
        """Return a request, or None when it ended or never came."""
        return self._live.get(request_id)

    def all(self) -> list[LiveRequest]:
        """Return every request, in the order in which they came."""
        return list(self._live.values())

    def add(self, request: Request, submitted: float | None = None) -> Failed | None:
        """Take in a request; returns its end when the id is taken."""
        if request.id in self._live:
            error = StateError(f"Request {request.id} runs already.", "Use a new id.", code="duplicate_request")
            return Failed(request.id, error, EngineCost())
        self._live[request.id] = LiveRequest(request, self._clock() if submitted is None else submitted)
        return None

    def note(self, event: Event) -> bool:
        """Keep the book of an event of the engine; False when it is about a request that ended already."""
        if isinstance(event, (Ended, Failed)):
            return self._live.pop(event.id, None) is not None
        if isinstance(event, (TokensOut, Scored)):
            live = self._live.get(event.id)
            if live is not None and isinstance(event, TokensOut):
                live.generated += event.tokens
            return live is not None
        return True

    # Ends; each returns the events to report

    def cancel(self, request_id: int) -> list[Event]:
        """End a request with ``cancelled``; unknown ids are ignored."""
        live = self._live.get(request_id)
        return self._end([live] if live is not None else [], "cancelled")

    def forget(self, sequence: str) -> list[Event]:
        """End the requests of a sequence with ``cancelled``."""
        return self._end([live for live in self._live.values() if live.request.sequence == sequence], "cancelled")

    def expire(self) -> list[Event]:
        """End what is past its deadline."""
        now = self._clock()
        return self._end([live for live in self._live.values() if live.is_late(now)], "deadline")

    def close(self) -> list[Event]:
        """End everything with ``cancelled``."""
        return self._end(self.all(), "cancelled")

    def fail(self, error: NpcError, *, spared: Callable[[LiveRequest], bool] = lambda _: False) -> list[Event]:
        """End everything with an error, but as cancelled what was cancelled already.

        Args:
            error: Why.
            spared: Tells what goes on.
        """
        ended = [live for live in self._live.values() if live.is_cancelled or not spared(live)]
        events = self._end([live for live in ended if live.is_cancelled], "cancelled")
        now = self._clock()
        for live in self._taken(live for live in ended if not live.is_cancelled):
            events.append(Failed(live.request.id, error, live.cost(now)))
        return events

    def crashed(self, error: NpcError) -> list[Event]:
        """Note a crash: what lived through one before ends with the error, the rest may be run again."""
        events = self.fail(error, spared=lambda live: not live.has_crashed)
        for live in self._live.values():
            live.has_crashed = True
        return events

    def _end(self, ended: Iterable[LiveRequest], reason: EndReason) -> list[Event]:
        now = self._clock()
        return [Ended(live.request.id, reason, live.cost(now)) for live in self._taken(ended)]

    def _taken(self, ended: Iterable[LiveRequest]) -> list[LiveRequest]:
        return [self._live.pop(live.request.id) for live in list(ended)]
