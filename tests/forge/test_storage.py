from __future__ import annotations

import errno
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from npc_sdk.errors import CapacityError
from npc_sdk.forge.storage import check_room, replacing


def test_a_full_disk_is_refused_before_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(CapacityError) as caught:
        check_room(tmp_path / "new", 1)
    assert caught.value.code == "disk_full"


def test_a_file_is_replaced_only_when_the_block_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with replacing(path) as partial:
        partial.write_text("one")
    with pytest.raises(ValueError, match="stop"), replacing(path) as partial:
        partial.write_text("two")
        raise ValueError("stop")
    assert path.read_text() == "one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(CapacityError) as caught, replacing(tmp_path / "file"):
        raise OSError(errno.ENOSPC, "full")
    assert caught.value.code == "disk_full"


def test_other_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), replacing(tmp_path / "file"):
        raise PermissionError(errno.EACCES, "no")
