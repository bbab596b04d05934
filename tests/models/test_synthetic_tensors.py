from __future__ import annotations

from collections import Counter
from math import prod

from npc_sdk.models.shape import preset
from npc_sdk.models.synthetic_tensors import plan_tensors


def test_the_4b_has_the_published_number_of_weights() -> None:
    plans = plan_tensors(preset("nemotron-3-nano-4b"), "q4_k_m")
    assert sum(prod(plan.dimensions) for plan in plans) == 3_973_556_832


def test_the_4b_has_the_formats_of_the_published_file() -> None:
    plans = {plan.name: plan for plan in plan_tensors(preset("nemotron-3-nano-4b"), "q4_k_m")}
    kinds = {name: plan.kind.name for name, plan in plans.items()}
    assert kinds["token_embd.weight"] == "Q5_0"
    assert kinds["output.weight"] == "Q8_0"
    assert kinds["blk.0.ssm_in.weight"] == "Q5_0"
    assert kinds["blk.0.ssm_out.weight"] == "Q4_K"
    down = Counter(kind for name, kind in kinds.items() if "ffn_down" in name)
    assert down == {"Q4_K": 8, "Q6_K": 9}
    total = sum(plan.n_bytes for plan in plans.values())
    # The published file has 2,837,072,864 bytes with a header of some megabytes.
    assert 0 < 2_837_072_864 - total < 12_000_000


def test_tied_models_have_no_output() -> None:
    names = {plan.name for plan in plan_tensors(preset("mid"), "q4_k_m")}
    assert "output.weight" not in names
    assert plan_tensors(preset("mid"), "q4_k_m")[0].kind.name == "Q6_K"


def test_other_formats() -> None:
    kinds = {plan.name: plan.kind.name for plan in plan_tensors(preset("tiny-attention"), "q8_0")}
    assert kinds["blk.0.attn_q.weight"] == "Q8_0"
    assert kinds["blk.0.attn_norm.weight"] == "F32"
    assert "blk.2.ffn_gate.weight" in kinds and "blk.0.ssm_in.weight" not in kinds
