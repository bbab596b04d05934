"""The ways to set up a model, from everything that is wanted down to hardly anything.

What is given up first: live characters, then the length of their memory, then tokens read at once, then layers
on the GPU. Each way is worse than the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from npc_sdk.budget.plan import LEAST_CELLS, PlanRequest
from npc_sdk.models.footprint import Sizes, padded_cells

_LEAST_QUANTUM: Final = 32
_QUARTERS: Final = 4


def candidates(request: PlanRequest, layers: int, *, is_coarse: bool = False) -> Iterator[Sizes]:
    """Yield ways to set up a model, the best first.

    Args:
        request: What is wanted.
        layers: Layers on the device when all are there; 0 for the CPU.
        is_coarse: Whether to take few large steps, as suits a governor, instead of every single one.
    """
    last = request.wish(request.kv_types[0], layers)
    for kv_type in request.kv_types:
        last = request.wish(kv_type, layers)
        yield last
    for slots in _falling(request.npcs, is_coarse):
        last = replace(last, slots=slots, cells=slots * request.context_tokens)
        yield last
    for cells in _fewer_cells(request.context_tokens, is_coarse):
        last = replace(last, cells=cells)
        yield last
    quantum = request.quantum
    while quantum // 2 >= _LEAST_QUANTUM:
        quantum //= 2
        last = replace(last, quantum=quantum)
        yield last
    for count in _falling(layers, is_coarse):
        yield replace(last, gpu_layers=count)


def _falling(most: int, is_coarse: bool) -> Iterator[int]:
    """Yield the numbers below ``most`` down to 1, or only its quarters and 1."""
    if not is_coarse:
        yield from range(most - 1, 0, -1)
        return
    quarters = {max(1, most * part // _QUARTERS) for part in range(1, _QUARTERS)}
    yield from sorted((quarters | {1}) & set(range(1, most)), reverse=True)


def _fewer_cells(context_tokens: int, is_coarse: bool) -> Iterator[int]:
    cells = padded_cells(context_tokens)
    step = padded_cells(1)
    while True:
        cells = padded_cells(cells // 2) if is_coarse else cells - step
        if cells < min(LEAST_CELLS, context_tokens) or cells >= context_tokens:
            return
        yield cells
