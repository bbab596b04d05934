"""Who holds which memory, worked out from what a host says and what the game knows of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..drawing.gauges import Memory
from .checked import part, size_bytes, whole


def memory_share(status: Mapping[str, Any], own_bytes: int, *, is_up: bool) -> Memory:
    """Return who holds which memory of what game and model share.

    What is measured and what is not:

    - *weights*, *contexts* and *other* are those of the governor's plan, which llama.cpp takes to within a percent.
      Without a plan they are what llama.cpp reports of itself on a GPU; on a CPU only the contexts are known, and
      *other* is what else the engine's process holds, weights among it. While no engine runs there are none.
    - The *game* is what the driver says that others hold, where it says so: on a card that the game draws with, that
      is the game and all other programs. Elsewhere it is the game's own process.
    - The *reserve* is what the game has asked for, measured nowhere.
    - The *budget* is the card where the driver sees others; elsewhere it is what the model may take now, and what the
      game holds and has asked for. Without a governor there is none.

    Args:
        status: As a host says it; anything in it may be missing.
        own_bytes: Memory of the game's own process.
        is_up: Whether an engine runs.
    """
    reserve = size_bytes(part(status, "budget").get("reserve_bytes"))
    game, budget = _game(status, own_bytes, reserve)
    weights, contexts, other = _model(status) if is_up else (0, 0, 0)
    return Memory(
        budget_bytes=budget,
        render_bytes=game + reserve,
        reserve_bytes=reserve,
        weights_bytes=weights,
        context_bytes=contexts,
        other_bytes=other,
        process_bytes=size_bytes(part(status, "memory").get("engine_bytes")) or None,
    )


def _game(status: Mapping[str, Any], own_bytes: int, reserve: int) -> tuple[int, int | None]:
    """Return what the game holds, and the budget of all."""
    budget = part(status, "budget")
    reading = part(budget, "reading")
    total, others = whole(reading.get("total_bytes")), whole(reading.get("used_by_others_bytes"))
    if total and others is not None:
        return others, total
    room = whole(budget.get("room_bytes"))
    return own_bytes, None if room is None else own_bytes + reserve + room


def _model(status: Mapping[str, Any]) -> tuple[int, int, int]:
    """Return the bytes of weights, contexts, and everything else."""
    plan = part(status, "budget", "plan")
    if plan:
        side = part(plan, "footprint" if whole(plan.get("gpu_layers")) else "host_footprint")
        sizes = {name: size_bytes(side.get(f"{name}_bytes")) for name in _PARTS}
        contexts = sizes["attention"] + sizes["recurrent"]
        return sizes["weights"], contexts, sizes["compute"] + sizes["overhead"]
    if whole(part(status, "budget").get("rungs")):
        return 0, 0, 0  # governed, and switched off
    memory = part(status, "memory")
    contexts, on_device = size_bytes(memory.get("context_bytes")), size_bytes(memory.get("device_bytes"))
    if on_device:
        return max(0, on_device - contexts), contexts, 0
    return 0, contexts, max(0, size_bytes(memory.get("engine_bytes")) - contexts)


_PARTS = ("weights", "attention", "recurrent", "compute", "overhead")
