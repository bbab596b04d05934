from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.budget.plan import Off, Plan, PlanRequest
from npc_sdk.budget.planner import ladder, plan
from npc_sdk.errors import CapacityError, ModelError
from npc_sdk.models import preset
from npc_sdk.models.footprint import FootprintReader, Sizes
from npc_sdk.models.header import read_header
from npc_sdk.models.shape_header import shape_header

MIB = 1 << 20
GIB = 1 << 30
OVERHEAD = 3 * MIB
READERS = {name: FootprintReader(shape_header(preset(name))) for name in ("tiny", "tiny-attention", "mid")}
BIG = FootprintReader(shape_header(preset("nemotron-3-nano-4b")))

_requests = st.builds(
    PlanRequest,
    budget_bytes=st.integers(0, 200 * MIB),
    reserve_bytes=st.integers(0, 40 * MIB),
    npcs=st.integers(1, 10),
    context_tokens=st.integers(256, 8192),
    quantum=st.sampled_from([32, 100, 128]),
    kv_types=st.sampled_from([("f16",), ("f16", "q8_0"), ("q8_0", "q4_0")]),
    device=st.sampled_from(["gpu", "cpu"]),
    overhead_bytes=st.just(OVERHEAD),
    host_budget_bytes=st.one_of(st.none(), st.integers(0, 200 * MIB)),
    is_unified=st.booleans(),
)


def _request(budget_gib: float, **changes: object) -> PlanRequest:
    sizes = {"npcs": 8, "overhead_bytes": 550 * 10**6, **changes}
    return PlanRequest(budget_bytes=int(budget_gib * GIB), **sizes)  # type: ignore[arg-type]


def _merit(found: Plan) -> tuple[int, ...]:
    return found.gpu_layers, found.quantum, found.slots, found.cells


def _taken(found: Plan, request: PlanRequest) -> int:
    if request.is_unified:
        return found.device_bytes + found.host_bytes
    return found.device_bytes if request.device == "gpu" else found.host_bytes


@settings(max_examples=60)
@given(name=st.sampled_from([*READERS]), request_=_requests)
def test_a_plan_never_takes_more_than_the_budget(name: str, request_: PlanRequest) -> None:
    reader = READERS[name]
    try:
        found = plan(reader, request_)
    except CapacityError as error:
        assert error.code == "no_plan_fits"
        assert error.details["shortfall_bytes"] > 0
        return
    assert _taken(found, request_) <= request_.limit_bytes
    assert request_.host_budget_bytes is None or found.host_bytes <= request_.host_budget_bytes
    sizes = Sizes(
        gpu_layers=found.gpu_layers,
        slots=found.slots,
        cells=found.cells,
        quantum=found.quantum,
        kv_type=found.kv_type,
    )
    device, host = FootprintReader(reader.header).read(sizes)
    assert found.device_bytes == device.total + (OVERHEAD if found.gpu_layers else 0)
    assert found.host_bytes == host.total


@settings(max_examples=60)
@given(name=st.sampled_from([*READERS]), request_=_requests, more=st.integers(0, 50 * MIB))
def test_more_budget_never_gives_a_worse_plan(name: str, request_: PlanRequest, more: int) -> None:
    try:
        found = plan(READERS[name], request_)
    except CapacityError:
        return
    better = plan(READERS[name], replace(request_, budget_bytes=request_.budget_bytes + more))
    assert _merit(better) >= _merit(found)
    if found.kv_type != better.kv_type:
        assert request_.kv_types.index(better.kv_type) < request_.kv_types.index(found.kv_type)


@settings(max_examples=60)
@given(name=st.sampled_from([*READERS]), request_=_requests, has_smaller=st.booleans())
def test_a_ladder_falls_strictly(name: str, request_: PlanRequest, has_smaller: bool) -> None:
    rungs = ladder(READERS[name], request_, smaller=READERS["tiny"] if has_smaller else None)
    assert isinstance(rungs[-1], Off) and not any(isinstance(rung, Off) for rung in rungs[:-1])
    plans = [rung for rung in rungs if isinstance(rung, Plan)]
    same_side = [rung for rung in plans if rung.device == request_.device]
    assert all(_taken(rung, request_) <= request_.limit_bytes for rung in same_side)
    taken = [_taken(rung, request_) for rung in same_side]
    assert all(before > after for before, after in zip(taken, taken[1:], strict=False))
    on_cpu = [rung for rung in plans if rung.device == "cpu"]
    assert request_.device == "cpu" or (len(on_cpu) <= 1 and on_cpu == plans[len(plans) - len(on_cpu) :])


@pytest.mark.parametrize(
    ("budget_gib", "layers", "slots", "cells"),
    [(8, 43, 8, 32_768), (4, 43, 7, 28_672), (3, 43, 1, 1024), (2, 21, 1, 1024)],
)
def test_the_4b_on_cards_of_different_sizes(budget_gib: float, layers: int, slots: int, cells: int) -> None:
    found = plan(BIG, _request(budget_gib))
    assert (found.gpu_layers, found.slots, found.cells) == (layers, slots, cells)
    assert found.is_exact and found.layers == 43
    assert found.threads == 1 if layers == 43 else found.threads >= 1


def test_a_refusal_names_the_shortfall_and_what_fits() -> None:
    with pytest.raises(CapacityError, match="480 MiB short") as caught:
        plan(BIG, _request(0.5))
    details = caught.value.details
    assert details["needed_bytes"] - details["limit_bytes"] == details["shortfall_bytes"]
    assert details["smallest"]["gpu_layers"] == 1 and details["nearest"]["device"] == "cpu"
    assert details["nearest"]["slots"] == 8
    found = plan(BIG, replace(_request(0.5), budget_bytes=GIB // 2 + details["shortfall_bytes"]))
    assert found.gpu_layers == 1


def test_a_reserve_above_the_card_is_refused_like_no_memory() -> None:
    with pytest.raises(CapacityError) as caught:
        plan(BIG, _request(1, reserve_bytes=2 * GIB))
    assert caught.value.details["limit_bytes"] == 0


def test_the_hosts_memory_counts_too() -> None:
    with pytest.raises(CapacityError, match="of the host") as caught:
        plan(BIG, _request(8, host_budget_bytes=10 * MIB))
    assert caught.value.details["shortfall_bytes"] > 0 and caught.value.details["nearest"] is None


def test_the_governors_ladder() -> None:
    rungs = ladder(BIG, _request(6), smaller=READERS["tiny"])
    steps = [(rung.model_name, rung.gpu_layers, rung.slots, rung.cells) for rung in rungs if isinstance(rung, Plan)]
    assert steps[:6] == [
        ("nemotron-3-nano-4b", 43, 8, 32_768),
        ("nemotron-3-nano-4b", 43, 6, 24_576),
        ("nemotron-3-nano-4b", 43, 4, 16_384),
        ("nemotron-3-nano-4b", 43, 2, 8192),
        ("nemotron-3-nano-4b", 43, 1, 4096),
        ("nemotron-3-nano-4b", 43, 1, 1024),
    ]
    assert [step[0] for step in steps[-2:]] == ["tiny", "tiny"] and steps[-1][1] == 0
    assert steps[-1][2] == 8  # the CPU has room for everybody


def test_without_any_budget_the_cpu_and_off_are_left() -> None:
    rungs = ladder(BIG, _request(0))
    assert len(rungs) == 2 and isinstance(rungs[0], Plan) and rungs[0].device == "cpu"
    assert ladder(BIG, _request(0, host_budget_bytes=0)) == (Off(),)


def test_a_cpu_keeps_half_of_its_cores_for_the_game() -> None:
    found = plan(READERS["tiny"], PlanRequest(budget_bytes=GIB, device="cpu", cores=8))
    assert found.threads == 4 and found.gpu_layers == 0 and found.device_bytes == 0
    assert plan(READERS["tiny"], PlanRequest(budget_bytes=GIB, device="cpu", cores=1)).threads == 1


def test_a_file_or_its_header_will_do(tiny_hybrid_path: Path, tmp_path: Path) -> None:
    request = PlanRequest(budget_bytes=GIB)
    found = plan(tiny_hybrid_path, request)
    assert found.model_path == str(tiny_hybrid_path) and plan(str(tiny_hybrid_path), request) == found
    with pytest.raises(ModelError):
        plan(tmp_path / "missing.gguf", request)


def test_more_context_than_the_model_was_trained_for_is_not_planned(tiny_hybrid_path: Path) -> None:
    reader = FootprintReader(read_header(tiny_hybrid_path))
    request = _request(4, npcs=2, device="cpu", context_tokens=1 << 24)
    assert plan(reader, request).cells == 2 * reader.header.context_length
    first = ladder(reader, request)[0]
    assert isinstance(first, Plan)
    assert first.cells == 2 * reader.header.context_length
