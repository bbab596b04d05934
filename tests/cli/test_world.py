from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_a_world_is_checked(npc: Any, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('name = "Senn"\n')
    bad.write_text('name = "Senn"\nfact = []\n')
    assert npc("world", "check", good).exit_code == 0
    result = npc("world", "check", good, bad)
    assert result.exit_code == 1
    assert f"{bad}:2:1: error" in result.stdout
    rows = json.loads(npc("world", "check", good, bad, "--json").stdout)
    assert [row["is_usable"] for row in rows] == [True, False]


def test_shipped_worlds_are_listed_and_shown(npc: Any) -> None:
    assert "Brackwater" in npc("world", "list").stdout
    assert json.loads(npc("world", "list", "--json").stdout)[0]["name"] == "brackwater"
    assert "Brackwater" in npc("world", "show", "brackwater").stdout
    assert npc("world", "show", "brackwater", "--prompt").stdout.startswith("World: Brackwater\n")
    assert json.loads(npc("world", "show", "brackwater", "--json").stdout)["name"] == "Brackwater"


def test_an_unknown_world_is_bad_input(npc: Any) -> None:
    assert npc("world", "show", "narnia").exit_code == 3
