from __future__ import annotations

import json
from typing import Any

import pytest

from npc_sdk.budget.plan import Footprint, Off, Plan, PlanRequest
from npc_sdk.errors import RequestError

PLAN = Plan(
    model_path="m.gguf",
    model_name="m",
    layers=9,
    gpu_layers=4,
    slots=2,
    cells=512,
    kv_type="f16",
    quantum=64,
    threads=1,
    footprint=Footprint(weights_bytes=10, attention_bytes=20, overhead_bytes=5),
    host_footprint=Footprint(weights_bytes=7, compute_bytes=1),
)


def test_sums() -> None:
    assert (PLAN.device_bytes, PLAN.host_bytes, PLAN.device) == (35, 8, "gpu")
    assert (Off().device_bytes, Off().host_bytes) == (0, 0)


def test_plain_data_goes_through_json() -> None:
    data = json.loads(json.dumps(PLAN.to_dict()))
    assert data["footprint"]["total_bytes"] == 35 and data["device"] == "gpu" and data["cells"] == 512
    assert Off().to_dict() == {"device": "off"}


def test_what_the_game_keeps_is_taken_off() -> None:
    request = PlanRequest(budget_bytes=100, reserve_bytes=30, npcs=3, context_tokens=500, quantum=32)
    assert request.limit_bytes == 70
    wish = request.wish("q8_0", 5)
    assert (wish.slots, wish.cells, wish.quantum, wish.kv_type, wish.gpu_layers) == (3, 1500, 32, "q8_0", 5)


@pytest.mark.parametrize(
    "change",
    [
        {"budget_bytes": -1},
        {"reserve_bytes": -5},
        {"npcs": 0},
        {"npcs": 257},
        {"context_tokens": 0},
        {"quantum": 0},
        {"overhead_bytes": -1},
        {"kv_types": ()},
        {"kv_types": ("q3",)},
        {"cores": -1},
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        PlanRequest(**{"budget_bytes": 1, **change})
    assert caught.value.code == "bad_plan_request" and caught.value.details["field"] == next(iter(change))
