"""The life of one turn, without threads and without a clock: inputs carry the time, outputs are values.

    asking ──tokens──▶ asking ──limit──▶ closing ──┐
      │ ▲                 │                        │
      │ └──results──── waiting                     ▼
      └──stop, deadline, cancel, failure───────▶ ended

``waiting`` is a turn whose words are complete, but which waits for the results of its actions. A turn whose
request got lost in a change of the engine before anything came of it is ``held`` until it is asked again.
Exactly one :class:`TurnEnd` leaves the machine, whatever comes in and in whatever order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from npc_sdk.actions import CallPiece, ReplyPiece, SpeechPiece, WorldSnapshot
from npc_sdk.engine.request import Ended, Failed, Request, Scored, TokensOut
from npc_sdk.errors import NpcError, PromptError
from npc_sdk.prompt.heard import Call
from npc_sdk.runtime.cost import CostMeter, Source
from npc_sdk.runtime.events import ActionCall, ActionDropped, Sentence, SpeechDelta, TurnEnd, TurnEvent
from npc_sdk.runtime.plan import TurnPlan
from npc_sdk.runtime.reader import ReplyReader
from npc_sdk.runtime.rounds import Did, Rounds
from npc_sdk.runtime.stale import missing_values
from npc_sdk.runtime.utterance import Utterance


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand a request to the engine."""

    request: Request


@dataclass(frozen=True, slots=True)
class CancelRequest:
    """Tell the engine that a request is of no use any more."""

    id: int


Output: TypeAlias = TurnEvent | Submit | CancelRequest
RequestEvent: TypeAlias = TokensOut | Scored | Ended | Failed
State: TypeAlias = Literal["new", "asking", "closing", "waiting", "held", "ended"]


class TurnMachine:
    """One turn. Not thread safe; owned by the runtime's thread.

    Args:
        plan: What the turn was decided on.
        next_id: Gives request ids that were never used before.
        answer: What :meth:`ActionCall.reply` of this turn's actions calls.
    """

    def __init__(
        self,
        plan: TurnPlan,
        next_id: Callable[[], int],
        answer: Callable[[str, str, bool], None] | None = None,
    ) -> None:
        self._plan = plan
        self._next_id = next_id
        self._answer = answer
        self._state: State = "new"
        self._request: Request | None = None
        self._generated: list[int] = []
        self._tokens_left = 0
        self._reader = ReplyReader(plan.parser(), is_thinking=plan.is_thinking)
        self._utterance = Utterance(plan.limits)
        self._rounds = Rounds(plan.waits_for)
        self._is_round_open = True
        self._meter = CostMeter(started_ms=plan.started_ms, deadline_ms=plan.deadline_ms)
        self._wait_until_ms = 0.0
        self._calls = self._dropped = self._bad_calls = 0
        self._heard: int | None = None
        self._is_broken_off = False
        self._end: TurnEnd | None = None

    @property
    def end(self) -> TurnEnd | None:
        """The end, once it is there."""
        return self._end

    @property
    def request_id(self) -> int | None:
        """The request that the engine works on."""
        return self._request.id if self._request is not None else None

    @property
    def is_held(self) -> bool:
        """Whether the turn waits to be asked again."""
        return self._state == "held"

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` has something to do."""
        if self._state == "ended":
            return None
        return min(self._plan.due_ms, self._wait_until_ms) if self._state == "waiting" else self._plan.due_ms

    @property
    def shown(self) -> str:
        """The text in which :meth:`heard` counts: all deltas, or the fallback line."""
        if self._end is not None and self._end.source == "fallback":
            return self._end.text
        return self._utterance.text

    def heard_characters(self, *, auto_heard: bool) -> int:
        """Return how much of :attr:`shown` was heard.

        Args:
            auto_heard: Whether the text of the turn's end counts as heard when nobody said how much was.
        """
        if self._heard is not None:
            return min(self._heard, len(self.shown))
        return len(self._end.text) if auto_heard and self._end is not None else 0

    @property
    def open_round(self) -> tuple[tuple[int, ...], tuple[Call, ...]] | None:
        """The generated tokens and the actions that ``plan.go_on`` did not get, or None."""
        return (tuple(self._generated), self._rounds.calls) if self._is_round_open else None

    @property
    def is_broken_off(self) -> bool:
        """Whether the turn ended while the model was still speaking."""
        return self._is_broken_off

    def take_results(self) -> tuple[str, ...]:
        """Return the results that the character was not told yet."""
        return self._rounds.take_results()

    # What comes in.

    def start(self, now_ms: float) -> list[Output]:
        """Begin: ask the engine, or end at once when that cannot be."""
        if self._state != "new":
            return []
        if self._plan.request is None:
            return self._end_short(_code(self._plan.error), now_ms, self._plan.error)
        self._tokens_left = self._plan.request.max_tokens
        return self._ask(self._plan.request.tokens, now_ms)

    def engine(self, event: RequestEvent, now_ms: float, live: WorldSnapshot) -> list[Output]:
        """Take an event of the engine; one that belongs to another request is ignored.

        Args:
            event: The event.
            now_ms: The time.
            live: The live world now, against which actions are checked.
        """
        if self._state not in ("asking", "closing") or event.id != self.request_id:
            return []
        if isinstance(event, TokensOut):
            return self._tokens(event, now_ms, live)
        if isinstance(event, Ended):
            return self._request_ended(event, now_ms, live)
        if isinstance(event, Failed):
            return self._request_failed(event, now_ms)
        return []

    def tick(self, now_ms: float) -> list[Output]:
        """Let time pass: at the deadline the turn ends."""
        due_ms = self.next_ms()
        if due_ms is None or now_ms < due_ms:
            return []
        if self._state == "waiting":
            is_late = now_ms >= self._plan.due_ms
            return self._finish("model", "deadline", now_ms) if is_late else self._go_on_or_end(now_ms)
        if self._state == "closing":
            return self._end_limited(now_ms)
        return self._end_short("deadline", now_ms)

    def cancel(self, why: str, now_ms: float, error: NpcError | None = None) -> list[Output]:
        """End now with what was delivered; nothing once the turn has ended."""
        if self._state == "ended":
            return []
        return self._finish("cut", why, now_ms, error, text=self._utterance.text)

    def fail(self, error: NpcError, now_ms: float) -> list[Output]:
        """End because the engine is gone."""
        if self._state == "ended":
            return []
        if self._state == "closing":
            return self._end_limited(now_ms)
        if self._state == "waiting":
            return self._finish("model", error.code, now_ms, error)
        return self._end_short(error.code, now_ms, error)

    def hold(self, failed: Failed, now_ms: float) -> list[Output]:
        """Take that a request was lost in a change of the engine.

        What was not begun is asked again (see :meth:`ask_again`). Half a reply of one model is not finished by
        another: a turn that has spoken or acted ends as cut.
        """
        if self._state == "ended" or (self._state != "waiting" and failed.id != self.request_id):
            return []
        if self._state == "waiting":
            return self._finish("model", failed.error.code, now_ms, failed.error)
        self._meter.ended(failed.cost)
        if self._state == "closing":
            return self._end_limited(now_ms)
        if self._utterance.text or self._calls or self._rounds.count:
            return self._end_short(failed.error.code, now_ms, failed.error)
        self._request, self._generated = None, []
        self._state = "held"
        return []

    def ask_again(self, plan: TurnPlan, now_ms: float) -> list[Output]:
        """Begin anew after :meth:`hold`; nothing when the turn does not wait for that.

        Args:
            plan: The same turn, for the engine as it is now.
            now_ms: The time.
        """
        if self._state != "held":
            return []
        self._plan = plan
        if plan.request is None:
            return self._end_short(_code(plan.error), now_ms, plan.error)
        self._reader = ReplyReader(plan.parser(), is_thinking=plan.is_thinking)
        self._utterance = Utterance(plan.limits)
        self._tokens_left = plan.request.max_tokens
        return self._ask(plan.request.tokens, now_ms)

    def heard(self, characters: int) -> None:
        """Note how much of the turn's text was heard; the last report counts."""
        self._heard = max(0, characters)

    def result(self, call_id: str, text: str, continue_: bool, now_ms: float) -> list[Output]:
        """Take the result of an action; an unknown or answered one is ignored.

        After the end of the turn the result is still kept for the history.
        """
        if not self._rounds.answered(call_id, text, continue_=continue_):
            return []
        return self._go_on_or_end(now_ms) if self._state == "waiting" and not self._rounds.is_awaiting else []

    # What the model says.

    def _ask(self, tokens: tuple[int, ...], now_ms: float) -> list[Output]:
        if self._plan.request is None:
            return []
        self._request = replace(
            self._plan.request,
            id=self._next_id(),
            tokens=tokens,
            max_tokens=max(1, self._tokens_left),
            deadline_ms=max(0.0, self._plan.due_ms - now_ms),
        )
        self._generated = []
        self._state = "asking"
        self._meter.asked()
        return [Submit(self._request)]

    def _tokens(self, event: TokensOut, now_ms: float, live: WorldSnapshot) -> list[Output]:
        self._meter.tokens(len(event.tokens), now_ms)
        self._generated += event.tokens
        self._tokens_left -= len(event.tokens)
        return [] if self._state == "closing" else self._pieces(self._reader.feed(event.data), live)

    def _pieces(self, pieces: list[ReplyPiece], live: WorldSnapshot) -> list[Output]:
        out: list[Output] = []
        for piece in pieces:
            if self._state == "closing":
                break
            if isinstance(piece, SpeechPiece):
                out += self._speech(piece)
            elif isinstance(piece, CallPiece):
                out += self._call(piece, live)
            else:
                self._bad_calls += 1
        return out

    def _speech(self, piece: SpeechPiece) -> list[Output]:
        out: list[Output] = [*self._utterance.add(piece.text)]
        if self._utterance.is_full:
            self._state = "closing"
            if self._request is not None:
                out.append(CancelRequest(self._request.id))
        return out

    def _call(self, piece: CallPiece, live: WorldSnapshot) -> list[Output]:
        out: list[Output] = [*self._utterance.close()]
        tick = self._plan.tick
        missing = missing_values(self._plan.actions[piece.name], piece.arguments, live)
        if missing:
            self._dropped += 1
            dropped = ActionDropped(
                name=piece.name, arguments=piece.arguments, missing=missing, tick=tick, live_tick=live.tick
            )
            return [*out, dropped]
        self._calls += 1
        call_id = f"{self.request_id}.{self._calls}"
        self._rounds.did(Did(call_id, piece.name, piece.arguments))
        call = ActionCall(id=call_id, name=piece.name, arguments=piece.arguments, tick=tick, _answer=self._answer)
        return [*out, call]

    # How a request ends.

    def _request_ended(self, event: Ended, now_ms: float, live: WorldSnapshot) -> list[Output]:
        self._meter.ended(event.cost)
        if self._state == "closing":
            return self._end_limited(now_ms)
        if event.reason == "stop":
            return self._round_ended(now_ms, live)
        if event.reason == "length":
            return self._end_limited(now_ms)
        return self._end_short(event.reason, now_ms)

    def _request_failed(self, event: Failed, now_ms: float) -> list[Output]:
        self._meter.ended(event.cost)
        if self._state == "closing":
            return self._end_limited(now_ms)
        return self._end_short(event.error.code, now_ms, event.error)

    def _round_ended(self, now_ms: float, live: WorldSnapshot) -> list[Output]:
        out = self._pieces(self._reader.finish(), live)
        if self._utterance.is_full:
            # The request is over, so there is nothing left to cancel.
            return [*(item for item in out if not isinstance(item, CancelRequest)), *self._end_limited(now_ms)]
        out += self._utterance.close()
        self._request = None
        if self._rounds.is_awaiting:
            self._state = "waiting"
            self._wait_until_ms = now_ms + self._plan.action_timeout_ms
            return out
        return [*out, *self._go_on_or_end(now_ms)]

    def _go_on_or_end(self, now_ms: float) -> list[Output]:
        if not self._rounds.may_go_on or self._rounds.count >= self._plan.max_rounds or self._tokens_left <= 0:
            return self._end_complete(now_ms)
        calls, results = self._rounds.calls, self._rounds.take_results()
        self._is_round_open = False
        try:
            tokens = self._plan.go_on(self._generated, calls, results)
        except PromptError as error:
            self._rounds.give_back_results()
            return self._finish("model", error.code, now_ms, error)
        self._is_round_open = True
        self._rounds.next()
        self._utterance.next_round()
        self._reader = ReplyReader(self._plan.parser(), is_thinking=self._plan.is_thinking)
        return self._ask(tokens, now_ms)

    # How the turn ends.

    def _end_complete(self, now_ms: float) -> list[Output]:
        if self._utterance.text or self._calls or self._dropped:
            return self._finish("model", "stop", now_ms)
        return self._fall_back("bad_call" if self._bad_calls else "empty", now_ms)

    def _end_limited(self, now_ms: float) -> list[Output]:
        out: list[Output] = [*self._utterance.cut(), *self._utterance.close_limited()]
        if self._utterance.whole_text or self._calls:
            return [*out, *self._finish("model", "limit", now_ms)]
        return self._fall_back("limit", now_ms)

    def _end_short(self, why: str, now_ms: float, error: NpcError | None = None) -> list[Output]:
        out: list[Output] = [*self._utterance.cut()]
        if self._utterance.whole_text or self._calls:
            return [*out, *self._finish("cut", why, now_ms, error)]
        return self._fall_back(why, now_ms, error)

    def _fall_back(self, why: str, now_ms: float, error: NpcError | None = None) -> list[Output]:
        line = self._plan.fallback_line
        # What was reported as heard was counted in the text that this line replaces.
        self._heard = None
        return [
            SpeechDelta(text=line, source="fallback"),
            Sentence(text=line, source="fallback", ends_at=len(line)),
            *self._finish("fallback", why, now_ms, error, text=line),
        ]

    def _finish(
        self, source: Source, why: str, now_ms: float, error: NpcError | None = None, *, text: str | None = None
    ) -> list[Output]:
        is_generating = self._state in ("asking", "closing")
        open_request = self._request if is_generating else None
        self._is_broken_off = is_generating and why != "stop"
        self._state = "ended"
        # It holds the task, which holds this machine.
        self._answer = None
        self._end = TurnEnd(
            text=self._utterance.whole_text if text is None else text,
            source=source,
            why=why,
            cost=self._meter.close(source=source, why=why, now_ms=now_ms),
            calls=self._calls,
            dropped=self._dropped,
            bad_calls=self._bad_calls,
            error=error,
        )
        return [*([CancelRequest(open_request.id)] if open_request is not None else []), self._end]


def _code(error: NpcError | None) -> str:
    return error.code if error is not None else "unavailable"
