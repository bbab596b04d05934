"""One character inside the runtime: its history, its running turn, and what it notices."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from npc_sdk.actions import ActionSpec, Declaration, Dialect, LiveWorld, WorldSnapshot, action_spec
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.live import model_changed
from npc_sdk.engine.request import EngineCost, Failed, Priority, Request
from npc_sdk.errors import NpcError, StateError
from npc_sdk.persona import Persona
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.decision import Decision, DecisionMachine
from npc_sdk.runtime.events import TurnEvent
from npc_sdk.runtime.failure import as_npc_error
from npc_sdk.runtime.heard import raw_characters
from npc_sdk.runtime.kept import Kept, KeptReport, OnKept
from npc_sdk.runtime.loop import Loop
from npc_sdk.runtime.mailbox import Log
from npc_sdk.runtime.observations import Observations
from npc_sdk.runtime.plan import DecisionPlan, TurnPlan
from npc_sdk.runtime.prompter import Ask, Prompter
from npc_sdk.runtime.seed import derived_seed
from npc_sdk.runtime.settings import RuntimeSettings
from npc_sdk.runtime.task import DecisionTask, Task, TurnTask
from npc_sdk.runtime.turn_machine import TurnMachine


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all characters of a runtime share."""

    engine: Engine
    loop: Loop
    clock: Clock
    settings: RuntimeSettings
    dialect: Dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who a character is; nothing in it changes."""

    name: str
    persona: Persona
    actions: tuple[ActionSpec, ...]
    waits_for: frozenset[str]
    seed: int
    priority: Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One line of a conversation as a character remembers it.

    Args:
        speaker: ``player``, ``npc``, or ``result`` for what came of an action.
        text: What was said.
        actions: Names of the actions that went with it.
    """

    speaker: str
    text: str
    actions: tuple[str, ...] = ()


class Character:
    """Owned by the runtime's thread: every method is called there, but for what is said to be safe.

    Args:
        cast: Who it is.
        prompter: Builds its requests and keeps its history.
        shared: What it shares with others.
        on_kept: Gets what changed of what must be kept.

    Attributes:
        make_prompter: Makes a prompter for the engine as it is now.
    """

    def __init__(self, cast: Cast, prompter: Prompter, shared: Surroundings, on_kept: OnKept | None = None) -> None:
        self.make_prompter: Callable[[], Prompter] = lambda: prompter
        self.cast = cast
        self.live = LiveWorld()
        self.is_gone = False
        self._prompter = prompter
        self._shared = shared
        self._actions: Mapping[str, ActionSpec] = {action.name: action for action in cast.actions}
        self._observations = Observations(shared.settings.max_observations)
        self._running: TurnTask | None = None
        self._last: TurnMachine | None = None
        self._last_is_open = False
        self._late_results: tuple[str, ...] = ()
        self._decisions: dict[DecisionTask, Callable[[], DecisionPlan]] = {}
        self._asked: Callable[[], TurnPlan] | None = None
        self._stuck: NpcError | None = None
        self._reading: int | None = None
        self._turns = self._asides = self._fallbacks = 0
        self._report = KeptReport(on_kept)

    @property
    def is_talking(self) -> bool:
        """Whether a turn runs; safe from any thread."""
        return self._running is not None

    @property
    def prompt_tokens(self) -> int:
        """Tokens that every prompt begins with; safe from any thread."""
        return self._prompter.system_tokens + len(self._prompter.history.tokens)

    # Turns.

    def begin_turn(
        self,
        log: Log[TurnEvent],
        line: str,
        *,
        speaker: str | None,
        started_ms: float,
        deadline_ms: float,
        on_task: Callable[[TurnTask], None],
    ) -> None:
        """Run a turn; one that runs is interrupted.

        Args:
            log: Where its events go.
            line: What the player said.
            speaker: Who said it.
            started_ms: When.
            deadline_ms: How long the answer may take.
            on_task: Gets the turn before anything happens in it.
        """
        self.interrupt("interrupted")
        self._stop_reading()
        self._last_is_open = False
        plan = self._turn_plan(line, speaker, started_ms, deadline_ms)
        loop = self._shared.loop
        machine = TurnMachine(plan, loop.next_id, answer=lambda *reply: self._answer(task, *reply))
        is_begun = plan.request is not None or (plan.error is not None and plan.error is loop.refusal)
        task = TurnTask(machine, self.live, log, on_end=partial(self._settle, is_begun))
        self._running = task
        self._last = machine
        on_task(task)
        self._begin(task)

    def _begin(self, task: Task) -> None:
        if self.is_gone:
            self._shared.loop.cancel(task, "despawned")
        else:
            self._shared.loop.begin(task)

    def interrupt(self, why: str) -> None:
        """End the running turn, if there is one."""
        if self._running is not None:
            self._shared.loop.cancel(self._running, why)

    def heard(self, task: TurnTask, characters: int) -> None:
        """Take a report of what was heard."""
        machine = task.machine
        machine.heard(characters)
        if machine is self._last and self._last_is_open:
            before = self._prompter.history.tokens
            self._keep_heard(machine)
            if self._prompter.history.tokens != before:
                self._read_ahead()
                self.keep()

    def _answer(self, task: TurnTask, call_id: str, result: str, continue_: bool) -> None:
        self._shared.loop.post(lambda: self._answered(task, call_id, result, continue_))

    def _answered(self, task: TurnTask, call_id: str, result: str, continue_: bool) -> None:
        machine = task.machine
        self._shared.loop.perform(task, lambda now_ms: machine.result(call_id, result, continue_, now_ms))
        if machine.end is not None and self._keep_results(machine):
            self._read_ahead()
            self.keep()

    def _settle(self, is_begun: bool, machine: TurnMachine) -> None:
        """Put a turn that has just ended into the history."""
        self._running = None
        end = machine.end
        if end is None or not is_begun:
            return
        if end.source == "fallback":
            self._fallbacks += 1
            self._prompter.history.commit_text(end.text)
        elif machine.open_round is not None:
            generated, calls = machine.open_round
            self._prompter.history.commit(generated, calls=calls, is_broken_off=machine.is_broken_off)
        self._last_is_open = True
        self._keep_heard(machine)
        self._keep_results(machine)
        self._read_ahead()
        self.keep()

    def _keep_heard(self, machine: TurnMachine) -> None:
        history = self._prompter.history
        heard = machine.heard_characters(auto_heard=self._shared.settings.auto_heard)
        answers = [step.answer for step in history.exchanges[-1].steps if step.answer is not None]
        raw = "".join(answer.speech_bytes().decode("utf-8", "surrogateescape") for answer in answers)
        history.heard(raw_characters(raw, machine.shown, heard))

    def _keep_results(self, machine: TurnMachine) -> bool:
        """Put results that came too late for their turn behind the last exchange, or keep them until it has ended."""
        self._late_results += machine.take_results()
        if not self._late_results or not self._last_is_open:
            return False
        self._prompter.history.add_result(self._late_results)
        self._late_results = ()
        return True

    def _turn_plan(self, line: str, speaker: str | None, started_ms: float, deadline_ms: float) -> TurnPlan:
        persona = self.cast.persona
        snapshot = self.live.snapshot()
        ask = Ask(
            line=line,
            speaker=speaker,
            observations=self._observations.current(started_ms),
            snapshot=snapshot,
            seed=derived_seed(self.cast.seed, "turn", self._turns),
            priority=self.cast.priority,
        )
        self._turns += 1
        fallback_line = persona.fallback_line(self._fallbacks)
        self._asked = partial(self._planned_turn, ask, started_ms, deadline_ms, fallback_line)
        return self._asked()

    def _planned_turn(self, ask: Ask, started_ms: float, deadline_ms: float, fallback_line: str) -> TurnPlan:
        settings, persona, snapshot = self._shared.settings, self.cast.persona, ask.snapshot
        request, error = self._built(lambda: self._prompter.turn(ask))
        labels = self._prompter.labels(snapshot)
        return TurnPlan(
            request=request,
            error=error,
            started_ms=started_ms,
            deadline_ms=deadline_ms,
            tick=snapshot.tick,
            actions=self._actions,
            limits=persona.limits,
            fallback_line=fallback_line,
            waits_for=self.cast.waits_for,
            action_timeout_ms=settings.action_timeout_ms,
            max_rounds=settings.max_action_rounds,
            is_thinking=self._prompter.is_thinking,
            parser=partial(self._shared.dialect.parser, self.cast.actions, labels),
            go_on=self._prompter.go_on,
        )

    def _built(self, build: Callable[[], Request]) -> tuple[Request | None, NpcError | None]:
        if self._stuck is not None:
            return None, self._stuck
        try:
            request = build()
        except Exception as error:  # whatever it is, the game gets its answer
            return None, as_npc_error(error)
        refusal = self._shared.loop.refusal
        return (request, None) if refusal is None else (None, refusal)

    # Decisions.

    def begin_decision(
        self,
        log: Log[Decision],
        situation: str,
        options: Sequence[str],
        *,
        default: int,
        started_ms: float,
        deadline_ms: float,
        on_task: Callable[[DecisionTask], None],
    ) -> None:
        """Run a decision, beside a turn if one runs.

        Args:
            log: Where the decision goes.
            situation: What is decided about.
            options: What can be chosen.
            default: Position of what is chosen without the model.
            started_ms: When the game asked.
            deadline_ms: How long it may take.
            on_task: Gets the decision before anything happens in it.
        """
        self._stop_reading()
        # Beside a running turn the decision needs a state of its own; else it would wait for the turn.
        is_beside = self._running is not None
        self._asides += is_beside
        sequence = f"{self.cast.name}/decide/{self._asides}" if is_beside else self.cast.name

        def plan() -> DecisionPlan:
            request, error = self._built(lambda: self._decision(situation, options, started_ms, sequence))
            return DecisionPlan(
                request=request,
                error=error,
                options=tuple(options),
                default=default,
                started_ms=started_ms,
                deadline_ms=deadline_ms,
            )

        machine = DecisionMachine(plan(), self._shared.loop.next_id)
        task = DecisionTask(machine, log, lambda: self._decided(task, sequence if is_beside else None))
        self._decisions[task] = plan
        on_task(task)
        self._begin(task)

    def _decision(self, situation: str, options: Sequence[str], started_ms: float, sequence: str) -> Request:
        return self._prompter.decision(
            situation,
            options,
            observations=self._observations.current(started_ms),
            snapshot=self.live.snapshot(),
            priority=self.cast.priority,
            sequence=sequence,
        )

    def _decided(self, task: DecisionTask, aside: str | None) -> None:
        self._decisions.pop(task, None)
        if aside is not None:
            self._forget(aside)

    def _forget(self, sequence: str) -> None:
        self._shared.loop.to_engine(partial(self._shared.engine.forget, sequence))

    # What is around.

    def observe(self, text: str, *, until_ms: float) -> None:
        """Note something for the next prompts."""
        self._observations.add(text, until_ms=until_ms)

    def greet(self) -> None:
        """Have the greeting said, when nothing was said before."""
        history = self._prompter.history
        if self._running is None and not history.exchanges and self.cast.persona.greeting:
            history.commit_text(self.cast.persona.greeting)
            self._read_ahead()
            self.keep()

    def history(self) -> tuple[HistoryLine, ...]:
        """Return what the character remembers, oldest first."""
        lines: list[HistoryLine] = []
        for exchange in self._prompter.history.exchanges:
            if exchange.user is not None:
                lines.append(HistoryLine(speaker="player", text=exchange.user.text))
            for step in exchange.steps:
                if step.kind == "result":
                    lines += [HistoryLine(speaker="result", text=text) for text in step.texts]
                elif step.reply is not None:
                    actions = tuple(name for name, _ in step.reply.calls)
                    lines.append(HistoryLine(speaker="npc", text=step.reply.text, actions=actions))
        return tuple(lines)

    # What the engine becomes.

    def resize(self, max_tokens: int) -> None:
        """Count with another size of the engine's context, and ask again what was lost with the old one."""
        if self._running is not None and self._running.is_held:
            # The history has an open turn whose prompt no longer fits: what was before it is taken over.
            self._renew(self._shared)
            return
        self._prompter.resize(max_tokens)
        self._ask_again()

    def move(self, shared: Surroundings) -> None:
        """Go on with another model, and ask again what was lost with the old one.

        The conversation is taken over as text. A turn that has spoken with the old model ends as cut.

        Args:
            shared: What is shared with others from now on.
        """
        lost = Failed(0, model_changed(), EngineCost())
        tasks: list[TurnTask | DecisionTask] = [*self._decisions]
        if self._running is not None:
            tasks.append(self._running)
        for task in tasks:
            if not task.is_held:
                own = replace(lost, id=task.machine.request_id or 0)
                self._shared.loop.perform(task, partial(task.hold, own))
        self._renew(shared)

    def _renew(self, shared: Surroundings) -> None:
        """Make the prompts anew, with what was said so far."""
        self._stop_reading()
        kept, self._shared = self._prompter.history.changes(0), shared
        try:
            prompter = self.make_prompter()
            prompter.history.restore(kept)
        except NpcError as error:
            # This persona does not fit the model; the one before may come back.
            self._stuck = error
        else:
            self._prompter, self._stuck = prompter, None
        self._last_is_open = False
        self._ask_again()

    def _ask_again(self) -> None:
        loop, running, again = self._shared.loop, self._running, self._asked
        if running is not None and running.is_held and again is not None:
            machine = running.machine
            loop.perform(running, lambda now_ms: machine.ask_again(again(), now_ms))
        for task, plan in list(self._decisions.items()):
            self._decide_again(task, plan)
        if self._running is None:
            self._read_ahead()

    def _decide_again(self, task: DecisionTask, plan: Callable[[], DecisionPlan]) -> None:
        if task.is_held:
            self._shared.loop.perform(task, lambda now_ms: task.machine.ask_again(plan(), now_ms))

    # What is kept.

    def restore(self, kept: Kept) -> None:
        """Become what was kept; before anything else is asked of the character.

        Raises:
            PromptError: What was kept cannot be read (``bad_history``).
            ActionError: Its vocabularies cannot be used.
        """
        self._prompter.history.restore(kept.history)
        self.live.update(tick=kept.tick, **(kept.vocabularies or {}))
        self._turns, self._fallbacks = kept.turns, kept.fallbacks
        now_ms = self._shared.clock.now_ms()
        for text, left_ms in kept.observations:
            self.observe(text, until_ms=now_ms + left_ms)

    def export(self) -> Kept:
        """Return what must be kept; a turn that runs is not part of it."""
        return self._kept(0, None, self.live.snapshot())

    def keep(self, *, is_whole: bool = False, then: Callable[[], None] | None = None) -> None:
        """Report what changed since the last report.

        Args:
            is_whole: Whether to report everything.
            then: Called after the report.
        """
        snapshot, position = self.live.snapshot(), self._prompter.history.last_position
        if is_whole:
            self._report.begin_anew()
        self._report.tell(partial(self._kept, snapshot=snapshot), last=position, snapshot=snapshot)
        if then is not None:
            then()

    def _kept(self, first: int, known: WorldSnapshot | None, snapshot: WorldSnapshot) -> Kept:
        is_new = known is None or known.vocabularies != snapshot.vocabularies
        return Kept(
            seed=self.cast.seed,
            turns=self._turns,
            fallbacks=self._fallbacks,
            tick=snapshot.tick,
            observations=self._observations.kept(self._shared.clock.now_ms()),
            vocabularies=snapshot.vocabularies if is_new else None,
            history=self._prompter.history.changes(first),
        )

    def warm(self) -> None:
        """Have the prompt's beginning read before anybody speaks."""
        if not self.is_gone and self._running is None:
            self._read_ahead()

    def park(self) -> None:
        """Give the slot free."""
        if self._running is not None:
            raise StateError(
                f"{self.cast.persona.name} is talking.", "Wait for the turn's end, or cancel it.", code="npc_talking"
            )
        self._stop_reading()
        self._shared.loop.to_engine(partial(self._shared.engine.park, self.cast.name))

    def despawn(self) -> None:
        """End what runs and drop all state in the engine."""
        self.is_gone = True
        self.interrupt("despawned")
        for task in list(self._decisions):
            self._shared.loop.cancel(task, "despawned")
        self._stop_reading()
        self._forget(self.cast.name)

    def _read_ahead(self) -> None:
        self._stop_reading()
        if self._shared.settings.warm and not self.is_gone and self._stuck is None:
            request_id = self._shared.loop.next_id()
            self._reading = request_id
            self._shared.loop.submit_read(self._prompter.read_ahead(request_id))

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._shared.loop.cancel_request(self._reading)
            self._reading = None


def checked_waits(waits_for: Collection[str | Declaration], actions: Sequence[ActionSpec]) -> frozenset[str]:
    """Return the names of the actions that a turn waits for; they may be named or given as they were declared.

    Raises:
        StateError: One of them is no action of the character (``unknown_action``).
    """
    known = {action.name for action in actions}
    listed = (waits_for,) if isinstance(waits_for, str) else waits_for
    waits = frozenset(each if isinstance(each, str) else action_spec(each).name for each in listed)
    unknown = sorted(waits - known)
    if unknown:
        raise StateError(
            f"There is no action {unknown[0]!r} to wait for.",
            f"Actions are: {', '.join(sorted(known)) or 'none'}.",
            code="unknown_action",
        )
    return waits
