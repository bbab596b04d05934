"""What a probe of memory is, and what it sees at one moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

DeviceKind = Literal["card", "instance", "unified", "host", "configured", "simulated"]
"""A card of its own memory; a part of a partitioned card (MIG); a GPU that shares the system's memory; ..."""

Trust = Literal["measured", "held", "assumed"]
"""Seen just now; the last good value, because just now nothing can be believed; the safe side."""

NowMs = Callable[[], float]


def monotonic_ms() -> float:
    """Return milliseconds of the machine's monotonic clock."""
    return time.monotonic() * 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a probe looks at.

    Args:
        name: As its maker calls it.
        kind: Where its memory is.
        uuid: The driver's name for it, for good; "" when there is none.
        index: The driver's number for it, until the next start of the machine; None when there is none.
        driver: Version of the driver; "" when unknown.
    """

    name: str
    kind: DeviceKind
    uuid: str = ""
    index: int | None = None
    driver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReading:
    """Why a probe saw nothing.

    Args:
        code: Stable name, such as ``driver_missing`` or ``device_lost``.
        reason: The same in words, one sentence.
        next_step: What could be done about it; may be empty.
    """

    code: str
    reason: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReading:
    """What a probe saw at one moment.

    Args:
        total_bytes: Memory of the device.
        free_bytes: What could be taken now, by anybody.
        at_ms: When it was seen, on the probe's clock; stays when a value is held.
        source: The probe that saw it.
        used_by_others_bytes: What other processes hold; None when nobody says.
        own_bytes: What this process and its children hold; None when nobody says.
        reserved_bytes: What the driver keeps for itself and counts as neither free nor used; None when unknown.
        utilisation: How busy the device is, 0 to 1; None when unknown.
        throttle: Why the device runs slower than it could, in words such as ``power_cap``.
        missing: Each field that could not be seen, and why.
        trust: Whether this was seen just now.
        finding: What is wrong with the measurement, when it was not.
    """

    total_bytes: int
    free_bytes: int
    at_ms: float
    source: str
    used_by_others_bytes: int | None = None
    own_bytes: int | None = None
    reserved_bytes: int | None = None
    utilisation: float | None = None
    throttle: tuple[str, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = "measured"
    finding: NoReading | None = None

    @property
    def taken_bytes(self) -> int:
        """What somebody holds: everything that is neither free nor the driver's own."""
        return max(0, self.total_bytes - self.free_bytes - (self.reserved_bytes or 0))

    def room_bytes(self, accounted_bytes: int) -> int:
        """Return what the model could have in all: what is free and what it holds already.

        Args:
            accounted_bytes: What the model holds by our own accounts; used where the driver does not say.
        """
        held = accounted_bytes if self.own_bytes is None else self.own_bytes
        return min(self.total_bytes, self.free_bytes + held)


class Probe(Protocol):
    """Looks at the memory of one device. No method ever raises; not thread-safe unless a class says so."""

    @property
    def name(self) -> str:
        """Short name of the way it looks, such as ``nvml``."""
        ...

    @property
    def device(self) -> Device | None:
        """What it looks at; None when it found nothing."""
        ...

    def read(self) -> MemoryReading | NoReading:
        """Return what there is to see now, or why nothing is."""
        ...

    def close(self) -> None:
        """Let go of the driver; a second call does nothing, and reading afterwards gives ``probe_closed``."""
        ...


PROBE_CLOSED = NoReading(code="probe_closed", reason="The probe has been closed.")
