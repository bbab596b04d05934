from __future__ import annotations

from npc_sdk.models.architectures import ARCHITECTURES


def test_the_ones_that_matter_are_there() -> None:
    assert {"nemotron_h", "nemotron_h_moe", "llama", "qwen3", "gemma3"} <= ARCHITECTURES
    assert not {"", "clip", "bert"} & ARCHITECTURES
