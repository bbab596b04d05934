"""The runtime: one engine, one world, and the characters in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from typing_extensions import Self

from npc_sdk.actions import Declaration, action_specs, dialect_for
from npc_sdk.budget.frame import Mode
from npc_sdk.budget.plan import Plan, Rung
from npc_sdk.budget.probe import Probe
from npc_sdk.engine.engine import Engine, EngineConfig
from npc_sdk.engine.request import Priority
from npc_sdk.engine.step_log import ReportsCalls
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import RequestError, StateError
from npc_sdk.persona import Persona, World
from npc_sdk.prompt.compiler import PromptCompiler
from npc_sdk.prompt.template import ChatTemplate
from npc_sdk.runtime.budget import BudgetStatus
from npc_sdk.runtime.character import Cast, Character, Surroundings, checked_waits
from npc_sdk.runtime.clock import Clock, Clocked, SystemClock
from npc_sdk.runtime.engine_watch import EngineWatch
from npc_sdk.runtime.engines import EngineKind, make_config, make_engine
from npc_sdk.runtime.events import RuntimeNews
from npc_sdk.runtime.folder import FolderLock
from npc_sdk.runtime.governing import Governing
from npc_sdk.runtime.kept import Kept, OnKept
from npc_sdk.runtime.loop import Loop
from npc_sdk.runtime.npc import Npc
from npc_sdk.runtime.planning import Budget, Wanted, config_of, make_budget, shown_device
from npc_sdk.runtime.prompter import Prompter
from npc_sdk.runtime.seed import derived_seed, fresh_seed
from npc_sdk.runtime.settings import RuntimeSettings
from npc_sdk.runtime.status import NpcStatus, RuntimeStatus

PriorityName: TypeAlias = Literal["player", "companion", "ambient"]

_PRIORITIES = {"player": Priority.PLAYER, "companion": Priority.COMPANION, "ambient": Priority.AMBIENT}


class Runtime:
    """Runs characters on one model.

    Use it as a context manager, or call :meth:`start` and :meth:`close`. Every method may be called from
    any thread. One thread of its own runs all turns; another is the engine's.

    Args:
        model: A name from the catalog, or the path of a GGUF file.
        engine: ``process`` (default) runs the model in a child process, ``thread`` in this one; or an
            engine of your own, such as :class:`npc_sdk.testing.FakeEngine`, for which ``model`` is ignored.
        world: The setting that characters share, or its file.
        folder: A folder that this runtime alone owns while it runs; holds ``runtime.toml`` (settings, if
            it is there) and what must survive a crash of the engine. None needs no folder.
        settings: Settings, or a TOML file with them.
        clock: Tells the time; None takes the engine's clock when it brings one, else the system's.
        on_event: Called when the engine goes down or comes back, and with news of the budget
            (:class:`~npc_sdk.runtime.budget.BudgetStep` and others), on the runtime's thread; must return
            quickly and must not call the runtime.
        watch: Hears of every request to the engine and of what comes of it, for recordings and traces.
        probe: Sees the memory that is governed; None chooses one for this machine. Closed with the runtime.
        ladder: Plans to walk, best first, instead of planned ones; for engines of your own.
        **overrides: Single settings by name, such as ``slots=8``, ``vram="4GiB"`` or ``reserve_mib=512``; see
            :class:`RuntimeSettings`.

    Raises:
        RequestError: A setting is unknown or cannot be used.
        PersonaError: The world file cannot be used.
    """

    def __init__(
        self,
        model: str | Path = "starter",
        *,
        engine: Engine | EngineKind | None = None,
        world: World | str | Path | None = None,
        folder: str | Path | None = None,
        settings: RuntimeSettings | str | Path | None = None,
        clock: Clock | None = None,
        on_event: Callable[[RuntimeNews], None] | None = None,
        watch: EngineWatch | None = None,
        probe: Probe | None = None,
        ladder: Sequence[Rung] | None = None,
        **overrides: Any,
    ) -> None:
        self._model = model
        self._given_engine = engine
        self._folder = None if folder is None else Path(folder)
        self._settings = _settings(settings, self._folder, overrides)
        self._world = world if isinstance(world, World) or world is None else World.load(world)
        self._clock = clock
        self._on_event = on_event
        self._watch = watch
        self._wanted = Wanted(probe=probe, ladder=ladder)
        self._governing: Governing | None = None
        self._full_tokens = 0
        self._lock = threading.RLock()
        self._folder_lock: FolderLock | None = None
        self._engine: Engine | None = None
        self._loop: Loop | None = None
        self._compiler: PromptCompiler | None = None
        self._shared: Surroundings | None = None
        self._characters: dict[str, Character] = {}
        self._seed = fresh_seed() if self._settings.seed is None else self._settings.seed
        self._is_closed = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def settings(self) -> RuntimeSettings:
        """What the runtime is set up with."""
        return self._settings

    @property
    def world(self) -> World | None:
        """The setting that characters share."""
        return self._world

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The model's vocabulary, once the engine works."""
        engine = self._engine
        return None if engine is None else engine.tokenizer

    @property
    def steps(self) -> int:
        """Calls of llama.cpp so far; they stand still when the engine does. Never waits."""
        engine = self._engine
        return 0 if engine is None else engine.stats().steps

    def start(self) -> None:
        """Load the model and begin to work; nothing when it works already.

        Raises:
            StateError: The runtime was closed (``closed``), or its folder is in use (``folder_in_use``).
            ModelError: The model cannot be found or used.
            CapacityError: There is not enough memory, or the folder cannot be written to.
            BackendError: The engine ended, or was not ready in time.
        """
        with self._lock:
            if self._is_closed:
                raise StateError("The runtime is closed.", "Make another one.", code="closed")
            if self._shared is not None:
                return
            try:
                self._start()
            except BaseException:
                self._release()
                raise

    def spawn(
        self,
        persona: Persona,
        actions: Iterable[Declaration] = (),
        *,
        name: str | None = None,
        seed: int | None = None,
        priority: PriorityName = "player",
        world: World | None = None,
        waits_for: Collection[str | Declaration] = (),
        kept: Mapping[str, Any] | None = None,
        on_kept: OnKept | None = None,
    ) -> Npc:
        """Bring a character into the runtime.

        Args:
            persona: Who it is.
            actions: What it can do: :class:`~npc_sdk.Action` classes, JSON Schema documents, typed functions.
            name: Its name here; None takes the persona's, with a number when that is taken.
            seed: Start of its random numbers; None derives one from its name and the runtime's seed.
            priority: Who goes first when the machine is busy: ``player`` (talks with the player),
                ``companion``, ``ambient``.
            world: Its setting; None takes the runtime's.
            waits_for: Actions whose results its turns wait for, so that it can go on speaking about them;
                their names, or what was declared.
            kept: What :meth:`Npc.export` returned once: the character comes back as it was.
            on_kept: Called on the runtime's thread with what changed of that, after each turn, a greeting, a late
                result and each report of what was heard; must return quickly and must not call the runtime.

        Raises:
            ActionError: An action's declaration cannot be used.
            PromptError: Persona and world leave no room to talk (``prompt_too_long``), or what was kept
                cannot be read (``bad_kept``, ``bad_history``).
            RequestError: The priority is unknown (``unknown_priority``), the name cannot be used
                (``bad_name``), or what was passed is no persona (``bad_persona``).
            StateError: The runtime does not run, the name is taken (``name_taken``), or it is to wait for an action
                that it does not have (``unknown_action``).
        """
        _check_persona(persona)
        urgency, specs = _urgency(priority), action_specs(actions)
        waits = checked_waits(waits_for, specs)
        before = None if kept is None else Kept.from_dict(kept)
        with self._lock:
            shared, compiler = self._running()
            chosen = self._name_for(persona, name)
            start = self._seed_of(chosen, seed, before)
            cast = Cast(name=chosen, persona=persona, actions=specs, waits_for=waits, seed=start, priority=urgency)
            character = self._make_character(cast, shared, compiler, self._world if world is None else world, on_kept)
            if before is not None:
                character.restore(before)
            self._characters[chosen] = character
        shared.loop.post(partial(self._settle_in, character, shared))
        return Npc(character, shared, self._forget)

    def _make_character(
        self, cast: Cast, shared: Surroundings, compiler: PromptCompiler, world: World | None, on_kept: OnKept | None
    ) -> Character:
        character = Character(cast, self._prompter(cast, shared, compiler, world), shared, on_kept)
        character.make_prompter = partial(self._new_prompter, cast, world)
        return character

    def _seed_of(self, name: str, seed: int | None, kept: Kept | None) -> int:
        if seed is not None:
            return seed
        return derived_seed(self._seed, "npc", name) if kept is None else kept.seed

    def _prompter(self, cast: Cast, shared: Surroundings, compiler: PromptCompiler, world: World | None) -> Prompter:
        now_tokens = shared.engine.info.max_sequence_tokens
        prompter = Prompter(
            sequence=cast.name,
            compiler=compiler,
            world=world,
            persona=cast.persona,
            actions=cast.actions,
            # Who fits the first plan may come in while memory is short; until then it has to keep its lines.
            max_tokens=max(now_tokens, self._full_tokens),
            is_greedy=self._settings.greedy,
        )
        prompter.resize(now_tokens)
        return prompter

    def _new_prompter(self, cast: Cast, world: World | None) -> Prompter:
        """Return a prompter for the engine as it is now."""
        return self._prompter(cast, *self._running(), world)

    def _settle_in(self, character: Character, shared: Surroundings) -> None:
        """Let a character begin; on the runtime's thread, where the model does not change meanwhile."""
        if self._shared is not None and self._shared is not shared:
            character.move(self._shared)
        character.warm()

    def frame(self, target_ms: float, measured_ms: float | None = None, *, mode: Mode = "explore") -> None:
        """Tell how the game's frames are doing, so that the model stays out of their way; call it every frame.

        Never raises and never waits: what cannot be used is told as a
        :class:`~npc_sdk.runtime.budget.BudgetFinding`, and ignored while the runtime does not run.

        Args:
            target_ms: How long a frame may take: 16.7 for 60 frames a second.
            measured_ms: How long the last frame took: best the time that the game worked at it, without
                waiting for the display. None when it is not measured.
            mode: What the player is doing: ``menu``, ``explore``, ``combat`` or ``cutscene``.
        """
        governing = self._governing
        if governing is not None:
            governing.frame(target_ms, measured_ms, mode)

    def reserve(self, mib: float) -> None:
        """Keep so much memory free for the game from now on; the model gives back what it takes too much.

        Returns at once; what is done follows as :class:`~npc_sdk.runtime.budget.BudgetStep`. Never raises:
        what cannot be used is told as a :class:`~npc_sdk.runtime.budget.BudgetFinding`, and ignored while the
        runtime does not run.

        Args:
            mib: MiB that the game wants free, beside what it holds already; 0 gives it back to the model.
        """
        governing, loop = self._governing, self._loop
        if governing is not None and loop is not None:
            loop.post(lambda: governing.reserve(mib))

    @property
    def talking(self) -> int:
        """How many characters are in a turn. Never waits."""
        with self._lock:
            characters = list(self._characters.values())
        return sum(character.is_talking for character in characters)

    def status(self, *, is_brief: bool = False) -> RuntimeStatus:
        """Return how the runtime is doing.

        Args:
            is_brief: Whether to leave ``npcs`` empty: with a thousand of them, looking at each takes a while.
        """
        with self._lock:
            shared, characters, governing = self._shared, list(self._characters.values()), self._governing
            warnings = self._compiler.template.warnings if self._compiler is not None else ()
        if shared is None:
            return RuntimeStatus(is_running=False, engine=None, stats=None, down=None, npcs=(), warnings=warnings)
        told = () if is_brief else characters
        npcs = shared.loop.call(lambda: tuple(_npc_status(character) for character in told))
        return RuntimeStatus(
            is_running=True,
            engine=shared.engine.info,
            stats=shared.engine.stats(),
            down=shared.loop.down,
            npcs=npcs,
            warnings=warnings,
            budget=shared.loop.call(governing.status) if governing is not None else BudgetStatus(),
        )

    def close(self) -> None:
        """End every turn, stop the engine and let go of the folder; safe to call twice."""
        with self._lock:
            self._is_closed = True
            self._release()

    def _start(self) -> None:
        settings = self._settings
        if self._folder is not None:
            self._folder_lock = FolderLock(self._folder)
            self._folder_lock.acquire()
        given = self._given_engine
        own = given if given is not None and not isinstance(given, str) else None
        clock = self._clock or (own.clock if isinstance(own, Clocked) else SystemClock())
        budget, config = self._plan(clock, is_own=own is not None)
        engine = own or make_engine(given if isinstance(given, str) else "process", config)
        if own is not None and budget is not None:
            own.reconfigure(config)
        self._engine = engine
        self._loop = Loop(engine, clock, self._on_event, self._watch)
        self._loop.start()
        engine.start(self._loop.on_engine_event, timeout_s=settings.start_timeout_s)
        if self._watch is not None and self._watch.wants_calls and isinstance(engine, ReportsCalls):
            engine.watch_calls(self._watch.called)
        self._full_tokens = engine.info.max_sequence_tokens
        self._shared = self._surroundings(self._loop, engine, clock)
        self._govern(self._shared, budget, config)

    def _plan(self, clock: Clock, *, is_own: bool) -> tuple[Budget | None, EngineConfig]:
        """Return what is governed, and what the engine is set up with."""
        parked = None if self._folder is None else self._folder / "parked"
        if is_own:
            base = self._settings.engine_config("own", parked_folder=None if parked is None else str(parked))
            if self._wanted.ladder is None:
                return None, base
        else:
            base = make_config(self._model, self._settings, parked_folder=parked)
        budget = make_budget(base.model_path, self._settings, self._wanted, now_ms=clock.now_ms)
        base = replace(base, device=shown_device(budget))
        first = budget.ladder[0] if budget is not None else None
        return budget, config_of(first, base, self._settings) if isinstance(first, Plan) else base

    def _govern(self, shared: Surroundings, budget: Budget | None, config: EngineConfig) -> None:
        loop = shared.loop
        governing = Governing(
            loop=loop,
            engine=shared.engine,
            settings=self._settings,
            config=config,
            budget=budget,
            on_model=self._model_changed,
            on_size=self._size_changed,
            tell=loop.tell,
            now_ms=shared.clock.now_ms,
        )
        if budget is not None or self._settings.floor_tokens_per_s:
            shared.engine.pace(governing.pacing(config))

        def begin() -> None:
            loop.timer, loop.on_change = governing, governing.changed

        self._governing = governing
        loop.post(begin)

    def _surroundings(self, loop: Loop, engine: Engine, clock: Clock) -> Surroundings:
        """Return what characters share with the model that the engine has now."""
        tokenizer = engine.tokenizer
        dialect = dialect_for(tokenizer.chat_template)
        self._compiler = PromptCompiler(tokenizer, ChatTemplate.for_tokenizer(tokenizer), dialect)
        for warning in self._compiler.template.warnings:
            logging.getLogger(__name__).warning("%s", warning)
        return Surroundings(engine=engine, loop=loop, clock=clock, settings=self._settings, dialect=dialect)

    # What the governor does to the engine; on the runtime's thread.

    def _model_changed(self) -> None:
        """Make the prompts of all characters for the model that the engine has now."""
        before = self._shared
        if before is None:
            return
        shared = self._shared = self._surroundings(before.loop, before.engine, before.clock)
        for character in list(self._characters.values()):
            character.move(shared)

    def _size_changed(self) -> None:
        """Fit the prompts of all characters to the context that the engine has now."""
        shared = self._shared
        if shared is None:
            return
        for character in list(self._characters.values()):
            character.resize(shared.engine.info.max_sequence_tokens)

    def _release(self) -> None:
        self._shared = None
        governing, self._governing = self._governing, None
        if self._loop is not None:
            self._loop.stop()
        if governing is not None:
            governing.close()
        if self._engine is not None:
            self._engine.close()
        if self._folder_lock is not None:
            self._folder_lock.release()
        self._loop, self._engine, self._folder_lock = None, None, None
        self._characters.clear()

    def _running(self) -> tuple[Surroundings, PromptCompiler]:
        if self._shared is None or self._compiler is None:
            code, cause = ("closed", "is closed") if self._is_closed else ("not_started", "was not started")
            raise StateError(f"The runtime {cause}.", "Use it in a with block, or call start().", code=code)
        return self._shared, self._compiler

    def _name_for(self, persona: Persona, name: str | None) -> str:
        if name is not None:
            if not name.strip() or "/" in name:
                raise RequestError(f"{name!r:.80} cannot name an npc.", "Use a text without '/'.", code="bad_name")
            if name in self._characters:
                raise StateError(f"There is an npc {name!r} already.", "Choose another name.", code="name_taken")
            return name
        base = persona.name.replace("/", " ")
        chosen, number = base, 1
        while chosen in self._characters:
            number += 1
            chosen = f"{base} {number}"
        return chosen

    def _forget(self, character: Character) -> None:
        with self._lock:
            # Somebody else may have the name by now.
            if self._characters.get(character.cast.name) is character:
                del self._characters[character.cast.name]


def _settings(
    given: RuntimeSettings | str | Path | None, folder: Path | None, overrides: dict[str, Any]
) -> RuntimeSettings:
    if isinstance(given, RuntimeSettings):
        # Through load, so that a misspelled name is told as everywhere else.
        RuntimeSettings.load(environment={}, **overrides)
        return replace(given, **{name: value for name, value in overrides.items() if value is not None})
    own = None if folder is None else folder / "runtime.toml"
    file = given if given is not None else own if own is not None and own.is_file() else None
    return RuntimeSettings.load(file, **overrides)


def _check_persona(persona: object) -> None:
    if not isinstance(persona, Persona):
        raise RequestError(
            f"A persona is needed, not {type(persona).__name__}.",
            "Read a file with Persona.load(path).",
            code="bad_persona",
        )


def _urgency(priority: str) -> Priority:
    if priority not in _PRIORITIES:
        raise RequestError(
            f"There is no priority {priority!r}.", f"Use {', '.join(_PRIORITIES)}.", code="unknown_priority"
        )
    return _PRIORITIES[priority]


def _npc_status(character: Character) -> NpcStatus:
    return NpcStatus(
        name=character.cast.name,
        persona=character.cast.persona.name,
        is_talking=character.is_talking,
        prompt_tokens=character.prompt_tokens,
    )
