"""The engine's step: who runs, what is decoded, what comes out. One thread owns it and llama.cpp."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import nsmallest
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from npc_sdk.budget.pacing import Grant, PacingState
from npc_sdk.engine.admission import admissible, is_running
from npc_sdk.engine.check import check_request, too_long
from npc_sdk.engine.constraint import GrammarCompiler
from npc_sdk.engine.decoder import ABORTED, DONE, Decoder, Row
from npc_sdk.engine.engine import EngineStats
from npc_sdk.engine.job import Job, JobState
from npc_sdk.engine.memory import SequenceMemory
from npc_sdk.engine.pace import Pace, Unpaced
from npc_sdk.engine.request import Ended, EndReason, EngineCost, Event, Failed, Request, Scored, TokensOut
from npc_sdk.engine.schedule import pack, plan_reading, rank
from npc_sdk.engine.state import Tokens
from npc_sdk.engine.step_log import StepLog
from npc_sdk.errors import BackendError, NpcError, StateError

_SMOOTHING = 0.05


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
        pace: Says how much of that at once, and when; default all at once.
        clock: Seconds that never run backwards.

    Attributes:
        step_log: Takes note of each call of llama.cpp; None while nobody asks.
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
        pace: Pace | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.memory = memory
        self.quantum = quantum
        self.step_log: StepLog | None = None
        self._decoder = decoder
        self._grammars = grammars
        self._pieces = pieces
        self._end_tokens = end_tokens
        self._clock = clock
        self._pace: Pace = pace or Unpaced()
        self._rest_until = 0.0
        self._is_resting = False
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
            if request.id in self._jobs:
                raise StateError(f"Request {request.id} runs already.", "Use a new id.", code="duplicate_request")
            check_request(request, cells=self._decoder.cells, vocabulary_size=len(self._pieces))
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
        if not is_running(self._jobs.values(), sequence):
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

    def tell(self, event: Event) -> None:
        """Report something that happened to the engine as a whole."""
        self._events.append(event)

    def take_events(self) -> list[Event]:
        """Return what happened since the last call."""
        events, self._events = self._events, []
        return events

    def stats(self, *, context_bytes: int = 0) -> EngineStats:
        """Return the counters."""
        pacing: PacingState = self._pace.state
        return EngineStats(
            steps=self._steps,
            decode_tokens=self._decode_tokens,
            read_tokens=self._read_tokens,
            live=self.memory.live,
            waiting=sum(job.state is JobState.WAITING for job in self._jobs.values()),
            parked=self.memory.parked,
            parked_bytes=self.memory.parked_bytes,
            step_ms=self._step_ms,
            own_ms=self._own_ms,
            context_bytes=context_bytes,
            quantum=min(pacing.quantum, self.quantum),
            tokens_per_s=pacing.tokens_per_s,
            busy_tokens_per_s=pacing.busy_tokens_per_s,
            is_starving=pacing.is_starving,
            frames=pacing.frames,
            late_frames=pacing.late_frames,
        )

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._jobs

    @property
    def is_resting(self) -> bool:
        """Whether the last step did nothing because the pace said so."""
        return self._is_resting

    @property
    def rest_s(self) -> float | None:
        """How long the pace lets the loop rest before the next step, a deadline permitting; None without a rest."""
        if not self._is_resting:
            return None
        deadlines = (job.deadline for job in self._jobs.values())
        until = min((deadline for deadline in deadlines if deadline is not None), default=self._rest_until)
        return max(0.0, min(until, self._rest_until) - self._clock())

    def repace(self) -> None:
        """Let the next step ask the pace again before a rest is over: something changed that it depends on."""
        self._rest_until = 0.0

    # The context under it

    def suspend(self, *, keep: bool) -> None:
        """Take every job out of its slot and empty the slots, the most urgent job's state being kept first.

        Args:
            keep: Whether states are parked; without it all is read again.
        """
        now = self._clock()
        running = sorted((job for job in self._jobs.values() if job.slot is not None), key=lambda job: rank(job, now))
        for job in running:
            slot = job.slot
            job.suspend(now)
            if slot is not None:
                self.memory.release(slot)
                job.pin = self.memory.park_pinned(slot) if keep else None
        self.memory.empty(keep=keep)

    def attach(self, decoder: Decoder, memory: SequenceMemory, *, quantum: int) -> None:
        """Go on with another context; :meth:`suspend` was called before. What does not fit it fails."""
        self._decoder, self.memory, self.quantum = decoder, memory, quantum
        for job in list(self._jobs.values()):
            if job.sampler is not None:
                job.sampler.move_to(decoder)
            if job.worst_cells > decoder.cells:
                self._fail(job, too_long(job.request, decoder.cells))

    def hand_over(self) -> list[tuple[Request, float]]:
        """Give up every job after :meth:`suspend`, without an event.

        Returns:
            What another loop must be asked to go on with: requests, and when they came.
        """
        jobs = list(self._jobs.values())
        for job in jobs:
            self._release(job)
        return [(job.as_request(), job.submitted) for job in jobs]

    # The step

    def step(self) -> bool:
        """Do one round of work; False when nothing could be done, or nothing may be done yet."""
        started, self._native_s = perf_counter(), 0.0
        self._expire()
        if not self._jobs or (self._is_resting and (self._clock() < self._rest_until or self._ask() is None)):
            return False
        self._admit()
        grant = self._ask()
        if grant is None:
            return False
        worked = grant.may_speak and self._speak(grant.rows)
        worked = self._read(grant.quantum) or worked
        if worked:
            self._steps += 1
            spent = perf_counter() - started
            self.last_own_ms = (spent - self._native_s) * 1000
            self._step_ms += _SMOOTHING * (spent * 1000 - self._step_ms)
            self._own_ms += _SMOOTHING * (self.last_own_ms - self._own_ms)
        return worked

    def _ask(self) -> Grant | None:
        """Ask the pace what may be done now; None when it is to rest first."""
        speakers = readers = 0
        for job in self._jobs.values():
            if job.state is JobState.SPEAKING:
                speakers += 1
            elif job.state is JobState.READING:
                readers += 1
        now = self._clock()
        grant = self._pace.grant(now * 1000, speakers=speakers, readers=readers)
        self._is_resting = grant.wait_ms > 0
        self._rest_until = now + grant.wait_ms / 1000
        return None if self._is_resting else grant

    def _expire(self) -> None:
        now = self._clock()
        for job in list(self._jobs.values()):
            if job.deadline is not None and now >= job.deadline:
                self._finish(job, "deadline")

    # Admission

    def _admit(self) -> None:
        now = self._clock()
        for job in admissible(self._jobs, self.memory, now):
            self._start(job, now)

    def _start(self, job: Job, now: float) -> None:
        need_logits = job.request.kind != "read"
        place = self.memory.acquire(job.request.sequence, job.prompt, job.worst_cells, need_logits=need_logits)
        if job.pin is not None:
            self._unpin(job, is_live=place.length >= len(job.pin.state.tokens))
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

    # Decoding for those who speak

    def _speak(self, rows: int) -> bool:
        speakers = [job for job in self._jobs.values() if job.state is JobState.SPEAKING and job.pending]
        if not speakers:
            return False
        if 0 < rows < len(speakers):
            # A frame does not hold all of them: those who have waited longest come first.
            speakers = nsmallest(rows, speakers, key=lambda job: job.spoke_in)
        for job in speakers:
            job.spoke_in = self._steps + 1
        self._decoder.clear_abort()
        longest = self._decoder.batch_tokens
        for call in pack([min(len(job.pending), longest) for job in speakers], longest):
            self._decode([(speakers[index], speakers[index].pending[:longest]) for index in call])
        return True

    def _read(self, granted: int) -> bool:
        readers = [job for job in self._jobs.values() if job.state is JobState.READING]
        quantum = min(granted, self.quantum, self._decoder.batch_tokens)
        plan = plan_reading(readers, quantum, self._clock()) if quantum > 0 else []
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
        code = self._call(rows, is_reading=bool(self._reading))
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

    def _call(self, rows: list[Row], *, is_reading: bool) -> int:
        started = perf_counter()
        code = self._decoder.decode(rows)
        spent_s = perf_counter() - started
        self._native_s += spent_s
        if self.step_log is not None:
            self.step_log.note(started + spent_s, spent_s, sum(len(row[1]) for row in rows), len(rows), is_reading)
        self._pace.spent(
            tokens=sum(len(row[1]) for row in rows),
            is_reading=is_reading,
            rows=len(rows),
            call_ms=spent_s * 1000,
            now_ms=self._clock() * 1000,
        )
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

    def _unpin(self, job: Job, *, is_live: bool = False) -> None:
        if job.pin is not None:
            self.memory.unpin(job.pin, is_live=is_live)
            job.pin = None

    def _release(self, job: Job) -> None:
        self._jobs.pop(job.request.id, None)
        self._unpin(job)
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
