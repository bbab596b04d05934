from __future__ import annotations

import errno
import json
import sys
from pathlib import Path

import pytest

from npc_sdk.cli.exits import exit_code
from npc_sdk.cli.target_file import write_json, write_text
from npc_sdk.errors import CapacityError, RequestError


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


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text("mine")
    monkeypatch.setattr("npc_sdk.cli.target_file._fill", _fill_a_full_disk)
    for target, is_new in ((path, False), (tmp_path / "b.json", False), (tmp_path / "c.json", True)):
        with pytest.raises(CapacityError) as caught:
            write_text(target, "other", is_new=is_new)
        assert (caught.value.code, exit_code(caught.value)) == ("disk_full", 4)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.json"]
    assert path.read_text() == "mine"


def _fill_a_full_disk(path: Path, text: str) -> None:
    path.write_text(text[:2])
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_is_written_to_and_never_replaced() -> None:
    with pytest.raises(CapacityError):
        write_text(Path("/dev/full"), "x")
    write_text(Path("/dev/null"), "x")
    assert Path("/dev/null").is_char_device()


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and modes")
def test_a_link_and_the_rights_to_its_file_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "a.json", tmp_path / "link.json"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    write_text(link, "new")
    assert link.is_symlink() and path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
