"""A probe for cards that no driver tells us about: the figure that a person gave."""

from __future__ import annotations

from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading, NowMs, monotonic_ms
from npc_sdk.errors import RequestError

_NOT_WATCHED = "nobody watches the device: the figure was given by hand"


class ConfiguredProbe:
    """Says what it was told: so many bytes are the model's, whatever others do.

    Args:
        total_bytes: What the model may have, more than 0.
        now_ms: The clock of its readings.

    Raises:
        RequestError: There is nothing to have (``bad_budget``).
    """

    def __init__(self, total_bytes: int, *, now_ms: NowMs = monotonic_ms) -> None:
        if total_bytes <= 0:
            raise RequestError(
                f"A budget of {total_bytes} bytes is none.", "Give more than 0 bytes.", code="bad_budget"
            )
        self._total_bytes = total_bytes
        self._now_ms = now_ms
        self._is_closed = False

    @property
    def name(self) -> str:
        """``configured``."""
        return "configured"

    @property
    def device(self) -> Device | None:
        """A device that is known by its figure only."""
        return Device(name="a device with a given budget", kind="configured")

    def read(self) -> MemoryReading | NoReading:
        """Return the figure; what the model holds is part of it, so it counts as free."""
        if self._is_closed:
            return PROBE_CLOSED
        return MemoryReading(
            total_bytes=self._total_bytes,
            free_bytes=self._total_bytes,
            at_ms=self._now_ms(),
            source=self.name,
            own_bytes=0,
            missing={"used_by_others_bytes": _NOT_WATCHED, "utilisation": _NOT_WATCHED},
        )

    def close(self) -> None:
        """End reading."""
        self._is_closed = True
