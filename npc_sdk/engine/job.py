"""One request while the engine works on it."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from npc_sdk.engine.constraint import GrammarCompiler, Matcher
from npc_sdk.engine.decoder import Draws
from npc_sdk.engine.memory import Pin
from npc_sdk.engine.output import Output
from npc_sdk.engine.request import Boundary, EndReason, EngineCost, Request
from npc_sdk.engine.schedule import urgency
from npc_sdk.engine.slots import Slot
from npc_sdk.engine.state import Tokens
from npc_sdk.errors import BackendError


class JobState(Enum):
    """Where a request stands."""

    WAITING = "waiting"
    READING = "reading"
    SPEAKING = "speaking"


class Job:
    """A request, its output and its figures.

    Not thread safe; owned by the engine thread.

    Args:
        request: What is asked.
        now: Time of submission in seconds.
        pieces: The bytes of every token.
        grammars: Compiles the constraint.
        end_tokens: Tokens that end a generation.

    Raises:
        ActionError: The constraint's grammar is refused.
        BackendError: ``request.generated`` does not follow the grammar.
    """

    def __init__(
        self,
        request: Request,
        *,
        now: float,
        pieces: list[bytes],
        grammars: GrammarCompiler,
        end_tokens: frozenset[int],
    ) -> None:
        self.request = request
        self.state = JobState.WAITING
        self.slot: Slot | None = None
        self.sampler: Draws | None = None
        self.pin: Pin | None = None
        self.boost: int = int(request.priority)
        self.prompt: Tokens = np.array(request.tokens + request.generated, dtype=np.int32)
        self.position = 0
        self.stops: list[Boundary] = []
        self.pending: list[int] = []
        self.fresh: list[int] = []
        self.generated = len(request.generated)
        self.spoke_in = 0
        self.end: EndReason | None = None
        self._grammars = grammars
        self._end_tokens = frozenset() if request.ignore_end else end_tokens
        self._forbidden = np.array(request.forbidden, dtype=np.int64) if request.forbidden else None
        self._output = Output(request, pieces)
        self._matcher: Matcher | None = None
        self._pristine: Matcher | None = None
        self._start_costs(now)
        self._arm(request)
        for token in request.generated:
            self._take(token)
        if self._output.is_stopped:
            self.end = "stop"
        self.fresh.clear()
        self._output.take()

    def _start_costs(self, now: float) -> None:
        self.submitted = self._waiting_since = now
        self._waited = 0.0
        self.admitted: float | None = None
        self.read_done: float | None = None
        self.first_token: float | None = None
        self.last_token = now
        self.cached = 0
        self.read = 0
        self.sampled = 0
        self.forced = 0
        self.state_from = "none"

    def _arm(self, request: Request) -> None:
        if request.constraint is None:
            return
        self._pristine = self._grammars.matcher(request.constraint.grammar)
        if not request.constraint.trigger:
            self._matcher = self._pristine

    @property
    def is_constrained(self) -> bool:
        """Whether the next token must follow the grammar."""
        return self._matcher is not None

    @property
    def worst_cells(self) -> int:
        """Most cells that the request can come to need."""
        if self.request.kind != "generate":
            return len(self.prompt)
        return len(self.request.tokens) + self.request.max_tokens + 1

    @property
    def urgency(self) -> int:
        """Class of urgency while it runs; what has waited long is not suspended for somebody new."""
        return urgency(self.request.priority, self._waited)

    @property
    def deadline(self) -> float | None:
        """Time in seconds after which the work is of no use."""
        limit = self.request.deadline_ms
        return None if limit is None else self.submitted + limit / 1000

    def mask(self, logits: NDArray[np.float32]) -> None:
        """Forbid in a row of logits what the grammar forbids, or without one what the request forbids."""
        if self._matcher is not None:
            self._matcher.mask(logits)
        elif self._forbidden is not None:
            logits[self._forbidden] = -np.inf

    def accept(self, token: int, now: float) -> None:
        """Take in a token that was drawn; sets ``end`` when it was the last one."""
        if self.first_token is None:
            self.first_token = now
        self.last_token = now
        self.sampled += 1
        self.generated += 1
        if token in self._end_tokens:
            self._output.flush()
            self.end = "stop"
            return
        self._take(token)
        self.pending.append(token)
        self._append_forced()
        if self.end is None and self._output.is_stopped:
            self.end = "stop"
        if self.end is None and self.generated >= self.request.max_tokens:
            self._output.flush()
            self.end = "length"

    def _take(self, token: int) -> None:
        """Let the output, the grammar and the sampler see a token."""
        was_constrained = self._matcher is not None
        if self._matcher is not None:
            self._matcher.consume(token)
            self._close_grammar()
        beyond = self._output.push(token, is_constrained=was_constrained)
        if beyond is not None:
            self._open_grammar(beyond)
        self.fresh.append(token)

    def _open_grammar(self, beyond: bytes) -> None:
        constraint = self.request.constraint
        if constraint is None:
            return
        self._matcher = self._grammars.matcher(constraint.grammar)
        if beyond and not self._matcher.try_consume(self._grammars.tokenize(beyond)):
            self._matcher = None
            raise BackendError(
                "The model began a tool call in a way that the grammar does not allow.",
                "The turn was ended; a model whose vocabulary has the trigger as one token does not do this.",
                code="constraint_failed",
            )

    def _close_grammar(self) -> None:
        if self._matcher is None or not self._matcher.is_complete:
            return
        self._matcher = None
        if self.request.constraint is not None and not self.request.constraint.trigger:
            self._output.flush()
            self.end = "stop"

    def _append_forced(self) -> None:
        """Queue the tokens that follow without a choice: the grammar's, or the end of a thought."""
        tokens: list[int] = []
        room = self.request.max_tokens - self.generated
        thinking = self.request.thinking
        if thinking is not None and self._output.is_thought_used_up():
            tokens = list(thinking.forced[:room])
            for token in tokens:
                self._output.push(token, is_constrained=False)
        elif self._matcher is not None and self.request.constraint is not None:
            if self.request.constraint.fast_forward:
                tokens = self._forced_by_grammar(room)
        self.fresh += tokens
        self.pending += tokens
        self.forced += len(tokens)
        self.generated += len(tokens)
        if self.sampler is not None:
            for token in tokens:
                self.sampler.accept(token)

    def _forced_by_grammar(self, room: int) -> list[int]:
        if self._matcher is None:
            return []
        tokens = self._matcher.forced()
        said = list(takewhile(lambda token: token not in self._end_tokens, tokens[:room]))
        for token in said:
            self._output.push(token, is_constrained=True)
        if len(said) < min(len(tokens), room):
            self._output.flush()
            self.end = "stop"
        elif tokens and len(tokens) <= room:
            self._close_grammar()
        return said

    def take_output(self) -> tuple[tuple[int, ...], bytes]:
        """Return the tokens and the bytes since the last call."""
        tokens = tuple(self.fresh)
        self.fresh.clear()
        return tokens, self._output.take()

    def next_stop(self) -> int:
        """Return how many tokens may be read before the state must be kept, or the prompt ends."""
        for stop in self.stops:
            if stop.length > self.position:
                return stop.length - self.position
        return len(self.prompt) - self.position

    def admit(self, slot: Slot, now: float) -> None:
        """Leave the queue."""
        self.slot = slot
        self.state = JobState.READING
        self._waited += now - self._waiting_since

    def suspend(self, now: float) -> None:
        """Go back to waiting; what was generated becomes part of the prompt to be read."""
        self._waiting_since = now
        if self.state is JobState.SPEAKING and self.slot is not None:
            self.prompt = np.concatenate([self.slot.tokens.view(), np.array(self.pending, dtype=np.int32)])
        self.pending = []
        self.position = 0
        self.slot = None
        self.state = JobState.WAITING

    def as_request(self) -> Request:
        """Return the request as another engine must run it to go on here; the job waits."""
        given = self.prompt[len(self.request.tokens) :]
        return replace(self.request, generated=tuple(int(token) for token in given))

    def cost(self, now: float) -> EngineCost:
        """Return the figures so far; ``now`` in seconds."""
        admitted = self.admitted if self.admitted is not None else now
        read_done = self.read_done if self.read_done is not None else (now if self.admitted is not None else admitted)
        first = self.first_token
        return EngineCost(
            queue_ms=(admitted - self.submitted) * 1000,
            read_ms=(read_done - admitted) * 1000,
            first_token_ms=0.0 if first is None else (first - self.submitted) * 1000,
            decode_ms=0.0 if first is None else (self.last_token - first) * 1000,
            total_ms=(now - self.submitted) * 1000,
            tokens_cached=self.cached,
            tokens_read=self.read,
            tokens_sampled=self.sampled,
            tokens_forced=self.forced,
            state_from=self.state_from,
        )
