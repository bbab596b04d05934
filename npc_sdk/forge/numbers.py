"""In which numbers a machine computes fastest: half as wide ones where it has arithmetic for them."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from npc_sdk.forge.extra import needs_forge_extra

with needs_forge_extra():
    import torch

_TRIES = 5
_ROWS, _WIDTH, _COLUMNS = 512, 256, 768


@lru_cache(maxsize=2)
def fastest_type(device: str) -> Any:
    """Return bfloat16 where matrices are multiplied faster in it, else float32.

    It is measured, because a CPU without arithmetic for bfloat16 takes it all the same and needs twice as long as with
    float32 (Cascade Lake, PyTorch 2.13), while one with AMX needs a fraction. Takes some milliseconds, once a process.

    Args:
        device: ``cpu`` or ``cuda``; the latter always has bfloat16.

    Thread-safety: safe from any thread.
    """
    if device != "cpu":
        return torch.bfloat16
    wide, half = _seconds(torch.float32), _seconds(torch.bfloat16)
    return torch.bfloat16 if half < wide else torch.float32


def _seconds(kind: Any) -> float:
    left, right = torch.ones(_ROWS, _WIDTH, dtype=kind), torch.ones(_WIDTH, _COLUMNS, dtype=kind)
    found = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        left @ right
        found.append(time.perf_counter() - began)
    return min(found)
