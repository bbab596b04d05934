"""The runtime: one engine, one world, and the characters in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeAlias

from typing_extensions import Self

from npc_sdk.actions import Declaration, action_specs, dialect_for
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.request import Priority
from npc_sdk.errors import RequestError, StateError
from npc_sdk.persona import Persona, World
from npc_sdk.prompt.compiler import PromptCompiler
from npc_sdk.prompt.template import ChatTemplate
from npc_sdk.runtime.character import Cast, Character, Surroundings, checked_waits
from npc_sdk.runtime.clock import Clock, Clocked, SystemClock
from npc_sdk.runtime.engines import EngineKind, make_engine
from npc_sdk.runtime.events import EngineNews
from npc_sdk.runtime.folder import FolderLock
from npc_sdk.runtime.loop import Loop
from npc_sdk.runtime.npc import Npc
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
        on_event: Called when the engine goes down or comes back, on the runtime's thread; must return
            quickly and must not call the runtime.
        **overrides: Single settings by name, such as ``slots=8``; see :class:`RuntimeSettings`.

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
        on_event: Callable[[EngineNews], None] | None = None,
        **overrides: Any,
    ) -> None:
        self._model = model
        self._given_engine = engine
        self._folder = None if folder is None else Path(folder)
        self._settings = _settings(settings, self._folder, overrides)
        self._world = world if isinstance(world, World) or world is None else World.load(world)
        self._clock = clock
        self._on_event = on_event
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

        Raises:
            ActionError: An action's declaration cannot be used.
            PromptError: Persona and world leave no room to talk (``prompt_too_long``).
            RequestError: The priority is unknown (``unknown_priority``), the name cannot be used
                (``bad_name``), or what was passed is no persona (``bad_persona``).
            StateError: The runtime does not run, or the name is taken (``name_taken``).
        """
        _check_persona(persona)
        urgency = _urgency(priority)
        specs = action_specs(actions)
        waits = checked_waits(waits_for, specs)
        with self._lock:
            shared, compiler = self._running()
            chosen = self._name_for(persona, name)
            cast = Cast(
                name=chosen,
                persona=persona,
                actions=specs,
                waits_for=waits,
                seed=derived_seed(self._seed, "npc", chosen) if seed is None else seed,
                priority=urgency,
            )
            prompter = self._prompter(cast, shared, compiler, self._world if world is None else world)
            character = self._characters[chosen] = Character(cast, prompter, shared)
        shared.loop.post(character.warm)
        return Npc(character, shared, self._forget)

    def _prompter(self, cast: Cast, shared: Surroundings, compiler: PromptCompiler, world: World | None) -> Prompter:
        return Prompter(
            sequence=cast.name,
            compiler=compiler,
            world=world,
            persona=cast.persona,
            actions=cast.actions,
            max_tokens=shared.engine.info.max_sequence_tokens,
            is_greedy=self._settings.greedy,
        )

    def status(self) -> RuntimeStatus:
        """Return how the runtime is doing."""
        with self._lock:
            shared, characters = self._shared, list(self._characters.values())
            warnings = self._compiler.template.warnings if self._compiler is not None else ()
        if shared is None:
            return RuntimeStatus(is_running=False, engine=None, stats=None, down=None, npcs=(), warnings=warnings)
        npcs = shared.loop.call(lambda: tuple(_npc_status(character) for character in characters))
        return RuntimeStatus(
            is_running=True,
            engine=shared.engine.info,
            stats=shared.engine.stats(),
            down=shared.loop.down,
            npcs=npcs,
            warnings=warnings,
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
        engine = self._make_engine()
        clock = self._clock or (engine.clock if isinstance(engine, Clocked) else SystemClock())
        self._engine = engine
        self._loop = Loop(engine, clock, self._on_event)
        self._loop.start()
        engine.start(self._loop.on_engine_event, timeout_s=settings.start_timeout_s)
        dialect = dialect_for(engine.tokenizer.chat_template)
        self._compiler = PromptCompiler(engine.tokenizer, ChatTemplate.for_tokenizer(engine.tokenizer), dialect)
        for warning in self._compiler.template.warnings:
            logging.getLogger(__name__).warning("%s", warning)
        self._shared = Surroundings(engine=engine, loop=self._loop, clock=clock, settings=settings, dialect=dialect)

    def _make_engine(self) -> Engine:
        given = self._given_engine
        if given is not None and not isinstance(given, str):
            return given
        parked = None if self._folder is None else self._folder / "parked"
        return make_engine(given or "process", self._model, self._settings, parked_folder=parked)

    def _release(self) -> None:
        self._shared = None
        if self._loop is not None:
            self._loop.stop()
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
