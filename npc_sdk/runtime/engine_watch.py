"""Hears everything between the runtime and its engine, for recordings and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from npc_sdk.engine.request import Event, Request
from npc_sdk.engine.step_log import EngineCall


class EngineWatch(Protocol):
    """Hears of an engine; no method may raise, wait, or call the runtime."""

    @property
    def wants_calls(self) -> bool:
        """Whether :meth:`called` shall be called; asked once, when the runtime starts."""
        ...

    def asked(self, request: Request) -> None:
        """Take a request before the engine gets it; on the runtime's thread."""
        ...

    def told(self, event: Event) -> None:
        """Take an event before the runtime does; on the engine's thread."""
        ...

    def called(self, calls: Sequence[EngineCall]) -> None:
        """Take calls of llama.cpp that have ended; on the engine's thread."""
        ...
