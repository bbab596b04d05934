"""Which engine a runtime gets, when it does not bring one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeAlias

from npc_sdk.engine.engine import Engine, EngineConfig
from npc_sdk.errors import RequestError
from npc_sdk.runtime.settings import RuntimeSettings

EngineKind: TypeAlias = Literal["process", "thread"]


def make_config(model: str | Path, settings: RuntimeSettings, *, parked_folder: Path | None) -> EngineConfig:
    """Return what an engine for a model is set up with, when nothing was planned.

    Args:
        model: A name from the catalog, or a GGUF file.
        settings: How to set it up.
        parked_folder: Where states survive a crash; None keeps them in the engine.

    Raises:
        ModelError: The model cannot be found or used.
    """
    from npc_sdk.models import resolve_model

    folder = None if parked_folder is None else str(parked_folder)
    return settings.engine_config(str(resolve_model(model).path), parked_folder=folder)


def make_engine(kind: str, config: EngineConfig) -> Engine:
    """Return an engine that was not started.

    Args:
        kind: ``process`` for a child process, ``thread`` for a thread of this one.
        config: How to set it up.

    Raises:
        RequestError: The kind is unknown (``unknown_engine``).
    """
    if kind not in ("process", "thread"):
        raise RequestError(
            f"There is no engine {kind!r}.", "Use 'process' or 'thread', or pass an engine.", code="unknown_engine"
        )
    # The engines load llama.cpp's bindings, which a game with another engine does not need.
    if kind == "thread":
        from npc_sdk.engine.thread import ThreadEngine

        return ThreadEngine(config)
    from npc_sdk.engine.process import ProcessEngine

    return ProcessEngine(config)
