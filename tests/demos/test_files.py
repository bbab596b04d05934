from __future__ import annotations

import json
from pathlib import Path

import pytest

from demos.files import check_target, read_report, write_json
from npc_sdk.errors import NpcError


def test_a_file_that_could_be_written_is_not_touched(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text("before", encoding="utf-8")
    check_target(there)
    check_target(tmp_path / "new.json")
    assert there.read_text(encoding="utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["there.json"]


@pytest.mark.parametrize("name", ["none/out.json", ".", "there.json/out.json"])
def test_a_file_that_cannot_be_written(tmp_path: Path, name: str) -> None:
    (tmp_path / "there.json").write_text("{}", encoding="utf-8")
    with pytest.raises(NpcError) as caught:
        check_target(tmp_path / name)
    assert caught.value.code == "file_unwritable"
    assert caught.value.next_step


def test_a_report_comes_back(tmp_path: Path) -> None:
    write_json(tmp_path / "out.json", {"seed": 3})
    assert read_report(tmp_path / "out.json") == {"seed": 3}
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    write_json(file, {"seed": 3})
    with pytest.raises(TypeError):
        write_json(file, {"seed": object()})
    assert json.loads(file.read_text(encoding="utf-8")) == {"seed": 3}


@pytest.mark.parametrize("held", [b"", b'{"seed": 1', b"[1, 2]", b"\xff\xfe\x00", b"[" * 100_000])
def test_what_is_no_report(tmp_path: Path, held: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(held)
    with pytest.raises(NpcError) as caught:
        read_report(tmp_path / "bad.json")
    assert caught.value.code == "bad_report"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
def test_a_device_without_an_end_is_no_report() -> None:
    with pytest.raises(NpcError) as caught:
        read_report(Path("/dev/zero"))
    assert caught.value.code == "bad_report" and "MiB" in caught.value.cause


def test_a_report_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NpcError) as caught:
        read_report(tmp_path / "none.json")
    assert caught.value.code == "file_unusable"
