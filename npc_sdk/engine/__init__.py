"""Many characters on one model: token ids in, token ids out.

The engine knows token ids, sequences, sampling, grammars, priorities and deadlines. It knows nothing of
characters, personas, sockets, or files other than the model's.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from npc_sdk.engine.engine import Engine, EngineConfig, EngineInfo, EngineStats
from npc_sdk.engine.request import (
    Boundary,
    Constraint,
    Ended,
    EngineCost,
    EngineDown,
    EngineUp,
    Event,
    Failed,
    PrefixKind,
    Priority,
    Reconfigured,
    Request,
    Sampling,
    Scored,
    Suspended,
    Thinking,
    TokensOut,
)
from npc_sdk.engine.tokenizer import Tokenizer

if TYPE_CHECKING:
    from npc_sdk.engine.process import ProcessEngine
    from npc_sdk.engine.thread import ThreadEngine

__all__ = [
    "Boundary",
    "Constraint",
    "Ended",
    "Engine",
    "EngineConfig",
    "EngineCost",
    "EngineDown",
    "EngineInfo",
    "EngineStats",
    "EngineUp",
    "Event",
    "Failed",
    "PrefixKind",
    "Priority",
    "ProcessEngine",
    "Reconfigured",
    "Request",
    "Sampling",
    "Scored",
    "Suspended",
    "Thinking",
    "ThreadEngine",
    "TokensOut",
    "Tokenizer",
    "run_if_engine",
]


def __getattr__(name: str) -> Any:
    if name == "ProcessEngine":
        from npc_sdk.engine.process import ProcessEngine

        return ProcessEngine
    if name == "ThreadEngine":
        from npc_sdk.engine.thread import ThreadEngine

        return ThreadEngine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def run_if_engine() -> None:
    """Become the engine process when this program was started as one; does nothing otherwise.

    A frozen game calls it first thing in its main script, because there is no ``python -m`` there.
    """
    from npc_sdk.engine.child_process import ENGINE_FLAG

    if ENGINE_FLAG in sys.argv[1:2]:
        from npc_sdk.engine.child import main

        main()
        raise SystemExit(0)
