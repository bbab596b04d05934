"""Parked states are given back only whole, unchanged, and to the model they belong to."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.engine.request import PrefixKind
from npc_sdk.engine.state import FolderStore, MemoryStore, ParkedState, StateStore
from npc_sdk.errors import CapacityError

DATA = bytes(range(256)) * 5
TOKENS = np.array([5, 6, 7], dtype=np.int32)


def save(store: StateStore, data: bytes = DATA, tokens: Any = TOKENS) -> ParkedState:
    def write(target: memoryview) -> int:
        target[:] = data
        return len(data)

    state = store.save(tokens=tokens, kind=PrefixKind.PERSONA, sequence="guard", size=len(data), write=write)
    assert state is not None
    return state


def found(folder: Path, key: str = "model") -> list[ParkedState]:
    return list(FolderStore(folder, key, tier="memory").found())


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StateStore:
    return MemoryStore() if request.param == "memory" else FolderStore(tmp_path / "a" / "b", "model", tier="disk")


def test_a_state_comes_back(store: StateStore) -> None:
    state = save(store)
    data = state.verified()
    assert data is not None and data.readonly and bytes(data) == DATA
    assert (state.tier, state.size, state.sequence) == (store.tier, len(DATA), "guard")


def test_a_view_outlives_the_drop(store: StateStore) -> None:
    state = save(store)
    data = state.verified()
    assert data is not None
    state.drop()
    state.drop()
    assert bytes(data) == DATA
    data.release()
    assert state.verified() is None


@pytest.mark.parametrize("written", [0, 1, len(DATA) - 1])
def test_a_writer_that_fails_leaves_nothing(store: StateStore, written: int, tmp_path: Path) -> None:
    kept = store.save(tokens=TOKENS, kind=PrefixKind.WORLD, sequence="x", size=len(DATA), write=lambda target: written)
    assert kept is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_state_for_other_tokens_is_refused(store: StateStore) -> None:
    state = save(store)
    state.tokens = np.array([5, 6, 8], dtype=np.int32)
    assert state.verified() is None


def test_no_host_memory_is_typed() -> None:
    with pytest.raises(CapacityError) as caught:
        MemoryStore().save(tokens=TOKENS, kind=PrefixKind.WORLD, sequence="x", size=sys.maxsize, write=lambda target: 0)
    assert caught.value.code == "no_host_memory"


def test_the_next_process_finds_the_files(tmp_path: Path) -> None:
    save(FolderStore(tmp_path, "model", tier="memory"))
    (state,) = found(tmp_path)
    data = state.verified()
    assert data is not None and bytes(data) == DATA
    assert state.tokens.tolist() == [5, 6, 7]
    assert (state.kind, state.sequence, state.tier) == (PrefixKind.PERSONA, "guard", "memory")


@given(
    data=st.binary(min_size=1, max_size=300),
    tokens=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=80),
    where=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
@settings(max_examples=80, deadline=None)
def test_one_flipped_bit_anywhere_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, tokens: list[int], where: float, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("states")
    save(FolderStore(folder, "model", tier="memory"), data, np.array(tokens, dtype=np.int32))
    (path,) = folder.glob("*.state")
    content = bytearray(path.read_bytes())
    content[int(where * len(content))] ^= 1 << bit
    path.write_bytes(content)
    for state in found(folder):
        view = state.verified()
        # Only what no result depends on may have changed: the name, the kind, the filling between the parts.
        assert view is None or (bytes(view) == data and state.tokens.tolist() == tokens)


@given(st.integers(0, 1500))
@settings(max_examples=40, deadline=None)
def test_a_truncated_file_is_dropped(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    folder = tmp_path_factory.mktemp("states")
    save(FolderStore(folder, "model", tier="memory"))
    (path,) = folder.glob("*.state")
    content = path.read_bytes()
    path.write_bytes(content[: min(length, len(content) - 1)])
    assert found(folder) == []
    assert list(folder.iterdir()) == []


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=60, deadline=None)
def test_rubbish_is_dropped(tmp_path_factory: pytest.TempPathFactory, content: bytes, has_magic: bool) -> None:
    folder = tmp_path_factory.mktemp("states")
    (folder / "x.state").write_bytes((b"NPCSTATE" if has_magic else b"") + content)
    assert found(folder) == []
    assert list(folder.iterdir()) == []


def test_a_file_truncated_after_it_was_found_is_refused(tmp_path: Path) -> None:
    save(FolderStore(tmp_path, "model", tier="memory"))
    (state,) = found(tmp_path)
    (path,) = tmp_path.glob("*.state")
    path.write_bytes(path.read_bytes()[:-1])
    assert state.verified() is None
    path.unlink()
    assert state.verified() is None


def test_states_of_another_model_are_dropped(tmp_path: Path) -> None:
    save(FolderStore(tmp_path, "model", tier="memory"))
    assert found(tmp_path, "other") == []
    assert list(tmp_path.iterdir()) == []


def test_torn_writes_are_removed(tmp_path: Path) -> None:
    (tmp_path / "abc.part").write_bytes(b"NPCSTATE")
    (tmp_path / "note.txt").write_text("mine")
    assert found(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is taken in another way here")
def test_a_full_disk_is_typed_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(CapacityError) as caught:
        save(FolderStore(tmp_path, "model", tier="memory"))
    assert caught.value.code == "no_room_for_state"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_vanished_is_typed(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "gone", "model", tier="memory")
    (tmp_path / "gone").rmdir()
    with pytest.raises(CapacityError):
        save(store)


def test_a_folder_that_cannot_be_made_is_typed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CapacityError) as caught:
        FolderStore(tmp_path / "file" / "x", "model", tier="memory")
    assert caught.value.code == "bad_state_folder"


@pytest.mark.skipif(sys.platform != "linux", reason="counts open files through /proc")
def test_a_thousand_states_hold_no_open_files(tmp_path: Path) -> None:
    store = FolderStore(tmp_path, "model", tier="memory")
    before = len(os.listdir("/proc/self/fd"))
    states = [save(store, bytes([index])) for index in range(100)]
    for state in states:
        data = state.verified()
        assert data is not None
        data.release()
    assert len(os.listdir("/proc/self/fd")) <= before + 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_folder_is_private(tmp_path: Path) -> None:
    FolderStore(tmp_path / "private", "model", tier="memory")
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0
