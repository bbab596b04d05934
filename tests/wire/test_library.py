from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from npc_sdk.errors import PersonaError
from npc_sdk.wire.library import Library
from npc_sdk.wire.messages import Reference

GUARD = 'name = "Bron"\nrole = "a guard"\n'


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Two folders, and a secret beside them."""
    for name, file, content in (
        ("personas", "bron.toml", GUARD),
        ("personas", "ada.json", '{"name": "Ada", "role": "a smith"}'),
        ("personas", "broken.toml", "name = "),
        ("worlds", "harbour.yaml", "name: Harbour\n"),
    ):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / file).write_text(content)
    (tmp_path / "secret.toml").write_text(GUARD)
    return Library(tmp_path / "personas", tmp_path / "worlds")


def test_all_three_ways_lead_to_a_value(library: Library) -> None:
    assert library.persona(Reference(value={"name": "Cid", "role": "x"})).name == "Cid"
    assert library.persona(Reference(named="bron")).name == "Bron"
    assert library.persona(Reference(named="ada")).name == "Ada"
    assert library.persona(Reference(shipped="guard")).role
    assert library.world(Reference(named="harbour")).name == "Harbour"
    assert library.world(Reference(shipped="brackwater")).name


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", "a/b", "a\\b", ".hidden", "", "bron.toml", "a\0b"])
def test_a_path_is_no_name(name: str) -> None:
    with pytest.raises(ValidationError):
        Reference(named=name)
    with pytest.raises(ValidationError):
        Reference(shipped=name)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights")
def test_a_link_leads_nowhere_else(library: Library, tmp_path: Path) -> None:
    os.symlink(tmp_path / "secret.toml", tmp_path / "personas" / "link.toml")
    with pytest.raises(PersonaError) as caught:
        library.persona(Reference(named="link"))
    assert caught.value.code == "unknown_persona"


def test_what_is_not_there_is_told(library: Library) -> None:
    codes = []
    for attempt in (
        lambda: library.persona(Reference(named="nobody")),
        lambda: library.world(Reference(named="nowhere")),
        lambda: Library().persona(Reference(named="bron")),
        lambda: library.persona(Reference(shipped="nobody")),
        lambda: library.persona(Reference(named="broken")),
    ):
        with pytest.raises(PersonaError) as caught:
            attempt()
        codes.append(caught.value.code)
    assert codes[:4] == ["unknown_persona", "unknown_world", "no_persona_folder", "unknown_persona"]
