from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tokenizers")

gguf = pytest.importorskip("gguf")

from npc_sdk.forge.export import export, tensors  # noqa: E402


def _read(path: Path) -> Any:
    return gguf.GGUFReader(path)


def _text(reader: Any, key: str) -> str:
    field = reader.fields[key]
    return bytes(field.parts[field.data[0]]).decode()


def test_the_file_says_what_it_is(small_model: Any) -> None:
    reader = _read(small_model[2])
    assert _text(reader, "general.architecture") == "nemotron_h"
    assert _text(reader, "general.license") == "apache-2.0"
    assert _text(reader, "general.description") == "For tests."
    assert _text(reader, "npc_sdk.preset") == "none"
    assert "<think></think>" in _text(reader, "tokenizer.chat_template")


def test_layer_kinds_are_told_by_lists(small_model: Any) -> None:
    reader = _read(small_model[2])
    kinds = reader.fields["nemotron_h.attention.head_count_kv"]
    assert [int(kinds.parts[index][0]) for index in kinds.data] == [0, 0, 0, 2, 0, 0, 2, 0]
    widths = reader.fields["nemotron_h.feed_forward_length"]
    assert [int(widths.parts[index][0]) for index in widths.data] == [0, 768, 0, 0, 768, 0, 0, 768]


def test_every_weight_is_written_once(small_model: Any) -> None:
    model, _, path = small_model
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    names = [name for name, _ in tensors(weights, model.shape)]
    assert len(names) == len(set(names)) == len(weights)
    assert {tensor.name for tensor in _read(path).tensors} == set(names)


def test_half_precision_touches_matrices_alone(small_model: Any, tmp_path: Path) -> None:
    model, tokenizer, _ = small_model
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    path = export(tmp_path / "half.gguf", weights, model.shape, tokenizer, number_format="f16")
    for tensor in _read(path).tensors:
        vector = "norm" in tensor.name or "conv1d" in tensor.name or not tensor.name.endswith(".weight")
        assert tensor.data.dtype == (np.float32 if vector else np.float16), tensor.name
    assert list(tmp_path.iterdir()) == [path]
