"""What holds for every test, and small random models that every test may use; built once a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from npc_sdk.models import build

# How long an example takes says more about the machine that day than about the code.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")


@pytest.fixture(scope="session")
def tiny_hybrid_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random nemotron_h model: 8 layers, 4,096 tokens, 3.6 MB."""
    return build(tmp_path_factory.mktemp("models") / "tiny.gguf", "tiny")


@pytest.fixture(scope="session")
def tiny_attention_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random llama model: 3 layers, 4,096 tokens, 3.1 MB."""
    return build(tmp_path_factory.mktemp("models") / "tiny-attention.gguf", "tiny-attention")
