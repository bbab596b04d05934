from __future__ import annotations

import json
from pathlib import Path

import pytest

from npc_sdk.cli.target_file import write_json, write_text
from npc_sdk.errors import RequestError


def test_json_goes_to_the_file(tmp_path: Path) -> None:
    write_json(str(tmp_path / "a.json"), {"x": 1})
    assert json.loads((tmp_path / "a.json").read_text()) == {"x": 1}


def test_json_goes_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    write_json("-", {"x": 1})
    assert json.loads(capsys.readouterr().out) == {"x": 1}


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("mine")
    with pytest.raises(RequestError) as caught:
        write_text(path, "other", is_new=True)
    assert caught.value.code == "file_exists"
    assert path.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        write_text(tmp_path / "none" / "a.toml", "x")
    assert caught.value.code == "file_unwritable"
    assert "none" in caught.value.cause
