"""How the host of the soldiers is set up: room for all of them, and a budget that its governor can watch over."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from npc_sdk.budget.plan import PlanRequest
from npc_sdk.budget.planner import plan
from npc_sdk.engine.build import gpu_backends
from npc_sdk.models import resolve_model

# For each soldier, who decides and who talks are live at once, and two who shout.
HEADS: Final = 2
SHOUTERS: Final = 2
CELLS: Final = 2048
_NO_LIMIT_BYTES: Final = 1 << 50


def host_settings(model: str | Path, deciders: int) -> str:
    """Return the text of ``npc.toml``.

    Without a GPU, game and model share as much memory as the model wants.

    Args:
        model: A name from the catalog or a GGUF file.
        deciders: How many soldiers a model plays.

    Raises:
        NpcError: The model is not there, or cannot be used.
    """
    slots = HEADS * deciders + SHOUTERS
    wanted = PlanRequest(budget_bytes=_NO_LIMIT_BYTES, npcs=slots, context_tokens=CELLS, device="cpu")
    best = plan(resolve_model(model).path, wanted)
    device = "auto" if gpu_backends() else f"{(best.host_bytes >> 20) + 1}MiB"
    return f'[runtime]\nslots = {slots}\ncells = {slots * CELLS}\ndevice = "{device}"\n'
