from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.cli.record_files import find_persona, find_world
from npc_sdk.errors import PersonaError


def test_a_name_means_a_shipped_one() -> None:
    assert find_persona("guard").name == "Dorrit Hale"
    assert find_world("brackwater").name == "Brackwater"


def test_a_file_is_told_by_its_suffix_or_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "guard.toml").write_text('name = "Ann"\nrole = "a smith"\n')
    monkeypatch.chdir(tmp_path)
    assert find_persona("guard.toml").name == "Ann"
    assert find_persona(str(tmp_path / "guard.toml")).name == "Ann"


@pytest.mark.parametrize("name", ["nobody", "nobody.toml", "nowhere/guard"])
def test_what_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(PersonaError):
        find_persona(name)
