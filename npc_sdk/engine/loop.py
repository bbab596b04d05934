"""The engine's step: who runs, what is decoded, what comes out. One thread owns it and llama.cpp."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.decoder import ABORTED, DONE, Decoder, Row
from npc_sdk.engine.engine import EngineStats
from npc_sdk.engine.job import Job, JobState
from npc_sdk.engine.memory import SequenceMemory
from npc_sdk.engine.request import Ended, EndReason, EngineCost, Event, Failed, Request, Scored, TokensOut
from npc_sdk.engine.schedule import PATIENCE_S, pack, plan_reading, rank
from npc_sdk.engine.slots import Slot
from npc_sdk.engine.state import Tokens
from npc_sdk.errors import BackendError, NpcError, PromptError, StateError

_SMOOTHING = 0.05
_LOOK_AHEAD = 32


class EngineLoop:
    """Runs requests on one decoder, a step at a time.

    A step admits who may start, decodes one batch for everyone who speaks, and reads at most ``quantum``
    prompt tokens for who is being read to. Decoding and reading are separate calls: hybrid models compute
    ubatches of equal length only.

    Not thread safe; owned by the engine thread, except :meth:`abort_reading`.

    Args:
        decoder: llama.cpp, or a stand-in.
        memory: Slots and parked states over the same decoder.
        grammars: Compiles constraints.
        pieces: The bytes of every token.
        end_tokens: Tokens that end a generation.
        quantum: Most prompt tokens in one call.
        clock: Seconds that never run backwards.
    """

    def __init__(
        self,
        decoder: Decoder,
        memory: SequenceMemory,
        grammars: GrammarCompiler,
        *,
        pieces: list[bytes],
        end_tokens: frozenset[int],
        quantum: int,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.memory = memory
        self.quantum = quantum
        self._decoder = decoder
        self._grammars = grammars
        self._pieces = pieces
        self._end_tokens = end_tokens
        self._clock = clock
        self._jobs: dict[int, Job] = {}
        self._events: list[Event] = []
        self._reading: tuple[int, ...] = ()
        self._native_s = 0.0
        self._steps = self._decode_tokens = self._read_tokens = 0
        self._step_ms = self._own_ms = self.last_own_ms = 0.0

    # What comes in

    def submit(self, request: Request, submitted: float | None = None) -> None:
        """Queue a request; what is wrong with it becomes a ``Failed`` event.

        Args:
            request: What is asked.
            submitted: When it was asked, in seconds of the clock; default now.
        """
        now = self._clock() if submitted is None else submitted
        try:
            self._check(request)
            job = Job(request, now=now, pieces=self._pieces, grammars=self._grammars, end_tokens=self._end_tokens)
        except NpcError as error:
            self._events.append(Failed(request.id, error, EngineCost()))
            return
        self._jobs[request.id] = job
        if request.kind == "generate" and (job.end is not None or job.generated >= request.max_tokens):
            self._finish(job, job.end or "length")

    def cancel(self, request_id: int) -> None:
        """End a request; unknown ids are ignored."""
        job = self._jobs.get(request_id)
        if job is not None:
            self._finish(job, "cancelled")

    def park(self, sequence: str) -> None:
        """Move an idle sequence to host memory."""
        if not self._is_live(sequence):
            self.memory.park(sequence)

    def forget(self, sequence: str) -> None:
        """Drop all state of a sequence; its requests are cancelled."""
        for job in [job for job in self._jobs.values() if job.request.sequence == sequence]:
            self._finish(job, "cancelled")
        self.memory.forget(sequence)

    def abort_reading(self, request_id: int) -> None:
        """Break off the running call if it only reads this request's prompt; safe from any thread.

        A request that does nothing but read ends with the running call instead: a call that was broken off
        costs all that the slot held, and whoever cancels a reading is about to need it.
        """
        job = self._jobs.get(request_id)
        if self._reading == (request_id,) and job is not None and job.request.kind != "read":
            self._decoder.abort()

    def fail(self, error: NpcError) -> None:
        """End every request with an error."""
        for job in list(self._jobs.values()):
            self._fail(job, error)

    def close(self) -> None:
        """End every request with ``cancelled``."""
        for job in list(self._jobs.values()):
            self._finish(job, "cancelled")

    # What goes out

    def take_events(self) -> list[Event]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    def stats(self, restarts: int = 0) -> EngineStats:
        """Return the counters."""
        return EngineStats(
            steps=self._steps,
            decode_tokens=self._decode_tokens,
            read_tokens=self._read_tokens,
            live=self.memory.live,
            waiting=sum(job.state is JobState.WAITING for job in self._jobs.values()),
            parked=self.memory.parked,
            parked_bytes=self.memory.parked_bytes,
            restarts=restarts,
            step_ms=self._step_ms,
            own_ms=self._own_ms,
        )

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._jobs

    # The step

    def step(self) -> bool:
        """Do one round of work; False when nothing could be done."""
        started, self._native_s = perf_counter(), 0.0
        self._expire()
        self._admit()
        worked = self._speak()
        worked = self._read() or worked
        if worked:
            self._steps += 1
            spent = perf_counter() - started
            self.last_own_ms = (spent - self._native_s) * 1000
            self._step_ms += _SMOOTHING * (spent * 1000 - self._step_ms)
            self._own_ms += _SMOOTHING * (self.last_own_ms - self._own_ms)
        return worked

    def _expire(self) -> None:
        now = self._clock()
        for job in list(self._jobs.values()):
            if job.deadline is not None and now >= job.deadline:
                self._finish(job, "deadline")

    def _check(self, request: Request) -> None:
        if request.id in self._jobs:
            raise StateError(f"Request {request.id} runs already.", "Use a new id.", code="duplicate_request")
        worst = len(request.tokens) + (request.max_tokens + 1 if request.kind == "generate" else 0)
        if worst > self._decoder.cells:
            raise PromptError(
                f"The prompt has {len(request.tokens)} tokens and may grow by {request.max_tokens}; "
                f"the context has {self._decoder.cells} cells.",
                "Shorten the persona, the world or the history, or raise cells.",
                code="prompt_too_long",
                prompt_tokens=len(request.tokens),
                max_tokens=request.max_tokens,
                cells=self._decoder.cells,
            )
        if not request.tokens:
            raise PromptError("The prompt is empty.", "Give at least one token.", code="prompt_empty")
        if request.kind == "score" and not request.labels:
            raise PromptError("There are no labels to score.", "Give at least one.", code="no_labels")
        _check_tokens(request.tokens, len(self._pieces))
        _check_tokens(request.generated, len(self._pieces))
        _check_tokens(request.labels, len(self._pieces))
        _check_tokens(request.forbidden, len(self._pieces))

    # Admission

    def _admit(self) -> None:
        now = self._clock()
        waiting = [job for job in self._jobs.values() if job.state is JobState.WAITING]
        if not waiting:
            return
        for job in self._jobs.values():
            job.boost = int(job.request.priority)
        # Only the foremost are looked at: with a thousand waiting, asking all of them would be the step's cost.
        for job in nsmallest(_LOOK_AHEAD, waiting, key=lambda job: rank(job, now)):
            if self._is_live(job.request.sequence) or self._is_being_read(job):
                continue
            if self.memory.can_hold(job.request.sequence, job.worst_cells) or self._make_way(job):
                self._start(job, now)
            elif now - job.submitted > PATIENCE_S:
                return  # smaller ones must not fill for ever the room that this one waits for

    def _start(self, job: Job, now: float) -> None:
        need_logits = job.request.kind != "read"
        place = self.memory.acquire(job.request.sequence, job.prompt, job.worst_cells, need_logits=need_logits)
        job.admit(place.slot, now)
        job.position = place.length
        job.stops = self.memory.worth_keeping(job.request.boundaries, place, job.prompt)
        if job.admitted is None:
            job.admitted, job.cached, job.state_from = now, place.length, place.source
        if job.sampler is None and job.request.kind == "generate" and not _is_plain_greedy(job.request):
            job.sampler = self._decoder.sampler(job.request.sampling)
            for token in job.request.generated:
                job.sampler.accept(token)
        self._keep_if_boundary(job)
        if job.position == len(job.prompt):
            self._finish(job, "read")

    def _is_live(self, sequence: str) -> bool:
        return any(
            job.request.sequence == sequence and job.state is not JobState.WAITING for job in self._jobs.values()
        )

    def _is_being_read(self, job: Job) -> bool:
        """Tell whether somebody is just reading a prefix that this job shares; it is cheaper to wait for it."""
        have = self.memory.longest_prefix(job.prompt)
        for boundary in reversed(job.request.boundaries):
            if boundary.length <= have:
                return False
            for other in self._jobs.values():
                if other.state is JobState.READING and self._reads_for(other, job, boundary.length):
                    other.boost = min(other.boost, job.boost)
                    return True
        return False

    @staticmethod
    def _reads_for(reader: Job, job: Job, length: int) -> bool:
        stops = any(stop.length == length for stop in reader.stops)
        return stops and reader.position < length and bool(np.array_equal(reader.prompt[:length], job.prompt[:length]))

    def _make_way(self, job: Job) -> bool:
        """Suspend less urgent jobs if that gives this one its place; False when it would not."""
        others = [other for other in self._jobs.values() if other.slot is not None]
        others = [other for other in others if other.urgency > job.request.priority]
        others.sort(key=lambda other: (other.urgency, other.submitted), reverse=True)
        given_up: list[Slot] = []
        for count, other in enumerate(others, 1):
            given_up += [other.slot] if other.slot is not None else []
            if self.memory.can_hold(job.request.sequence, job.worst_cells, without=given_up):
                for victim, slot in zip(others[:count], given_up, strict=True):
                    victim.suspend(self._clock())
                    self.memory.release(slot)
                return True
        return False

    # Decoding for those who speak

    def _speak(self) -> bool:
        speakers = [job for job in self._jobs.values() if job.state is JobState.SPEAKING and job.pending]
        if not speakers:
            return False
        self._decoder.clear_abort()
        longest = self._decoder.batch_tokens
        for call in pack([min(len(job.pending), longest) for job in speakers], longest):
            self._decode([(speakers[index], speakers[index].pending[:longest]) for index in call])
        return True

    def _read(self) -> bool:
        readers = [job for job in self._jobs.values() if job.state is JobState.READING]
        quantum = min(self.quantum, self._decoder.batch_tokens)
        plan = plan_reading(readers, quantum, self._clock())
        if not plan:
            return False
        work = [(job, job.prompt[job.position : job.position + count]) for job, count in plan if isinstance(job, Job)]
        self._decoder.clear_abort()
        self._reading = tuple(job.request.id for job, _ in work)
        try:
            self._decode(work)
        finally:
            self._reading = ()
        return True

    def _decode(self, work: Iterable[tuple[Job, Tokens | list[int]]]) -> None:
        rows: list[Row] = []
        jobs: list[Job] = []
        speaking: list[Job] = []
        for job, tokens in work:
            if job.slot is None:
                continue
            wants = self._wants_logits(job, len(tokens))
            rows.append((job.slot.id, tokens, len(job.slot.tokens), wants))
            jobs.append(job)
            if wants:
                speaking.append(job)
        code = self._call(rows)
        if code != DONE:
            self._recover(jobs, code)
            return
        for job, row in zip(jobs, rows, strict=True):
            self._advance(job, row[1])
        self._draw(speaking)

    def _wants_logits(self, job: Job, count: int) -> bool:
        if job.state is JobState.SPEAKING:
            return count == len(job.pending)
        return job.request.kind != "read" and job.position + count == len(job.prompt)

    def _call(self, rows: list[Row]) -> int:
        started = perf_counter()
        code = self._decoder.decode(rows)
        self._native_s += perf_counter() - started
        return code

    def _advance(self, job: Job, chunk: Tokens | list[int]) -> None:
        if job.slot is None:
            return
        self.memory.grow(job.slot, chunk)
        if job.state is JobState.SPEAKING:
            del job.pending[: len(chunk)]
            self._decode_tokens += len(chunk)
            return
        job.position += len(chunk)
        job.read += len(chunk)
        self._read_tokens += len(chunk)
        self._keep_if_boundary(job)
        if job.position == len(job.prompt):
            job.read_done = self._clock()
            if job.request.kind == "read":
                self._finish(job, "read")

    def _keep_if_boundary(self, job: Job) -> None:
        for stop in job.stops:
            if stop.length == job.position and job.slot is not None:
                self.memory.keep(job.slot, stop.kind)

    def _draw(self, jobs: list[Job]) -> None:
        if not jobs:
            return
        logits = self._decoder.logits(len(jobs))
        for row, job in enumerate(jobs):
            try:
                if job.request.kind == "score":
                    self._score(job, logits[row])
                else:
                    self._draw_one(job, logits[row], row)
            except NpcError as error:
                self._fail(job, error)

    def _draw_one(self, job: Job, logits: NDArray[np.float32], row: int) -> None:
        job.state = JobState.SPEAKING
        job.mask(logits)
        if job.sampler is None:
            token = int(logits.argmax())
        else:
            started = perf_counter()
            token = job.sampler.draw(row)
            self._native_s += perf_counter() - started
        job.accept(token, self._clock())
        self._emit(job)
        if job.end is not None:
            self._finish(job, job.end)

    def _score(self, job: Job, logits: NDArray[np.float32]) -> None:
        chosen = logits[list(job.request.labels)].astype(np.float64)
        chosen -= chosen.max()
        scores = chosen - np.log(np.exp(chosen).sum())
        self._events.append(Scored(job.request.id, tuple(float(score) for score in scores)))
        self._finish(job, "scored")

    # Ends

    def _emit(self, job: Job) -> None:
        tokens, data = job.take_output()
        if tokens or data:
            self._events.append(TokensOut(job.request.id, tokens, data))

    def _finish(self, job: Job, reason: EndReason) -> None:
        self._emit(job)
        self._release(job)
        self._events.append(Ended(job.request.id, reason, job.cost(self._clock())))

    def _fail(self, job: Job, error: NpcError) -> None:
        self._release(job)
        self._events.append(Failed(job.request.id, error, job.cost(self._clock())))

    def _release(self, job: Job) -> None:
        self._jobs.pop(job.request.id, None)
        if job.sampler is not None:
            job.sampler.close()
        if job.slot is not None:
            self.memory.release(job.slot)
            job.slot = None

    def _recover(self, jobs: list[Job], code: int) -> None:
        """After a call that did not end well the state of its sequences is unknown: drop it."""
        for job in jobs:
            slot = job.slot
            if code == ABORTED:
                job.suspend(self._clock())
            if slot is not None:
                self.memory.spoil(slot)
        if code == ABORTED:
            return
        for job in jobs:
            cause = "found no room for the batch" if code > 0 else f"failed with code {code}"
            self._fail(job, BackendError(f"llama.cpp {cause}.", "Try the turn again.", code="decode_failed"))


def _is_plain_greedy(request: Request) -> bool:
    return request.sampling.temperature <= 0 and request.sampling.repeat_penalty == 1.0


def _check_tokens(tokens: Sequence[int], vocabulary_size: int) -> None:
    if tokens and not 0 <= min(tokens) <= max(tokens) < vocabulary_size:
        raise PromptError("A token is not in the model's vocabulary.", "Tokenize with this model.", code="bad_token")
