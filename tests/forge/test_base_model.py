from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for _package in ("torch", "tokenizers", "gguf", "llama_cpp"):
    pytest.importorskip(_package)

from npc_sdk.errors import ModelError  # noqa: E402
from npc_sdk.forge.base_model import read_base_model  # noqa: E402
from npc_sdk.forge.pipeline import train_all  # noqa: E402
from npc_sdk.forge.quantize import quantize  # noqa: E402
from npc_sdk.models import resolve_model  # noqa: E402


def test_what_was_written_is_read_back(small_model: Any) -> None:
    model, tokenizer, path = small_model
    base = read_base_model(path)
    assert base.shape == model.shape
    assert base.tokenizer.fingerprint == tokenizer.fingerprint
    wanted = {name: value.detach().numpy() for name, value in model.named_parameters()}
    assert base.weights.keys() == wanted.keys()
    for name, value in wanted.items():
        np.testing.assert_allclose(base.weights[name], value, rtol=2e-6, atol=1e-7, err_msg=name)


def test_eight_bits_are_read_to_their_exactness(small_model: Any, tmp_path: Path) -> None:
    model, _, path = small_model
    base = read_base_model(quantize(path, tmp_path / "small-Q8_0.gguf", "Q8_0", model.shape))
    for name, value in model.named_parameters():
        wanted = value.detach().numpy()
        assert np.abs(base.weights[name] - wanted).max() <= np.abs(wanted).max() / 127, name


def test_the_model_in_the_package_can_be_gone_on_from() -> None:
    base = read_base_model(Path(resolve_model("starter").path))
    assert base.tokenizer.decode(base.tokenizer.encode("Who goes there?", special=False)) == "Who goes there?"
    assert all(np.isfinite(value).all() for value in base.weights.values())


def test_training_goes_on_from_it(tmp_path: Path) -> None:
    first = train_all(preset_name="smoke", minutes=0.02, out=tmp_path / "first", seed=1, threads=1)
    second = train_all(preset_name="smoke", minutes=0.02, out=tmp_path / "second", seed=2, threads=1, base=first)
    run = json.loads((second.parent / "run.json").read_text())
    assert run["base"]["sha256"] == read_base_model(first).digest
    vocabularies = [json.loads((folder / "tokenizer.json").read_text()) for folder in (first.parent, second.parent)]
    assert vocabularies[0] == vocabularies[1]
    again = train_all(preset_name="smoke", minutes=0.02, out=tmp_path / "second", seed=2, threads=1, base=first)
    assert again == second


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all" * 9])
def test_what_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError) as error:
        read_base_model(path)
    assert error.value.code == "not_forged"


def test_a_model_of_another_architecture_is_refused(tmp_path: Path) -> None:
    from npc_sdk.models import build, preset

    path = tmp_path / "attention.gguf"
    build(path, preset("tiny-attention"))
    with pytest.raises(ModelError, match="architecture"):
        read_base_model(path)
