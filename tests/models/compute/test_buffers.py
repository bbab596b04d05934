from __future__ import annotations

from dataclasses import replace

import pytest

from npc_sdk.models import preset
from npc_sdk.models.compute import ContextShape, ModelShape, compute_bytes, is_known
from npc_sdk.models.shape_header import shape_header
from npc_sdk.models.tensor_type import TENSOR_TYPES_BY_NAME

CONTEXT = ContextShape(ubatch=64, slots=1, cells=4096, outputs=1, kv_type=TENSOR_TYPES_BY_NAME["F16"], is_flash=True)


def _model(name: str) -> ModelShape:
    return ModelShape(shape_header(preset(name)))


@pytest.mark.parametrize(
    ("name", "ubatch", "slots", "host"),
    # As llama-cpp-python 0.3.36 reports them.
    [
        ("nemotron-3-nano-4b", 64, 1, 19_412_288),
        ("nemotron-3-nano-4b", 512, 1, 125_993_024),
        ("nemotron-3-nano-4b", 64, 16, 81_012_096),
        ("qwen3-4b", 64, 1, 11_011_616),
        ("qwen3-4b", 128, 8, 22_023_200),
    ],
)
def test_the_host_alone(name: str, ubatch: int, slots: int, host: int) -> None:
    found = compute_bytes(_model(name), replace(CONTEXT, ubatch=ubatch, slots=slots, outputs=slots), 0)
    assert (found.device, found.host) == (0, host)


def test_more_tokens_at_once_need_more() -> None:
    sizes = [compute_bytes(_model("mid"), replace(CONTEXT, ubatch=ubatch), 0).host for ubatch in (16, 32, 64, 128)]
    assert sizes == sorted(sizes)


def test_unknown_architectures_are_overestimated() -> None:
    known = _model("tiny-attention")
    unknown = _model("tiny-attention")
    unknown.architecture = "somethingelse"
    assert is_known(known) and not is_known(unknown)
    assert compute_bytes(unknown, CONTEXT, 0).host == compute_bytes(known, CONTEXT, 0).host * 3 // 2


def test_experts_are_not_known() -> None:
    model = _model("tiny-attention")
    model.experts = 8
    assert not is_known(model)
