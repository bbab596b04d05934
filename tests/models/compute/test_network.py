from __future__ import annotations

from dataclasses import replace

import pytest

from npc_sdk.models import Shape, preset
from npc_sdk.models.compute import DEVICE, HOST, ContextShape, ModelShape
from npc_sdk.models.compute.network import Network
from npc_sdk.models.shape_header import shape_header
from npc_sdk.models.tensor_type import TENSOR_TYPES_BY_NAME

CONTEXT = ContextShape(ubatch=64, slots=2, cells=1024, outputs=2, kv_type=TENSOR_TYPES_BY_NAME["F16"], is_flash=True)


def _network(shape: Shape, context: ContextShape = CONTEXT, home: int = HOST) -> Network:
    return Network(ModelShape(shape_header(shape)), context, lambda _: home)


def test_logits_come_last_and_stay() -> None:
    for graph in (_network(preset("tiny")).hybrid(), _network(preset("tiny-attention")).transformer()):
        assert graph.nodes[-1].shape == (4096, 2) and graph.nodes[-1].is_output


def test_each_layer_adds_its_part() -> None:
    counts = [
        len(_network(replace(preset("tiny"), pattern=pattern)).hybrid().nodes) for pattern in ("-", "--", "-M", "-*")
    ]
    feed_forward, mamba, attention = (count - counts[0] for count in counts[1:])
    assert 0 < feed_forward < attention < mamba


@pytest.mark.parametrize(
    ("change", "inputs"),
    [
        # Positions, tokens, embeddings, places of keys and values, mask, outputs.
        ({}, 7),
        ({"kv_type": TENSOR_TYPES_BY_NAME["Q8_0"]}, 9),  # and what keys and values are rotated by
    ],
)
def test_inputs(change: dict[str, object], inputs: int) -> None:
    graph = _network(preset("tiny-attention"), replace(CONTEXT, **change)).transformer()  # type: ignore[arg-type]
    assert sum(leaf.is_input for leaf in graph.leaves) == inputs


def test_without_fused_attention_scores_are_kept_for_every_cell() -> None:
    plain = _network(preset("tiny-attention"), replace(CONTEXT, is_flash=False)).transformer()
    fused = _network(preset("tiny-attention")).transformer()
    assert any(node.shape == (1024, 64, 2) for node in plain.nodes)
    assert not any(node.shape == (1024, 64, 2) for node in fused.nodes)


def test_norms_are_pinned_when_everything_is_on_the_device() -> None:
    graph = _network(preset("tiny-attention"), home=DEVICE).transformer()
    assert sum(node.pinned == DEVICE for node in graph.nodes) == 6
    assert not any(node.pinned for node in _network(preset("tiny-attention")).transformer().nodes)
