from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

gguf = pytest.importorskip("gguf")

from npc_sdk.errors import RequestError  # noqa: E402
from npc_sdk.forge.quantize import RECIPES, quantize, selective_overrides  # noqa: E402
from npc_sdk.forge.shape import ModelShape  # noqa: E402


def _types(path: Path) -> dict[str, str]:
    return {tensor.name: tensor.tensor_type.name for tensor in gguf.GGUFReader(path).tensors}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_makes_a_smaller_file(small_model: Any, tmp_path: Path, recipe: str) -> None:
    model, _, source = small_model
    made = quantize(source, tmp_path / "made.gguf", recipe, model.shape)
    assert made.stat().st_size < source.stat().st_size / 2.5
    assert list(tmp_path.iterdir()) == [made]
    assert {kind for name, kind in _types(made).items() if "norm" in name or "conv1d" in name} == {"F32"}


def test_the_selective_recipe_keeps_attention_and_the_mamba_before_it(small_model: Any, tmp_path: Path) -> None:
    model, _, source = small_model
    types = _types(quantize(source, tmp_path / "made.gguf", "selective", model.shape))
    kept = {name for name, kind in types.items() if kind == "Q8_0"}
    assert {name.split(".")[1] for name in kept if name.startswith("blk")} == {"2", "3", "5", "6"}
    assert "token_embd.weight" in kept
    assert types["blk.0.ssm_in.weight"] == "Q4_K"


def test_attention_without_mamba_before_it_keeps_itself() -> None:
    assert [key for key in selective_overrides(ModelShape(pattern="*M")) if "blk" in key] == [
        r"blk\.0\.(attn_[qkv]|attn_output|ssm_in|ssm_out)\.weight"
    ]


def test_an_unknown_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        quantize(tmp_path / "a", tmp_path / "b", "Q1", ModelShape())
    assert caught.value.code == "bad_number_format"
