"""A turn and a decision of a character that lives in a host: what comes in, and the end that always comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from npc_sdk.errors import NpcError
from npc_sdk.runtime.cost import Cost, Source
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.events import ActionCall, ActionDropped, Sentence, SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.runtime.mailbox import Log
from npc_sdk.wire import messages as m
from npc_sdk.wire import told

# Ends that somebody asked for; the player keeps what was said, and there is no error to tell.
ASKED_FOR = frozenset({"cancelled", "closed", "despawned", "interrupted"})
# Ends that the code alone explains.
_PLAIN = ASKED_FOR | {"deadline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """When something was asked, and how long it may take.

    Args:
        at_ms: When.
        deadline_ms: How long.
    """

    at_ms: float
    deadline_ms: float

    def cost(self, source: Source, why: str, now_ms: float, first_ms: float | None = None) -> Cost:
        """Return the figures of an end that the host did not tell."""
        return Cost(
            first_token_ms=None if first_ms is None else first_ms - self.at_ms,
            total_ms=now_ms - self.at_ms,
            deadline_ms=self.deadline_ms,
            source=source,
            why=why,
            requests=1,
            is_complete=False,
        )


class RemoteTurn:
    """One turn as it arrives. Not thread safe; owned by whoever holds the client's lock.

    Args:
        begun: When it began.
        fallback_line: What the character says when it cannot say anything else.
        answer: What :meth:`ActionCall.reply` calls.
        on_event: Gets each event after the log has it; None when nobody wants to be called.
    """

    def __init__(
        self,
        begun: Begun,
        fallback_line: Callable[[], str],
        answer: told.Answer,
        on_event: Callable[[TurnEvent], None] | None = None,
    ) -> None:
        self.log: Log[TurnEvent] = Log()
        self.end: TurnEnd | None = None
        self._begun = begun
        self._fallback_line = fallback_line
        self._answer = answer
        self._on_event = on_event
        self._text = ""
        self._whole = 0
        self._is_fallback = False
        self._first_ms: float | None = None
        self._calls = self._dropped = 0

    def take(self, event: m.EventBody, now_ms: float) -> None:
        """Take an event of the host."""
        known = told.turn_event(event, self._answer)
        if known is None or self.end is not None:
            return
        if isinstance(known, SpeechDelta):
            # A fallback line replaces what was said of an unfinished sentence; positions count in it.
            self._is_fallback = known.source == "fallback"
            self._text = known.text if self._is_fallback else self._text + known.text
            self._first_ms = now_ms if self._first_ms is None else self._first_ms
        elif isinstance(known, Sentence):
            self._whole = known.ends_at
        elif isinstance(known, ActionCall):
            self._calls += 1
        elif isinstance(known, ActionDropped):
            self._dropped += 1
        self._tell(known)

    def finish(self, result: m.TurnResult) -> None:
        """Take the end that the host tells."""
        self._finish(told.turn_end(result))

    def fail(self, code: str, error: NpcError | None, now_ms: float) -> None:
        """End without the host: with what stands, or with a fallback line.

        Args:
            code: Why.
            error: The error behind it.
            now_ms: The time.
        """
        if self.end is not None:
            return
        told_error = None if code in _PLAIN else error
        text = self._text if code in ASKED_FOR else self._text[: self._whole]
        if code in ASKED_FOR or text or self._calls:
            source: Source = "fallback" if self._is_fallback else "cut"
            self._finish_here(text, source, code, told_error, now_ms)
            return
        line = self._fallback_line()
        self._tell(SpeechDelta(text=line, source="fallback"))
        self._tell(Sentence(text=line, source="fallback", ends_at=len(line)))
        self._finish_here(line, "fallback", code, told_error, now_ms)

    def _finish_here(self, text: str, source: Source, why: str, error: NpcError | None, now_ms: float) -> None:
        self._finish(
            TurnEnd(
                text=text,
                source=source,
                why=why,
                cost=self._begun.cost(source, why, now_ms, self._first_ms),
                calls=self._calls,
                dropped=self._dropped,
                error=error,
            )
        )

    def _finish(self, end: TurnEnd) -> None:
        if self.end is None:
            self.end = end
            self._tell(end, is_last=True)
            # They hold whoever holds this turn.
            self._on_event, self._answer = None, _answer_to_nobody

    def _tell(self, event: TurnEvent, *, is_last: bool = False) -> None:
        self.log.append(event, is_last=is_last)
        if self._on_event is not None:
            self._on_event(event)


def _answer_to_nobody(action_id: str, result: str, may_continue: bool) -> None:
    """Take the answer to an action of a turn that is over; no such action is told any more."""


class RemoteDecision:
    """One decision as it arrives. Not thread safe; owned by whoever holds the client's lock.

    Args:
        begun: When it began.
        options: What can be chosen.
        default: Position of what is chosen without the model.
    """

    def __init__(self, begun: Begun, options: Sequence[str], default: int) -> None:
        self.log: Log[Decision] = Log()
        self._begun = begun
        self._options = tuple(options)
        self._default = default

    def finish(self, result: m.DecisionResult, now_ms: float) -> None:
        """Take what the host tells."""
        decided = told.decision(result, self._options)
        if decided is None:
            self.fail("bad_message", None, now_ms)
            return
        self.log.append(decided, is_last=True)

    def fail(self, code: str, error: NpcError | None, now_ms: float) -> None:
        """Take the default."""
        count = len(self._options)
        fallen = Decision(
            choice=self._options[self._default],
            index=self._default,
            probabilities=dict.fromkeys(self._options, 1.0 / count),
            source="fallback",
            why=code,
            cost=self._begun.cost("fallback", code, now_ms),
            error=None if code in _PLAIN else error,
        )
        self.log.append(fallen, is_last=True)
