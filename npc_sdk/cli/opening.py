"""Puts a runtime and its character together for ``npc chat``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from npc_sdk.cli.progress import share_progress
from npc_sdk.cli.record_files import find_persona, find_world

if TYPE_CHECKING:
    from npc_sdk.cli.chat_scene import Scene
    from npc_sdk.engine import Engine
    from npc_sdk.persona import Persona, World
    from npc_sdk.runtime import Npc, Runtime
    from npc_sdk.runtime.settings import RuntimeSettings

HOME_OF_SHIPPED = "brackwater"

EngineName = Literal["process", "thread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """Who talks, where, and on what.

    Args:
        persona: The character.
        world: Its setting, or None.
        scene: What it can do; None is nothing.
        model: A name or a file.
        engine: Where llama.cpp runs.
        settings: Of the runtime.
    """

    persona: Persona
    world: World | None
    scene: Scene | None
    model: str
    engine: EngineName
    settings: RuntimeSettings

    @classmethod
    def of(
        cls,
        *,
        persona: str,
        world: str | None,
        has_actions: bool,
        model: str,
        engine: EngineName,
        settings_file: Path | None,
        overrides: dict[str, Any],
    ) -> Casting:
        """Read what was named on the command line.

        Raises:
            PersonaError: A persona or world cannot be used.
            RequestError: A setting cannot be used.
        """
        from npc_sdk.cli.chat_scene import scene_for
        from npc_sdk.persona import shipped_personas
        from npc_sdk.runtime.settings import RuntimeSettings

        home = HOME_OF_SHIPPED if persona in shipped_personas() else None
        place = world or home
        return cls(
            persona=find_persona(persona),
            world=None if place is None else find_world(place),
            scene=scene_for(persona) if has_actions else None,
            model=model,
            engine=engine,
            settings=RuntimeSettings.load(settings_file, **overrides),
        )

    def spawn(self, runtime: Runtime) -> Npc:
        """Bring the character into a runtime."""
        actions = () if self.scene is None else self.scene.actions
        names = [action.action_name for action in actions]
        return runtime.spawn(self.persona, actions, waits_for=names)


@contextmanager
def opened(casting: Casting) -> Iterator[Runtime]:
    """Start a runtime, with a bar while its model loads.

    Raises:
        NpcError: The model cannot be found or used, or the engine does not start.
    """
    from npc_sdk.budget.pacing import PacingConfig
    from npc_sdk.runtime import Runtime

    with share_progress(f"loading {casting.model}") as progress:
        engine = make_engine(casting, progress)
        engine.pace(PacingConfig(is_on=False))  # nobody draws beside a terminal
        runtime = Runtime(engine=engine, world=casting.world, settings=casting.settings)
        runtime.start()
    try:
        yield runtime
    finally:
        runtime.close()


def make_engine(casting: Casting, progress: Callable[[float], None]) -> Engine:
    """Return the engine that was asked for, not started.

    Raises:
        ModelError: The model cannot be found or used.
    """
    from npc_sdk.engine import ProcessEngine, ThreadEngine
    from npc_sdk.models import resolve_model

    config = casting.settings.engine_config(str(resolve_model(casting.model).path))
    if casting.engine == "thread":
        return ThreadEngine(config)
    return ProcessEngine(config, on_progress=progress)
