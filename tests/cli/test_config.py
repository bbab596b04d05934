from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.runtime.settings import RuntimeSettings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in fields(RuntimeSettings):
        monkeypatch.delenv(f"NPC_{field.name.upper()}", raising=False)


def test_every_setting_is_shown(npc: Any) -> None:
    rows = json.loads(npc("config", "show", "--json").stdout)
    assert set(rows) == {field.name for field in fields(RuntimeSettings)}
    assert {row["source"] for row in rows.values()} == {"default"}
    assert rows["slots"]["value"] == 0 and rows["slots"]["here"] > 0


def test_each_source_is_named(npc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "runtime.toml"
    file.write_text("slots = 3\nquantum = 128\ngreedy = true\n")
    monkeypatch.setenv("NPC_SLOTS", "5")
    rows = json.loads(npc("config", "show", "--settings", file, "--json").stdout)
    assert rows["slots"] == {"value": 5, "here": 5, "source": "environment (NPC_SLOTS)"}
    assert rows["quantum"]["source"] == f"file ({file})"
    assert rows["greedy"]["value"] is True


def test_the_table_says_what_the_machine_chose(npc: Any) -> None:
    result = npc("config", "show")
    assert result.exit_code == 0
    assert "(chosen for this machine)" in result.stdout and "drawn at start" in result.stdout


@pytest.mark.parametrize("text", ["slot = 3\n", "slots = 'x'\n", "slots = [\n"])
def test_a_bad_file_is_bad_input(npc: Any, tmp_path: Path, text: str) -> None:
    file = tmp_path / "runtime.toml"
    file.write_text(text)
    assert npc("config", "show", "--settings", file).exit_code == 3


def test_a_missing_file_is_bad_input(npc: Any, tmp_path: Path) -> None:
    assert npc("config", "show", "--settings", tmp_path / "none.toml").exit_code == 3


def test_a_bad_variable_is_bad_input(npc: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPC_SLOTS", "many")
    result = npc("config", "show")
    assert result.exit_code == 3
    assert "bad_setting" in result.stderr
