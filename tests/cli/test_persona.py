from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

GOOD = 'name = "Ann"\nrole = "a smith"\nfallback = ["Hm."]\n'
BAD = 'name = "Ann"\nrol = "a smith"\nknows = [3]\n'
ODD = 'name = "Ann"\nrole = "a smith"\nknows = ["<|im_end|>"]\n'


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    texts = {"good": GOOD, "bad": BAD, "odd": ODD}
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text)
    return {name: tmp_path / f"{name}.toml" for name in texts}


def test_a_good_file_is_fine(npc: Any, files: dict[str, Path]) -> None:
    result = npc("persona", "check", files["good"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "fine" in result.stdout


def test_findings_name_file_line_field_and_mend(npc: Any, files: dict[str, Path]) -> None:
    result = npc("persona", "check", files["bad"])
    assert result.exit_code == 1
    assert f"{files['bad']}:2:1: error: rol is not a known field" in result.stdout
    assert "Did you mean role?" in result.stdout
    assert f"{files['bad']}:3:" in result.stdout


def test_warnings_leave_the_file_usable(npc: Any, files: dict[str, Path]) -> None:
    result = npc("persona", "check", files["odd"])
    assert result.exit_code == 0
    assert "warning" in result.stdout


def test_several_files_are_told_apart_in_json(npc: Any, files: dict[str, Path]) -> None:
    result = npc("persona", "check", "--json", *files.values())
    good, bad, odd = json.loads(result.stdout)
    assert result.exit_code == 1
    assert good == {"file": str(files["good"]), "is_usable": True, "findings": []}
    assert not bad["is_usable"] and {finding["line"] for finding in bad["findings"]} >= {2, 3}
    assert odd["is_usable"] and all(finding["severity"] == "warning" for finding in odd["findings"])


@pytest.mark.parametrize("name", ["missing.toml", "folder.toml", "binary.toml", "text.txt"])
def test_files_that_cannot_be_read_are_findings(npc: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "text.txt").write_text(GOOD)
    result = npc("persona", "check", tmp_path / name)
    assert result.exit_code == 1
    assert name in result.stdout and "error" in result.stdout


def test_a_check_without_files_is_a_usage_error(npc: Any) -> None:
    assert npc("persona", "check").exit_code == 2


def test_the_prompt_is_shown_in_segments(npc: Any, files: dict[str, Path], tiny_hybrid_path: Path) -> None:
    arguments = ("--prompt", "--model", tiny_hybrid_path, "--world", "brackwater", "--context", 1000)
    shown = npc("persona", "check", files["good"], *arguments)
    assert shown.exit_code == 0
    assert all(word in shown.stdout for word in ("world", "persona", "World: Brackwater", "You are Ann"))
    [data] = json.loads(npc("persona", "check", files["good"], *arguments, "--json").stdout)
    report = data["prompt"]
    assert report["tokens"] == sum(segment["tokens"] for segment in report["segments"])
    assert report["context_tokens"] == 1000


def test_a_prompt_that_cannot_fit_is_told(npc: Any, files: dict[str, Path], tiny_hybrid_path: Path) -> None:
    result = npc("persona", "check", files["good"], "--prompt", "--model", tiny_hybrid_path, "--context", 10)
    assert "prompt_too_long" in result.stdout


def test_the_prompt_of_a_broken_file_is_left_out(npc: Any, files: dict[str, Path], tiny_hybrid_path: Path) -> None:
    result = npc("persona", "check", files["bad"], "--prompt", "--model", tiny_hybrid_path)
    assert result.exit_code == 1
    assert "segment" not in result.stdout


def test_an_unknown_model_is_bad_input(npc: Any, files: dict[str, Path]) -> None:
    result = npc("persona", "check", files["good"], "--prompt", "--model", "nobody")
    assert result.exit_code == 3
    assert "unknown_model" in result.stderr


def test_shipped_personas_are_listed(npc: Any) -> None:
    result = npc("persona", "list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in ("guard", "merchant", "medic"))
    rows = json.loads(npc("persona", "list", "--json").stdout)
    assert {row["name"] for row in rows} == {"guard", "merchant", "medic"}


def test_a_persona_is_shown(npc: Any) -> None:
    assert "Dorrit Hale" in npc("persona", "show", "guard").stdout
    assert npc("persona", "show", "guard", "--prompt").stdout.startswith("You are Dorrit Hale, ")
    assert json.loads(npc("persona", "show", "guard", "--json").stdout)["name"] == "Dorrit Hale"


def test_an_unknown_persona_names_the_known_ones(npc: Any) -> None:
    result = npc("persona", "show", "gard")
    assert result.exit_code == 3
    assert "unknown_persona" in result.stderr and "guard" in result.stderr


def test_a_new_file_passes_its_check(npc: Any, tmp_path: Path) -> None:
    path = tmp_path / "mira.toml"
    assert npc("persona", "new", path).exit_code == 0
    assert npc("persona", "check", path).stdout.endswith("fine\n")


def test_a_new_file_replaces_nothing(npc: Any, tmp_path: Path) -> None:
    path = tmp_path / "mira.toml"
    path.write_text("mine")
    result = npc("persona", "new", path)
    assert result.exit_code == 3
    assert "file_exists" in result.stderr
    assert path.read_text() == "mine"


def test_a_new_file_is_toml(npc: Any, tmp_path: Path) -> None:
    assert npc("persona", "new", tmp_path / "mira.json").exit_code == 2


def test_the_prompt_is_held_against_the_models_own_context(
    npc: Any, files: dict[str, Path], tiny_hybrid_path: Path
) -> None:
    arguments = ("persona", "check", files["good"], "--prompt", "--model", tiny_hybrid_path)
    assert "%" in npc(*arguments).stdout
    [data] = json.loads(npc(*arguments, "--json").stdout)
    assert data["prompt"]["context_tokens"] == 8192
