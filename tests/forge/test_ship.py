"""A trained model becomes part of the package only with the facts that are checked later."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.forge import ship as room


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"preset": {"name": "starter"}, "seed": 1}), encoding="utf-8")
    (folder / "npc-starter-Q8_0.gguf").write_bytes(b"GGUF" * 100)
    (folder / "npc-starter-Q4_K_M.gguf").write_bytes(b"GGUF" * 50)
    return folder


def test_the_file_and_its_facts(run: Path, tmp_path: Path) -> None:
    path = room.ship(run, target=tmp_path / "starter")
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert path.read_bytes() == b"GGUF" * 100
    assert facts["bytes"] == 400
    assert facts["sha256"] == hashlib.sha256(b"GGUF" * 100).hexdigest()
    assert facts["run"]["seed"] == 1


def test_another_number_format(run: Path, tmp_path: Path) -> None:
    assert room.ship(run, target=tmp_path / "starter", recipe="Q4_K_M").stat().st_size == 200


def test_no_run(tmp_path: Path, run: Path) -> None:
    for folder, recipe in ((tmp_path, None), (run, "F32")):
        with pytest.raises(RequestError) as caught:
            room.ship(folder, target=tmp_path / "starter", recipe=recipe)
        assert caught.value.code == "no_run"


def test_too_large(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_BYTES", 10)
    with pytest.raises(CapacityError) as caught:
        room.ship(run, target=tmp_path / "starter")
    assert caught.value.code == "model_too_large"
    assert not (tmp_path / "starter").exists()
