from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.runtime.defaults import cells_for, slots_for, threads_for
from npc_sdk.runtime.settings import RuntimeSettings


def test_argument_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "runtime.toml"
    file.write_text("slots = 2\nquantum = 32\ncells = 1024\n", encoding="utf-8")
    environment = {"NPC_QUANTUM": "64", "NPC_CELLS": "2048", "NPC_GREEDY": "true", "NPC_DEADLINE_MS": "1500.5"}
    settings = RuntimeSettings.load(file, environment=environment, cells=4096, seed=None)
    assert (settings.slots, settings.quantum, settings.cells, settings.warm) == (2, 64, 4096, True)
    assert settings.greedy is True
    assert settings.deadline_ms == 1500.5


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        RuntimeSettings().slots = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("load", "hint"),
    [
        (lambda file: RuntimeSettings.load(environment={}, slot=3), "slots"),
        (lambda file: RuntimeSettings.load(environment={"NPC_SLOT": "3"}), "NPC_SLOT"),
        (lambda file: RuntimeSettings.load(file, environment={}), "cell"),
    ],
)
def test_unknown_names_are_errors(tmp_path: Path, load: Any, hint: str) -> None:
    file = tmp_path / "runtime.toml"
    file.write_text("cell = 3", encoding="utf-8")
    with pytest.raises(RequestError, match=hint) as raised:
        load(file)
    assert raised.value.code == "unknown_setting"


def test_other_variables_with_the_prefix_are_left_alone() -> None:
    assert RuntimeSettings.load(environment={"NPC_MODELS_DIR": "/x", "SLOTS": "9"}) == RuntimeSettings()


@pytest.mark.parametrize(
    "values",
    [
        {"slots": -1},
        {"slots": 1.5},
        {"slots": True},
        {"quantum": 0},
        {"deadline_ms": 0},
        {"deadline_ms": float("nan")},
        {"greedy": 1},
        {"background": "no"},
        {"seed": -1},
        {"max_text_bytes": "8"},
    ],
)
def test_values_are_checked(values: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as raised:
        RuntimeSettings(**values)
    assert raised.value.code == "bad_setting"
    assert raised.value.details["setting"] in values


@pytest.mark.parametrize("variable", [("NPC_SLOTS", "many"), ("NPC_GREEDY", "perhaps")])
def test_variables_are_checked(variable: tuple[str, str]) -> None:
    with pytest.raises(RequestError) as raised:
        RuntimeSettings.load(environment=dict([variable]))
    assert raised.value.code == "bad_setting"


@pytest.mark.parametrize("text", [None, "slots = = 3"])
def test_files_that_cannot_be_read(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "runtime.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(RequestError) as raised:
        RuntimeSettings.load(file, environment={})
    assert raised.value.code == "bad_settings_file"


def test_zero_takes_what_suits_the_machine() -> None:
    chosen = RuntimeSettings().for_machine()
    assert chosen.slots >= 1 and chosen.threads >= 1 and chosen.cells == cells_for(chosen.slots)
    assert RuntimeSettings(slots=3, cells=99, threads=5).for_machine().cells == 99


def test_machines() -> None:
    assert (slots_for(2), slots_for(16)) == (4, 8)
    assert (threads_for(1), threads_for(2), threads_for(8), threads_for(64)) == (1, 1, 4, 8)


def test_the_engine_gets_them() -> None:
    config = RuntimeSettings(slots=3, cells=512, threads=2, quantum=16, gpu_layers=0).engine_config(
        "model.gguf", parked_folder="parked"
    )
    assert (config.model_path, config.slots, config.cells, config.threads) == ("model.gguf", 3, 512, 2)
    assert (config.quantum, config.gpu_layers, config.parked_folder) == (16, 0, "parked")


@pytest.mark.parametrize(
    ("vram", "expected"),
    [("auto", None), ("off", None), ("4GiB", 4 << 30), (1_000_000, 1_000_000), ("1000000", 1_000_000)],
)
def test_the_limit_of_memory_is_read(vram: Any, expected: int | None) -> None:
    settings = RuntimeSettings(vram=vram)
    assert settings.vram_bytes == expected
    assert settings.is_planned == (vram != "off")


@pytest.mark.parametrize("vram", ["", "much", "-1", 0, -5, True, None, 1.5, "0"])
def test_a_limit_of_memory_that_is_none_is_refused(vram: Any) -> None:
    with pytest.raises(RequestError) as raised:
        RuntimeSettings(vram=vram)
    assert raised.value.code == "bad_setting"


def test_the_budget_comes_from_the_environment_too() -> None:
    environment = {
        "NPC_VRAM": "2GiB", "NPC_RESERVE_MIB": "512", "NPC_SMALLER_MODEL": "starter", "NPC_DEVICE": "64MiB"
    }  # fmt: skip
    settings = RuntimeSettings.load(environment=environment)
    assert (settings.vram_bytes, settings.reserve_mib, settings.smaller_model) == (2 << 30, 512, "starter")
    assert (settings.device, RuntimeSettings().device) == ("64MiB", "auto")
    for bad in ({"smaller_model": ""}, {"device": ""}, {"device": " "}, {"device": 3}):
        with pytest.raises(RequestError):
            RuntimeSettings(**bad)


@pytest.mark.parametrize(("text", "background"), [("0", False), ("true", True)])
def test_the_engine_stands_back_unless_it_is_told_not_to(text: str, background: bool) -> None:
    assert RuntimeSettings().engine_config("model.gguf").background
    settings = RuntimeSettings.load(environment={"NPC_BACKGROUND": text})
    assert settings.engine_config("model.gguf").background is background
