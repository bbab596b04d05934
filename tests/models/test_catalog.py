from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import ModelError, RequestError
from npc_sdk.models import CATALOG, catalog, list_models, models_folder, resolve_model

NAME = "nemotron-3-nano-4b"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NPC_MODELS_DIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "package"
    home.mkdir()
    monkeypatch.setattr(catalog, "_STARTER_FOLDER", home)
    return home / "starter.gguf"


def code_of(name: str | Path) -> str:
    with pytest.raises(ModelError) as caught:
        resolve_model(name)
    assert caught.value.cause and caught.value.next_step
    return caught.value.code


def sparse(path: Path, n_bytes: int) -> None:
    with open(path, "wb") as file:
        file.truncate(n_bytes)


def test_entries_are_well_formed() -> None:
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert entry.n_bytes > 10**6
        assert entry.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
        assert entry.repository.count("/") == 1 and entry.file.endswith(".gguf") and entry.licence
    assert CATALOG[NAME].n_bytes == 2_837_072_864


def test_folder_comes_from_the_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert models_folder() == folder
    monkeypatch.delenv("NPC_MODELS_DIR")
    assert models_folder().name == "models"


def test_a_path(tiny_hybrid_path: Path) -> None:
    source = resolve_model(tiny_hybrid_path)
    assert (source.path, source.name, source.entry) == (tiny_hybrid_path, "tiny", None)


@pytest.mark.parametrize("name", ["mine", "mine.gguf"])
def test_a_file_in_the_folder(name: str, folder: Path) -> None:
    (folder / "mine.gguf").write_bytes(b"GGUF")
    assert resolve_model(name).path == folder / "mine.gguf"


def test_a_catalog_name(folder: Path) -> None:
    assert code_of(NAME) == "model_not_pulled"
    entry = CATALOG[NAME]
    sparse(folder / entry.file, entry.n_bytes)
    source = resolve_model(NAME)
    assert (source.path, source.entry) == (folder / entry.file, entry)
    sparse(folder / entry.file, 1000)
    assert code_of(NAME) == "model_mismatch"


def test_missing_paths(folder: Path) -> None:
    assert code_of("none.gguf") == "model_missing"
    assert code_of(folder / "none.gguf") == "model_missing"
    assert code_of("some/where/else") == "model_missing"


def test_unknown_names_come_with_near_ones(folder: Path) -> None:
    (folder / "my-guard.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError) as caught:
        resolve_model("nemotron-3-nano")
    assert caught.value.code == "unknown_model"
    assert caught.value.details["near"][0] == NAME
    with pytest.raises(ModelError, match="my-guard"):
        resolve_model("my-gard")
    with pytest.raises(ModelError, match="Known names: starter"):
        resolve_model("%%%%")


def test_starter(starter: Path) -> None:
    assert code_of("starter") == "model_missing"
    starter.write_bytes(b"GGUF and more")
    facts = {"bytes": 13, "sha256": hashlib.sha256(b"GGUF and more").hexdigest()}
    starter.with_suffix(".json").write_text(json.dumps(facts))
    assert resolve_model("starter").path == starter
    starter.write_bytes(b"GGUF and moRe")
    assert code_of("starter") == "model_mismatch"
    starter.write_bytes(b"GGUF")
    assert code_of("starter") == "model_mismatch"


def test_listing(folder: Path, starter: Path) -> None:
    (folder / "mine.gguf").write_bytes(b"GGUF")
    sparse(folder / CATALOG[NAME].file, 5)
    models = {model.name: model for model in list_models()}
    assert list(models) == ["starter", *CATALOG, "mine"]
    assert models["starter"].path is None
    assert models["mine"].n_bytes == 4
    assert (models[NAME].path, models[NAME].n_bytes) == (folder / CATALOG[NAME].file, 5)
    assert models["nemotron-3-nano-4b-lmstudio"].n_bytes == 2_837_072_896


def test_a_folder_is_no_model(folder: Path) -> None:
    (folder / "mine").mkdir()
    assert code_of(folder) == "model_unreadable"
    assert code_of("mine") == "model_unreadable"
    (folder / "mine.gguf").write_bytes(b"GGUF")
    assert resolve_model("mine").path == folder / "mine.gguf"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_no_model(folder: Path) -> None:
    os.mkfifo(folder / "pipe.gguf")
    assert code_of(folder / "pipe.gguf") == "model_unreadable"
    assert "pipe" not in {model.name for model in list_models()}


@pytest.mark.parametrize("name", [None, 5, b"starter"])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(RequestError) as caught:
        resolve_model(name)
    assert caught.value.code == "bad_model_name"


def test_a_broken_starter_has_no_licence(starter: Path) -> None:
    assert list_models()[0].licence is None
    for text in ("[", "[]", '{"licence": 3}'):
        starter.with_suffix(".json").write_text(text)
        assert list_models()[0].licence is None
    starter.with_suffix(".json").write_text('{"licence": "Apache-2.0"}')
    assert list_models()[0].licence == "Apache-2.0"
