from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.models import PRESETS, preset


def test_presets_have_their_names() -> None:
    ours = ["nemotron-3-nano-4b", "mid", "tiny", "tiny-attention"]
    assert [*PRESETS] == [*ours, "qwen3-4b", "qwen3-1.7b", "qwen3-0.6b"]
    assert all(preset(name).name == name for name in PRESETS)


def test_the_4b_has_its_published_layers() -> None:
    shape = preset("nemotron-3-nano-4b")
    assert [shape.pattern.count(letter) for letter in "M*-"] == [21, 4, 17]
    assert [at for at, letter in enumerate(shape.pattern) if letter == "*"] == [12, 17, 24, 32]
    assert shape.inner == 7680


def test_an_unknown_name() -> None:
    with pytest.raises(RequestError, match="tiny") as caught:
        preset("tinny")
    assert caught.value.code == "unknown_shape"


@pytest.mark.parametrize(
    "change",
    [
        {"pattern": ""},
        {"pattern": "MX"},
        {"architecture": "llama"},
        {"hidden": 100},
        {"kv_heads": 0},
        {"heads": 3, "kv_heads": 2},
        {"state_size": 0},
        {"groups": 3},
        {"vocabulary": 300},
    ],
)
def test_impossible_shapes(change: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        dataclasses.replace(preset("tiny"), **change)
    assert caught.value.code == "bad_shape"
