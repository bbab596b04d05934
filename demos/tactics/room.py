"""How much memory the game has to ask for so that the model feels it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..figures.checked import part, size_bytes, whole

# What is left to the model of what its plan takes: enough to go on with fewer characters live at once.
LEFT_SHARE: Final = 0.55
_MIB: Final = 1 << 20


def reserve_mib(status: Mapping[str, Any]) -> int | None:
    """Return the MiB to reserve so that a host keeps a good half of what its model takes; None when nobody knows.

    Args:
        status: The host's figures.
    """
    plan, reading = part(status, "budget", "plan"), part(status, "budget", "reading")
    side = part(plan, "footprint" if whole(plan.get("gpu_layers")) else "host_footprint")
    taken = sum(map(size_bytes, side.values()))
    free, own = whole(reading.get("free_bytes")), whole(reading.get("own_bytes"))
    if not taken or free is None:
        return None
    room = free + (taken if own is None else own)
    return max(1, (room - int(LEFT_SHARE * taken)) // _MIB)
