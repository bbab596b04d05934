from __future__ import annotations

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other processes import the test modules, wherever the tests are started."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parents[2])])


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A model with uncommon weights, its tokenizer, and its file in F32."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("tokenizers")
    pytest.importorskip("gguf")
    from npc_sdk.forge.export import export
    from npc_sdk.forge.model import HybridModel
    from npc_sdk.forge.shape import ModelShape
    from npc_sdk.forge.tokenizer import train_tokenizer

    text = [(Path(__file__).parents[2] / "npc_sdk" / "errors.py").read_text(encoding="utf-8")]
    tokenizer = train_tokenizer(text, size=512)
    model = HybridModel(ModelShape(vocabulary=512), seed=3)
    torch.manual_seed(0)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.05 * torch.randn_like(value) * (value.abs().mean() if value.ndim == 2 else 1.0)
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    path = tmp_path_factory.mktemp("model") / "small.gguf"
    export(path, weights, model.shape, tokenizer, description="For tests.", metadata={"preset": "none", "seed": 3})
    return model, tokenizer, path
