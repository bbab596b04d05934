"""What two configurations differ in decides what a change takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from npc_sdk.engine.config import EngineConfig, change_between, placed_like, thread_count, unusable
from npc_sdk.errors import RequestError

CONFIG = EngineConfig(model_path="a.gguf", parked_folder="here", disk_folder="there")


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({}, "none"),
        ({"slots": 2}, "context"),
        ({"quantum": 2, "cells": 9, "threads": 2, "kv_type": "q8_0"}, "context"),
        ({"parked_bytes": 5}, "context"),
        ({"gpu_layers": 3}, "model"),
        ({"model_path": "b.gguf", "slots": 2}, "model"),
        ({"use_mmap": False}, "model"),
        ({"device": "GPU-5ae1"}, "model"),
    ],
)
def test_what_must_be_made_anew(fields: dict[str, object], change: str) -> None:
    assert change_between(CONFIG, replace(CONFIG, **fields)) == change  # type: ignore[arg-type]


def test_folders_stay() -> None:
    moved = placed_like(EngineConfig(model_path="b.gguf", parked_folder="x", slots=1), CONFIG)
    assert moved == replace(CONFIG, model_path="b.gguf", slots=1)


@pytest.mark.parametrize("device", ["", "0", "GPU-", "GPU-1\0", "GPU-1,GPU-2"])
def test_a_device_is_named_by_its_uuid(device: str) -> None:
    with pytest.raises(RequestError) as caught:
        replace(CONFIG, device=device)
    assert caught.value.code == "bad_engine_config"


def test_threads_are_half_of_the_cores_unless_told() -> None:
    assert thread_count(replace(CONFIG, threads=7)) == 7
    assert thread_count(CONFIG) >= 1


def test_another_model_is_looked_at_first(tmp_path: Path, tiny_hybrid_path: Path) -> None:
    missing = replace(CONFIG, model_path=str(tmp_path / "none.gguf"))
    assert unusable(missing, CONFIG) is not None
    assert unusable(missing, missing) is None, "what runs is not asked"
    assert unusable(replace(CONFIG, model_path=str(tiny_hybrid_path)), CONFIG) is None
