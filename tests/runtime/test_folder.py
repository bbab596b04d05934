from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from npc_sdk.errors import CapacityError, StateError
from npc_sdk.runtime.folder import FolderLock

HOLD = """
import sys
from pathlib import Path
from npc_sdk.runtime.folder import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_owner_is_told_who_holds_it(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path / "saves"), FolderLock(tmp_path / "saves")
    first.acquire()
    with pytest.raises(StateError) as raised:
        second.acquire()
    assert raised.value.code == "folder_in_use"
    assert raised.value.details["pid"] == os.getpid()
    first.release()
    first.release()
    second.acquire()
    second.release()


def test_a_killed_owner_lets_go(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        with pytest.raises(StateError) as raised:
            FolderLock(tmp_path).acquire()
        assert raised.value.details["pid"] == process.pid
    finally:
        process.kill()
        process.communicate()
    lock = FolderLock(tmp_path)
    lock.acquire()
    lock.release()


def test_an_unknown_owner(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    lock.acquire()
    (tmp_path / "runtime.pid").write_text("?", encoding="ascii")
    with pytest.raises(StateError, match="another runtime"):
        FolderLock(tmp_path).acquire()
    lock.release()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(CapacityError) as raised:
        FolderLock(tmp_path / "file" / "folder").acquire()
    assert raised.value.code == "folder_unusable"


def test_a_full_disk_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    lock = FolderLock(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(CapacityError, match="No space left") as raised:
            lock.acquire()
    assert raised.value.code == "folder_unusable"
    lock.acquire()
    lock.release()
