"""Folders of parked states: private, in the right place, and gone when their owner is."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from npc_sdk.engine import parking


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the system, and no shared memory."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(parking, "_SHARED_MEMORY", tmp_path / "no-shared-memory")
    return tmp_path


@pytest.fixture(scope="module")
def dead_process_id() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(30)
    return process.pid


needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="processes cannot be asked for there")


def test_the_folder_is_new_private_and_removed(place: Path) -> None:
    first, second = parking.make_parking_folder(1), parking.make_parking_folder(1)
    assert first != second and first.parent == place
    if sys.platform != "win32":
        assert first.stat().st_mode & 0o077 == 0
    (first / "x.state").write_bytes(b"x")
    parking.remove_parking_folder(first)
    parking.remove_parking_folder(first)
    assert not first.exists() and second.exists()


@needs_signals
def test_only_folders_of_dead_owners_are_removed(place: Path, dead_process_id: int) -> None:
    orphan = place / f"npc-sdk-parked-{dead_process_id}-0a1b"
    living = place / f"npc-sdk-parked-{os.getpid()}-0a1b"
    others = [place / "npc-sdk-parked-x-0a1b", place / f"mine-npc-sdk-parked-{dead_process_id}-0a", place / "other"]
    huge = place / f"npc-sdk-parked-{10**30}-0a1b"
    for folder in (orphan, living, huge, *others):
        folder.mkdir()
        (folder / "x.state").write_bytes(b"x")
    assert parking.remove_orphans(place) == [orphan]
    assert not orphan.exists()
    assert all((folder / "x.state").exists() for folder in (living, huge, *others))


@needs_signals
def test_making_a_folder_removes_orphans_everywhere(
    place: Path, dead_process_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = place / "shm"
    shared.mkdir()
    monkeypatch.setattr(parking, "_SHARED_MEMORY", shared)
    orphans = [folder / f"npc-sdk-parked-{dead_process_id}-0a" for folder in (place, shared)]
    for orphan in orphans:
        orphan.mkdir()
    # Too much for any shared memory: the orphans there may be what fills it.
    assert parking.make_parking_folder(1 << 60).parent == place
    assert not any(orphan.exists() for orphan in orphans)
    assert parking.make_parking_folder(1).parent == shared


def test_a_process_is_alive_until_it_ended(dead_process_id: int) -> None:
    assert parking.is_alive(os.getpid())
    if sys.platform != "win32":
        assert not parking.is_alive(dead_process_id)


def test_a_place_that_does_not_exist_has_no_orphans(tmp_path: Path) -> None:
    assert parking.remove_orphans(tmp_path / "none") == []
