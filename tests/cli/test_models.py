from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.models import PRESETS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NPC_MODELS_DIR", str(tmp_path))
    return tmp_path


def test_the_list_has_the_starter_and_the_catalog(npc: Any, folder: Path) -> None:
    result = npc("models", "list")
    assert result.exit_code == 0
    assert "starter" in result.stdout and "npc models pull nemotron-3-nano-4b" in result.stdout


def test_the_list_has_files_of_the_folder(npc: Any, folder: Path) -> None:
    (folder / "mine.gguf").write_bytes(b"GGUF")
    rows = {row["name"]: row for row in json.loads(npc("models", "list", "--json").stdout)}
    assert rows["mine"]["is_there"] and rows["mine"]["bytes"] == 4
    assert not rows["nemotron-3-nano-4b"]["is_there"]
    assert len(rows["nemotron-3-nano-4b"]["sha256"]) == 64
    other = json.loads(npc("models", "list", "--folder", folder / "other", "--json").stdout)
    assert "mine" not in {row["name"] for row in other}


def test_the_header_is_shown(npc: Any, tiny_hybrid_path: Path) -> None:
    result = npc("models", "info", tiny_hybrid_path)
    assert result.exit_code == 0
    for part in ("nemotron_h", "3 mamba", "2 attention", "3 mlp", "8,192 tokens", "qwen_xml", "Random weights"):
        assert part in result.stdout


def test_the_header_as_json(npc: Any, tiny_hybrid_path: Path) -> None:
    facts = json.loads(npc("models", "info", tiny_hybrid_path, "--json").stdout)
    assert facts["is_usable"] and facts["is_synthetic"] and facts["architecture"] == "nemotron_h"
    assert sum(layer["bytes"] for layer in facts["layers"]) < facts["bytes"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "model_missing"),
        (b"", "model_truncated"),
        (b"PK\3\4" * 9, "model_not_gguf"),
        (b"GGUF", "model_truncated"),
    ],
)
def test_what_is_no_model_is_bad_input(npc: Any, tmp_path: Path, content: bytes | None, code: str) -> None:
    path = tmp_path / "x.gguf"
    if content is not None:
        path.write_bytes(content)
    result = npc("models", "info", path)
    assert result.exit_code == 3
    assert code in result.stderr


def test_the_path_is_printed_alone(npc: Any, folder: Path, tiny_hybrid_path: Path) -> None:
    assert npc("models", "path", tiny_hybrid_path).stdout == f"{tiny_hybrid_path}\n"
    facts = json.loads(npc("models", "path", tiny_hybrid_path, "--json").stdout)
    assert facts == {"path": str(tiny_hybrid_path), "bytes": tiny_hybrid_path.stat().st_size}
    assert npc("models", "path", "nemotron-3-nano-4b").exit_code == 3


def test_a_synthetic_model_is_written_once(npc: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    assert npc("models", "synthetic", "tiny", path).stdout == f"{path}\n"
    again = npc("models", "synthetic", "tiny", path)
    assert again.exit_code == 3 and "file_exists" in again.stderr
    before = path.read_bytes()
    assert npc("models", "synthetic", "tiny", path, "--replace", "--seed", 1, "--json").exit_code == 0
    assert path.read_bytes() != before


@pytest.mark.parametrize(("shape", "options"), [("huge", ()), ("tiny", ("--quantization", "q1"))])
def test_unknown_shapes_and_formats_are_refused(npc: Any, tmp_path: Path, shape: str, options: tuple[str, ...]) -> None:
    result = npc("models", "synthetic", shape, tmp_path / "a.gguf", *options)
    assert result.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_the_help_names_every_shape(npc: Any) -> None:
    text = " ".join(npc("models", "synthetic", "--help").stdout.replace("│", " ").split())
    assert all(name in text for name in PRESETS)


def test_pull_hands_everything_over(npc: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def pull(name: str, **options: Any) -> Path:
        asked.update(options, name=name)
        options["progress"](1, 2)
        (tmp_path / "m.gguf").write_bytes(b"12")
        return tmp_path / "m.gguf"

    monkeypatch.setattr("npc_sdk.models.pull", pull, raising=False)
    result = npc("models", "pull", "m", "--folder", tmp_path, "--endpoint", "http://x", "--wait-seconds", 2, "--json")
    assert json.loads(result.stdout) == {"path": str(tmp_path / "m.gguf"), "bytes": 2}
    assert (asked["name"], asked["folder"], asked["endpoint"], asked["wait_s"]) == ("m", tmp_path, "http://x", 2.0)


def test_pull_of_an_unknown_name_is_bad_input(npc: Any, folder: Path) -> None:
    result = npc("models", "pull", "nemotron-4b")
    assert result.exit_code == 3
    assert "unknown_model" in result.stderr and "nemotron-3-nano-4b" in result.stderr


def test_the_list_says_licences_and_what_is_no_model(npc: Any, folder: Path) -> None:
    (folder / "mine.gguf").write_bytes(b"GGUF")
    (folder / "notes.gguf").write_bytes(b"Dear diary")
    rows = {row["name"]: row for row in json.loads(npc("models", "list", "--json").stdout)}
    assert rows["starter"]["licence"] == "Apache-2.0"
    assert (rows["mine"]["is_gguf"], rows["notes"]["is_gguf"]) == (True, False)
    [line] = [line for line in npc("models", "list").stdout.splitlines() if line.startswith("notes")]
    assert "not a GGUF file" in line


def test_a_models_folder_that_is_a_file_is_told(npc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("NPC_MODELS_DIR", str(file))
    for arguments in (("list",), ("path", "mine"), ("path", "qwen3-4b")):
        result = npc("models", *arguments)
        assert result.exit_code == 3
        assert "folder_unusable" in result.stderr and "NPC_MODELS_DIR" in result.stderr
    assert npc("models", "path", "starter").exit_code == 0
