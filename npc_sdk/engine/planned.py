"""A change of the engine process that was asked for, from the wish to what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from npc_sdk.engine.config import EngineConfig, change_between
from npc_sdk.engine.engine import EngineInfo
from npc_sdk.engine.request import Reconfigured, Suspended
from npc_sdk.errors import NpcError


@dataclass(slots=True, kw_only=True)
class PlannedChange:
    """What is being changed, and its figures so far.

    Attributes:
        config: What to become; None is suspended.
        began: When it began, in seconds.
        context_bytes: Bytes of the context before.
        device_bytes: Bytes on GPUs before.
        was_suspended: Whether there was no process before.
        is_loading: Whether a process with the new configuration has been started.
        error: Why it failed.
        park_ms: Time to park what was live.
        parked_bytes: Bytes of all parked states then; before that, as last reported.
    """

    config: EngineConfig | None
    began: float
    context_bytes: int = 0
    device_bytes: int = 0
    was_suspended: bool = False
    is_loading: bool = False
    error: NpcError | None = None
    park_ms: float = 0.0
    parked_bytes: int = 0

    def ends_process(self, present: EngineConfig) -> bool:
        """Tell whether it takes another process than the one that runs with a configuration, or none."""
        return self.config is None or change_between(present, self.config) == "model"

    def turned_to(self, other: PlannedChange) -> PlannedChange:
        """Return another change that takes the place of this one, which had begun."""
        other.began, other.was_suspended = self.began, self.was_suspended
        other.park_ms, other.parked_bytes = self.park_ms, self.parked_bytes
        other.context_bytes, other.device_bytes = self.context_bytes, self.device_bytes
        return other

    def reconfigured(self, config: EngineConfig, info: EngineInfo) -> Reconfigured:
        """Return what came of it, when the engine works."""
        return Reconfigured(
            config=config,
            wanted=self.config if self.error is not None else None,
            error=self.error,
            parked_bytes=self.parked_bytes,
            park_ms=self.park_ms,
            load_ms=info.load_ms,
            change_ms=(perf_counter() - self.began) * 1000,
            context_bytes_before=self.context_bytes,
            context_bytes_after=info.context_bytes,
            device_bytes_before=self.device_bytes,
            device_bytes_after=info.device_bytes,
        )

    def still_suspended(self, config: EngineConfig) -> Reconfigured:
        """Return what came of it when the engine could not be brought back."""
        return Reconfigured(
            config=config,
            wanted=self.config,
            error=self.error,
            is_suspended=True,
            change_ms=(perf_counter() - self.began) * 1000,
        )

    def suspended(self) -> Suspended:
        """Return what came of it when the process has ended."""
        return Suspended(
            parked_bytes=self.parked_bytes,
            park_ms=self.park_ms,
            change_ms=(perf_counter() - self.began) * 1000,
            context_bytes_before=self.context_bytes,
            device_bytes_before=self.device_bytes,
        )
