from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.models import preset, read_header
from npc_sdk.models.compute import ContextShape, ModelShape, row_padding
from npc_sdk.models.shape_header import shape_header
from npc_sdk.models.tensor_type import TENSOR_TYPES_BY_NAME


def _context(**changes: int) -> ContextShape:
    sizes = {"ubatch": 64, "slots": 1, "cells": 256, "outputs": 1, **changes}
    return ContextShape(**sizes, kv_type=TENSOR_TYPES_BY_NAME["F16"], is_flash=True)


@pytest.mark.parametrize(("ubatch", "slots", "tokens"), [(64, 1, 64), (64, 3, 66), (7, 5, 10), (8, 8, 8)])
def test_every_sequence_gets_the_same_number_of_tokens(ubatch: int, slots: int, tokens: int) -> None:
    assert _context(ubatch=ubatch, slots=slots).tokens == tokens


@pytest.mark.parametrize(
    ("kind", "row", "padding"), [("F16", 3, 0), ("Q8_0", 512, 0), ("Q8_0", 3136, 448 // 32 * 34), ("Q4_K", 256, 144)]
)
def test_quantized_rows_are_padded_on_a_device(kind: str, row: int, padding: int) -> None:
    assert row_padding(TENSOR_TYPES_BY_NAME[kind], row) == padding


def test_a_hybrid(tiny_hybrid_path: Path) -> None:
    model = ModelShape(read_header(tiny_hybrid_path))
    assert model.kv_heads == (0, 0, 0, 1, 0, 0, 1, 0)
    assert (model.inner, model.mixed, model.mamba_head_size) == (128, 640, 32)
    assert model.rows("blk.1.ffn_up.weight") == 256 and model.rows("blk.0.ffn_up.weight") == 0
    assert model.tensor("token_embd.weight") is not None and model.tensor("nothing") is None


def test_key_heads_that_are_not_stated_are_those_of_queries() -> None:
    header = shape_header(preset("tiny-attention"))
    metadata = {key: value for key, value in header.metadata.items() if not key.endswith("head_count_kv")}
    object.__setattr__(header, "metadata", metadata)
    assert ModelShape(header).kv_heads == (2, 2, 2)
