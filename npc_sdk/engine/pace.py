"""What the loop needs of pacing; :class:`npc_sdk.budget.pacing.Pacer` is the one that paces."""

from __future__ import annotations

from typing import Protocol

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import Grant, PacingConfig, PacingState


class Pace(Protocol):
    """Says how much may be done at once, and when; see :class:`npc_sdk.budget.pacing.Pacer` for each method."""

    def configure(self, config: PacingConfig) -> None: ...
    def hint(self, hint: FrameHint | None, now_ms: float) -> None: ...
    def grant(self, now_ms: float, *, speakers: int, readers: int) -> Grant: ...
    def spent(self, *, tokens: int, is_reading: bool, rows: int, call_ms: float, now_ms: float) -> None: ...

    @property
    def state(self) -> PacingState: ...


class Unpaced:
    """Lets everything run at once."""

    def __init__(self) -> None:
        self._grant = Grant(quantum=1 << 30)
        self._state = PacingState()

    def configure(self, config: PacingConfig) -> None:
        """Do nothing."""

    def hint(self, hint: FrameHint | None, now_ms: float) -> None:
        """Do nothing."""

    def grant(self, now_ms: float, *, speakers: int, readers: int) -> Grant:
        """Grant everything."""
        return self._grant

    def spent(self, *, tokens: int, is_reading: bool, rows: int, call_ms: float, now_ms: float) -> None:
        """Do nothing."""

    @property
    def state(self) -> PacingState:
        """Nothing is known."""
        return self._state
