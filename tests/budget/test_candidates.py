from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.budget.candidates import candidates
from npc_sdk.budget.plan import PlanRequest
from npc_sdk.models.footprint import Sizes


def _merit(sizes: Sizes) -> tuple[int, ...]:
    return sizes.gpu_layers, sizes.quantum, sizes.slots, sizes.cells


def test_what_is_given_up_first() -> None:
    request = PlanRequest(budget_bytes=0, npcs=4, context_tokens=4096, quantum=128, kv_types=("f16", "q8_0"))
    ways = [
        (way.gpu_layers, way.slots, way.cells, way.quantum, way.kv_type)
        for way in candidates(request, 8, is_coarse=True)
    ]
    assert ways == [
        (8, 4, 16384, 128, "f16"),
        (8, 4, 16384, 128, "q8_0"),
        (8, 3, 12288, 128, "q8_0"),
        (8, 2, 8192, 128, "q8_0"),
        (8, 1, 4096, 128, "q8_0"),
        (8, 1, 2048, 128, "q8_0"),
        (8, 1, 1024, 128, "q8_0"),
        (8, 1, 1024, 64, "q8_0"),
        (8, 1, 1024, 32, "q8_0"),
        (6, 1, 1024, 32, "q8_0"),
        (4, 1, 1024, 32, "q8_0"),
        (2, 1, 1024, 32, "q8_0"),
        (1, 1, 1024, 32, "q8_0"),
    ]


def test_the_cpu_has_no_layers_to_give_up() -> None:
    request = PlanRequest(budget_bytes=0, npcs=2, context_tokens=1024, quantum=32)
    assert [(way.slots, way.cells) for way in candidates(request, 0)] == [(2, 2048), (1, 1024)]


@given(
    npcs=st.integers(1, 20),
    context_tokens=st.integers(1, 10_000),
    quantum=st.integers(1, 512),
    layers=st.integers(0, 40),
    is_coarse=st.booleans(),
)
def test_each_way_is_worse_than_the_one_before(
    npcs: int, context_tokens: int, quantum: int, layers: int, is_coarse: bool
) -> None:
    request = PlanRequest(budget_bytes=0, npcs=npcs, context_tokens=context_tokens, quantum=quantum)
    ways = list(candidates(request, layers, is_coarse=is_coarse))
    merits = [_merit(way) for way in ways]
    assert all(better > worse for better, worse in zip(merits, merits[1:], strict=False))
    assert ways[0] == request.wish("f16", layers)
    assert all(way.cells >= min(1024, context_tokens) for way in ways)
    assert ways[-1].gpu_layers == (1 if layers else 0)
