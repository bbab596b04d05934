"""An engine without a model: it answers as scripted, on a clock that a test moves."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.config import EngineConfig, Wish, placed_like
from npc_sdk.engine.engine import EngineInfo, EngineStats
from npc_sdk.engine.live import model_changed
from npc_sdk.engine.request import (
    Ended,
    EndReason,
    EngineCost,
    EngineDown,
    EngineUp,
    Event,
    Failed,
    Reconfigured,
    Request,
    TokensOut,
)
from npc_sdk.errors import BackendError, EngineCrashError, NpcError, PromptError, StateError
from npc_sdk.testing.fake_answer import answer_tokens, scored
from npc_sdk.testing.fake_changes import FakeChanges
from npc_sdk.testing.fake_clock import FakeClock
from npc_sdk.testing.fake_prefix import FakePrefixes
from npc_sdk.testing.fake_schedule import FakeSchedule
from npc_sdk.testing.fake_tokenizer import FakeTokenizer
from npc_sdk.testing.reply import Choice, Reply, ReplyLike, Rule, Script


def default_rule(prompt: str) -> str:
    """Answer anything with one harmless sentence."""
    return "I hear you."


@dataclass
class _Live:
    request: Request
    submitted_ms: float
    started_ms: float | None = None
    first_ms: float | None = None
    read_ms: float = 0.0
    cached: int = 0
    state_from: str = "none"
    given: list[int] = field(default_factory=list)


class FakeEngine:
    """Follows the engine protocol with scripted replies; public, for the tests of games.

    Give it to a runtime: ``Runtime(engine=FakeEngine())``. The runtime then also uses its clock. Grammars
    are not enforced, so that a script can misbehave. Every method is safe to call from any thread.

    Args:
        rule: What to answer when nothing is scripted: a function from the prompt's text to a reply.
        tokens_per_ms: Pace of speech on the fake clock; None answers at once.
        read_tokens_per_ms: Pace of reading on the fake clock; None reads at once.
        cells: Tokens that fit; a longer prompt fails as with a real engine.
        slots: Characters that would be live at once; only what :attr:`info` says depends on it.
        clock: The clock; None makes one.
        tokenizer: The vocabulary; None makes one.
        remembers: Most requests that :attr:`requests` tells, and most prefixes that are known; None is all.
    """

    def __init__(
        self,
        rule: Rule = default_rule,
        *,
        tokens_per_ms: float | None = None,
        read_tokens_per_ms: float | None = None,
        cells: int = 8192,
        slots: int = 4,
        clock: FakeClock | None = None,
        tokenizer: FakeTokenizer | None = None,
        remembers: int | None = None,
    ) -> None:
        self._clock = clock or FakeClock()
        self._tokenizer = tokenizer or FakeTokenizer()
        self._script = Script(rule)
        self._pace, self._read_pace = tokens_per_ms, read_tokens_per_ms
        self._prefixes = FakePrefixes(remembers)
        self._lock = threading.RLock()
        self._emit: Callable[[Event], None] | None = None
        self._schedule = FakeSchedule()
        config = EngineConfig(model_path="fake", slots=slots, cells=cells)
        self._changes = FakeChanges(
            config,
            self._schedule,
            now_ms=self._clock.now_ms,
            tell=self._tell,
            fail_unfit=self._fail_unfit,
            go_on=self._go_on,
        )
        self._live: dict[int, _Live] = {}
        self._waiting: dict[str, list[int]] = {}
        self._down: NpcError | None = None
        self._restarts = self._steps = self._decoded = self._read = 0
        self._submitted: deque[Request] = deque(maxlen=remembers)
        self._hints: list[FrameHint] = []
        self._pacing: PacingConfig | None = None
        self._pacing_figures = EngineStats()

    # What a test says and asks.

    @property
    def clock(self) -> FakeClock:
        """The clock; a runtime with this engine uses it too."""
        return self._clock

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request so far, in order, as far as they are remembered."""
        with self._lock:
            return tuple(self._submitted)

    def prompts(self, kind: str = "generate") -> tuple[str, ...]:
        """Return the prompts of all requests of a kind, as text, in order."""
        return tuple(self._tokenizer.decode(request.tokens) for request in self.requests if request.kind == kind)

    def script(self, name: str, replies: Sequence[ReplyLike]) -> None:
        """Queue replies; they are used up one by one.

        Args:
            name: The npc's or its persona's name, or ``"*"`` for whoever asks first.
            replies: Texts or :class:`Reply` values.
        """
        with self._lock:
            self._script.add_replies(name, replies)

    def choose(self, name: str, choices: Sequence[Choice]) -> None:
        """Queue what the model prefers in decisions.

        Args:
            name: As in :meth:`script`.
            choices: The text of an option each, or a weight for each option's text.
        """
        with self._lock:
            self._script.add_choices(name, choices)

    def script_change(self, *, takes_ms: float = 0.0, error: NpcError | None = None) -> None:
        """Say what the next change is like that has no script yet; without one it takes no time and succeeds.

        Args:
            takes_ms: How long requests wait for it, on the fake clock.
            error: Why it fails; the old configuration then holds again, or the engine stays suspended.
        """
        with self._lock:
            self._changes.script(takes_ms, error)

    def say_pacing(self, *, tokens_per_s: float = 0.0, is_starving: bool = False, quantum: int = 0) -> None:
        """Set what :meth:`stats` says of the pacing."""
        with self._lock:
            self._pacing_figures = EngineStats(tokens_per_s=tokens_per_s, is_starving=is_starving, quantum=quantum)

    @property
    def config(self) -> EngineConfig:
        """The configuration that holds; ``model_path`` is ``fake`` at first."""
        with self._lock:
            return self._changes.config

    @property
    def is_suspended(self) -> bool:
        """Whether requests wait until the engine is brought back."""
        return self._changes.is_suspended

    @property
    def wishes(self) -> tuple[Wish, ...]:
        """Every configuration that was asked for, and ``"suspend"``, in order."""
        with self._lock:
            return tuple(self._changes.wishes)

    @property
    def hints(self) -> tuple[FrameHint, ...]:
        """Every frame hint, in order."""
        with self._lock:
            return tuple(self._hints)

    @property
    def pacing(self) -> PacingConfig | None:
        """What was last passed to :meth:`pace`."""
        return self._pacing

    def crash(self, *, is_final: bool = False) -> None:
        """Fail every live request as if the engine process had died; it comes back unless ``is_final``."""
        with self._lock:
            error = EngineCrashError("The fake engine crashed as scripted.")
            self._tell(EngineDown(error, is_final))
            for live in list(self._live.values()):
                self._fail(live, error)
            self._prefixes.drop_all()
            if is_final:
                self._down = error
                return
            self._restarts += 1
            self._tell(EngineUp(self._restarts))

    # The engine protocol.

    @property
    def tokenizer(self) -> FakeTokenizer:
        """The vocabulary."""
        return self._tokenizer

    @property
    def info(self) -> EngineInfo:
        """What this engine is; raises ``StateError`` before :meth:`start`."""
        if self._emit is None:
            raise StateError("The fake engine was not started.", code="not_started")
        return EngineInfo(
            model_name="fake",
            fingerprint=self._tokenizer.fingerprint,
            slots=self._changes.config.slots,
            cells=self._changes.config.cells,
            max_sequence_tokens=self._changes.config.cells,
            is_hybrid=True,
            backend="script",
            context_bytes=self._changes.context_bytes,
        )

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Begin to answer."""
        self._emit = on_event
        self._clock.attach(self)

    def submit(self, request: Request) -> None:
        """Queue a request; without a pace its events happen before this returns."""
        with self._lock:
            self._submitted.append(request)
            live = _Live(request, self._clock.now_ms())
            self._live[request.id] = live
            problem = self._problem(request)
            if problem is not None:
                self._fail(live, problem)
                return
            queue = self._waiting.setdefault(request.sequence, [])
            queue.append(request.id)
            if len(queue) == 1 and not self._changes.is_away:
                self._begin(live)
            self._fire_due()

    def cancel(self, request_id: int) -> None:
        """End a request with reason ``cancelled``; unknown ids are ignored."""
        with self._lock:
            live = self._live.get(request_id)
            if live is not None:
                self._end(live, "cancelled")
                self._fire_due()

    def park(self, sequence: str) -> None:
        """Count the sequence as parked."""
        with self._lock:
            self._prefixes.park(sequence)

    def forget(self, sequence: str) -> None:
        """Drop the sequence's prefix."""
        with self._lock:
            self._prefixes.forget(sequence)

    def set_quantum(self, quantum: int) -> None:
        """Do nothing: a fake engine has no steps."""

    def reconfigure(self, config: EngineConfig) -> None:
        """Change the configuration as scripted; see :meth:`script_change`."""
        with self._lock:
            if self._down is not None:
                self._tell(Reconfigured(config=self._changes.config, error=self._down))
            elif self._emit is None:
                self._changes.config = config
            else:
                self._changes.want(placed_like(config, self._changes.config))
                self._fire_due()

    def suspend(self) -> None:
        """Let requests wait until :meth:`reconfigure`, after the time that is scripted."""
        with self._lock:
            if self._emit is None:
                raise StateError("The fake engine was not started.", code="engine_not_running")
            if self._down is None:
                self._changes.want("suspend")
                self._fire_due()

    def frame(self, hint: FrameHint) -> None:
        """Remember a hint; see :attr:`hints`."""
        with self._lock:
            self._hints.append(hint)

    def pace(self, config: PacingConfig) -> None:
        """Remember the settings; see :attr:`pacing`."""
        self._pacing = config

    def stats(self) -> EngineStats:
        """Return the counters."""
        with self._lock:
            live, parked = self._prefixes.counts
            return replace(
                self._pacing_figures,
                steps=self._steps,
                decode_tokens=self._decoded,
                read_tokens=self._read,
                live=live,
                waiting=sum(max(0, len(queue) - 1) for queue in self._waiting.values()),
                parked=parked,
                restarts=self._restarts,
                context_bytes=self._changes.context_bytes,
            )

    def close(self, *, timeout_s: float = 10.0) -> None:
        """End every live request with ``cancelled``; safe to call twice."""
        # First of all: the clock may be at work, and then holds its own lock while it waits for this engine's.
        self._clock.detach(self)
        with self._lock:
            for request_id in list(self._live):
                self.cancel(request_id)
            self._down = self._down or StateError("The fake engine is closed.", code="closed")

    # What the clock drives.

    def next_ms(self) -> float | None:
        """Return when the next token is due."""
        with self._lock:
            return self._schedule.next_ms()

    def fire(self) -> None:
        """Give out what is due."""
        with self._lock:
            self._fire_due()

    def settle(self) -> None:
        """Do nothing: whatever is due was given out."""

    # Inside.

    def _problem(self, request: Request) -> NpcError | None:
        if self._down is not None:
            return self._down
        lengths = [boundary.length for boundary in request.boundaries]
        if lengths != sorted(lengths) or any(not 1 <= length <= len(request.tokens) for length in lengths):
            return PromptError("The boundaries are not ascending within the prompt.", code="bad_boundaries")
        worst = len(request.tokens) + (request.max_tokens + 1 if request.kind == "generate" else 0)
        if not request.tokens or worst > self._changes.config.cells:
            return PromptError(f"The prompt has {len(request.tokens)} tokens.", code="prompt_too_long")
        return None

    # What changes do.

    def _fail_unfit(self, is_other_model: bool) -> None:
        """Fail the requests that the present configuration cannot run."""
        for live in list(self._live.values()):
            problem = model_changed() if is_other_model else self._problem(live.request)
            if problem is not None:
                self._fail(live, problem)

    def _go_on(self) -> None:
        """Begin the requests that came during a change."""
        for queue in list(self._waiting.values()):
            if queue and self._live[queue[0]].started_ms is None:
                self._begin(self._live[queue[0]])

    def _tell(self, event: Event) -> None:
        if self._emit is not None:
            self._emit(event)

    # Requests.

    def _begin(self, live: _Live) -> None:
        request = live.request
        live.started_ms = self._clock.now_ms()
        live.cached, live.state_from = self._prefixes.read(request)
        new = len(request.tokens) - live.cached
        self._read += new
        live.read_ms = new / self._read_pace if self._read_pace else 0.0
        at_ms = live.started_ms + live.read_ms
        prompt = self._tokenizer.decode(request.tokens)
        if request.kind == "read":
            self._plan(at_ms, live, lambda: self._end(live, "read"))
        elif request.kind == "score":
            choice = self._script.choice(request.sequence, prompt)
            self._plan(at_ms, live, lambda: self._score(live, choice, prompt))
        else:
            self._plan_speech(live, self._script.reply(request.sequence, prompt), at_ms)

    def _plan_speech(self, live: _Live, reply: Reply, at_ms: float) -> None:
        tokens, reason = answer_tokens(reply, live.request, self._tokenizer)
        at_ms += reply.wait_ms
        if reply.failure is not None:
            tokens = tokens[: reply.after_tokens]
        for token in tokens:
            at_ms += 1.0 / self._pace if self._pace else 0.0
            self._plan(at_ms, live, lambda token=token: self._give(live, token))  # type: ignore[misc]
        if reply.failure == "crash":
            self._plan(at_ms, live, self.crash)
        elif reply.failure == "error":
            error = BackendError("The fake engine failed as scripted.")
            self._plan(at_ms, live, lambda: self._fail(live, error))
        elif reply.failure is None:
            self._plan(at_ms, live, lambda: self._end(live, reason))

    def _plan(self, at_ms: float, live: _Live, happen: Callable[[], None]) -> None:
        self._schedule.plan(at_ms, live.request.id, happen)

    def _fire_due(self) -> None:
        while (due := self._schedule.pop(self._clock.now_ms())) is not None:
            request_id, happen = due
            if request_id is None or request_id in self._live:
                happen()

    def _give(self, live: _Live, token: int) -> None:
        live.given.append(token)
        if live.first_ms is None:
            live.first_ms = self._clock.now_ms()
        self._decoded += 1
        self._steps += 1
        self._tell(TokensOut(live.request.id, (token,), self._tokenizer.piece(token)))

    def _score(self, live: _Live, choice: Choice | None, prompt: str) -> None:
        self._tell(scored(live.request, choice, prompt))
        self._end(live, "scored")

    def _end(self, live: _Live, reason: EndReason) -> None:
        self._prefixes.speak(live.request.sequence, live.given)
        self._retire(live, Ended(live.request.id, reason, self._cost(live)))

    def _fail(self, live: _Live, error: NpcError) -> None:
        self._retire(live, Failed(live.request.id, error, self._cost(live)))

    def _retire(self, live: _Live, event: Event) -> None:
        request = live.request
        self._live.pop(request.id, None)
        queue = self._waiting.get(request.sequence, [])
        is_first = queue[:1] == [request.id]
        if request.id in queue:
            queue.remove(request.id)
        self._tell(event)
        if is_first and queue and not self._changes.is_away:
            self._begin(self._live[queue[0]])

    def _cost(self, live: _Live) -> EngineCost:
        now_ms = self._clock.now_ms()
        is_started = live.started_ms is not None
        return EngineCost(
            queue_ms=(live.started_ms if live.started_ms is not None else now_ms) - live.submitted_ms,
            read_ms=live.read_ms,
            first_token_ms=0.0 if live.first_ms is None else live.first_ms - live.submitted_ms,
            decode_ms=0.0 if live.first_ms is None else now_ms - live.first_ms,
            total_ms=now_ms - live.submitted_ms,
            tokens_cached=live.cached,
            tokens_read=len(live.request.tokens) - live.cached if is_started else 0,
            tokens_sampled=len(live.given),
            state_from=live.state_from,
        )
