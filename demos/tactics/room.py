"""How much memory the game has to ask for so that the model feels it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# What is left to the model of what its plan takes: enough to go on with fewer characters live at once.
LEFT_SHARE: Final = 0.55
_MIB: Final = 1 << 20


def reserve_mib(status: Mapping[str, Any]) -> int | None:
    """Return the MiB to reserve so that a host keeps a good half of what its model takes; None when nobody knows.

    Args:
        status: The host's figures.
    """
    budget = status.get("budget") or {}
    plan, reading = budget.get("plan") or {}, budget.get("reading") or {}
    side = plan.get("footprint" if plan.get("gpu_layers") else "host_footprint") or {}
    taken = sum(size for size in side.values() if isinstance(size, int))
    free, own = reading.get("free_bytes"), reading.get("own_bytes")
    if not taken or not isinstance(free, int):
        return None
    room = free + (own if isinstance(own, int) else taken)
    return max(1, (room - int(LEFT_SHARE * taken)) // _MIB)
