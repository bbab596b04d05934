from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import CapacityError, NpcError
from npc_sdk.wire.background_file import BackgroundFile, older_file


def nothing(error: NpcError) -> None:
    raise AssertionError(error)


def test_pieces_are_written_in_order(tmp_path: Path) -> None:
    file = BackgroundFile(tmp_path / "a", on_failure=nothing)
    for n in range(1000):
        file.put(b"%d\n" % n)
    assert file.close() and file.close()
    file.put(b"late")
    assert (tmp_path / "a").read_bytes().split() == [b"%d" % n for n in range(1000)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no modes")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    BackgroundFile(tmp_path / "a", on_failure=nothing).close()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CapacityError) as failure:
        BackgroundFile(tmp_path / "no" / "a", on_failure=nothing)
    assert failure.value.code == "file_unusable"


def test_rotation_gives_the_older_part_another_name(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = BackgroundFile(path, on_failure=nothing)
    for piece in (b"one", None, b"two", None, b"three"):
        file.rotate() if piece is None else file.put(piece)
    file.close()
    assert (path.read_bytes(), older_file(path).read_bytes()) == (b"three", b"two")


def test_a_full_disk_is_told_once_and_leaves_whole_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, room = os.write, [10]

    def limited(descriptor: int, data: Any) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        count = write(descriptor, bytes(data)[: room[0]])
        room[0] -= count
        return count

    told: list[str] = []
    is_told = threading.Event()

    def on_failure(error: NpcError) -> None:
        told.append(error.code)
        is_told.set()

    file = BackgroundFile(tmp_path / "a", on_failure=on_failure)
    file.put(b"12345678")
    file._thread.join(0.2)
    monkeypatch.setattr(os, "write", limited)
    room[0] = 2
    file.put(b"abcdefgh")
    assert is_told.wait(10)
    file.put(b"more")
    monkeypatch.setattr(os, "write", write)
    assert file.close() and file.has_failed
    assert told == ["disk_full"]
    assert (tmp_path / "a").read_bytes() == b"12345678"


def test_a_disk_that_cannot_keep_up_ends_the_file(tmp_path: Path) -> None:
    told: list[str] = []
    file = BackgroundFile(tmp_path / "a", on_failure=lambda error: told.append(error.code), queue_limit_bytes=10)
    file.put(b"12345678901")
    file.put(b"1")
    file.close()
    assert told == ["disk_too_slow"]
