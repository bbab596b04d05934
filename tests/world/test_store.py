from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.errors import NpcError, StateError
from npc_sdk.world import CharacterRecord, CharacterStore

Open = Callable[..., CharacterStore]
Make = Callable[..., Any]


def _saved(act: Callable[..., None], *arguments: Any) -> NpcError | None:
    """Have something stored, and return why it could not be."""
    told: list[NpcError | None] = []
    done = threading.Event()

    def on_saved(error: NpcError | None) -> None:
        told.append(error)
        done.set()

    act(*arguments, on_saved)
    assert done.wait(10)
    return told[0]


def _lines(record: CharacterRecord | None) -> list[str]:
    assert record is not None
    return [exchange["line"] for exchange in record.kept["history"]["exchanges"]]


def test_what_was_stored_comes_back(open_store: Open, record: Make) -> None:
    store = open_store()
    assert _saved(store.put, record("one", "two")) is None
    store.close()
    found = open_store().load("game", "Bron")
    assert found is not None
    assert (found.cast, found.kept) == (record().cast, record("one", "two").kept)
    assert found.saved_at > 0


def test_a_change_touches_only_what_changed(open_store: Open, record: Make, kept: Make) -> None:
    store = open_store()
    store.put(record("one", "two"))
    change = kept("two, heard", "three", first=1, tick=10)
    del change["vocabularies"]
    assert _saved(store.update, "game", "Bron", change) is None
    found = store.load("game", "Bron")
    assert found is not None and _lines(found) == ["one", "two, heard", "three"]
    assert (found.kept["tick"], found.kept["vocabularies"]) == (10, {"foes": ["orc"]})


def test_what_was_forgotten_goes(open_store: Open, record: Make, kept: Make) -> None:
    store = open_store()
    store.put(record("one", "two", "three"))
    store.update("game", "Bron", kept("four", first=3, dropped=2))
    found = store.load("game", "Bron")
    assert found is not None and _lines(found) == ["three", "four"]
    assert (found.kept["history"]["first"], found.kept["history"]["dropped_exchanges"]) == (2, 2)


def test_a_whole_record_replaces_what_was_there(open_store: Open, record: Make) -> None:
    store = open_store()
    store.put(record("one", "two", "three"))
    store.put(record("other"))
    assert _lines(store.load("game", "Bron")) == ["other"]


def test_owners_do_not_see_each_other(open_store: Open, record: Make, kept: Make) -> None:
    store = open_store()
    store.put(record("mine"))
    store.put(record("theirs", owner="other"))
    store.put(record("second", name="Ada"))
    store.update("third", "Bron", kept("stranger"))
    store.remove("third", "Bron")
    assert (store.names("game"), store.names("other"), store.names("third")) == (("Ada", "Bron"), ("Bron",), ())
    store.remove("game", "Ada")
    store.remove_all("other")
    assert (store.names("game"), store.names("other")) == (("Bron",), ())
    assert store.load("other", "Bron") is None and _lines(store.load("game", "Bron")) == ["mine"]


def test_what_is_removed_leaves_nothing_behind(open_store: Open, record: Make) -> None:
    store = open_store()
    store.put(record("one", "two"))
    store.remove("game", "Bron")
    store.close()
    connection = sqlite3.connect(store.file)
    assert connection.execute("SELECT count(*) FROM exchanges").fetchone() == (0,)
    connection.close()


def test_a_change_of_nobody_is_nothing(open_store: Open, kept: Make) -> None:
    store = open_store()
    assert _saved(store.update, "game", "nobody", kept("one")) is None
    assert store.load("game", "nobody") is None


def test_any_text_comes_back(open_store: Open, record: Make) -> None:
    store = open_store()
    texts = ['"quotes"', "\0 zero", "line\nbreak", "\ud800 half", "日本語", "'; DROP TABLE characters; --"]
    store.put(record(*texts, name="'; DROP TABLE characters; --"))
    assert _lines(store.load("game", "'; DROP TABLE characters; --")) == texts


def test_one_that_cannot_be_stored_does_not_stop_others(open_store: Open, record: Make) -> None:
    store = open_store()
    gate = threading.Event()
    # The writer waits, so that all of these share a transaction.
    store.put(record("first", name="First"), lambda error: bool(gate.wait(10)))
    store.put(record("one", name="Ada"))
    refused: list[NpcError | None] = []
    store.put(record("two", name="Bad", tick=object()), refused.append)
    store.put(record("three", name="Cid"))
    gate.set()
    assert store.names("game") == ("Ada", "Cid", "First")
    assert refused[0] is not None and refused[0].code == "store_failed"


def test_a_listener_that_fails_does_no_harm(open_store: Open, record: Make) -> None:
    store = open_store()
    store.put(record("one"), lambda error: [][1])
    assert _lines(store.load("game", "Bron")) == ["one"]


def test_a_full_disk_is_an_error_of_its_own_and_passes(open_store: Open, record: Make, kept: Make) -> None:
    store = open_store(limit_bytes=80 * 1024)
    store.put(record("small"))
    error = _saved(store.put, record(*["x" * 1000] * 100, name="Big"))
    assert error is not None and error.code == "disk_full"
    assert error.to_dict()["kind"] == "CapacityError"
    # Everything else goes on, and what is there is whole.
    assert store.names("game") == ("Bron",)
    assert _saved(store.update, "game", "Bron", kept("more", first=1)) is None
    assert _lines(store.load("game", "Bron")) == ["small", "more"]


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits")
def test_a_file_that_may_not_grow_is_told(tmp_path: Path) -> None:
    code = (
        "import resource, sys, pathlib, threading\n"
        "from npc_sdk.world import CharacterRecord, CharacterStore\n"
        "store = CharacterStore(pathlib.Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))\n"
        "history = {'dropped_exchanges': 0, 'first': 0, 'exchanges': ['x' * 1000] * 500}\n"
        "big = CharacterRecord(owner='o', name='n', cast={}, kept={'history': history})\n"
        "errors = []\n"
        "store.put(big, lambda error: errors.append(error.code))\n"
        "store.flush()\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "store.put(big, errors.append)\n"
        "print(store.names('o'), errors)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "c.db")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() in ("('n',) ['disk_failed', None]", "('n',) ['disk_full', None]"), done.stderr


def test_nothing_is_stored_after_the_end(open_store: Open, record: Make) -> None:
    store = open_store()
    store.put(record("one"))
    assert store.close() and store.close()
    with pytest.raises(StateError) as caught:
        store.put(record("two"))
    assert caught.value.code == "closed"
    assert _lines(open_store().load("game", "Bron")) == ["one"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_loses_nothing_that_was_reported(tmp_path: Path, open_store: Open) -> None:
    code = (
        "import sys, pathlib, itertools\n"
        "from npc_sdk.world import CharacterRecord, CharacterStore\n"
        "store = CharacterStore(pathlib.Path(sys.argv[1]))\n"
        "history = {'dropped_exchanges': 0, 'first': 0, 'exchanges': ['x' * 3000]}\n"
        "for number in itertools.count():\n"
        "    record = CharacterRecord(owner='o', name=f'{number:06}', cast={}, kept={'history': history})\n"
        "    store.put(record, lambda error, number=number: print(f'{number:06}', flush=True))\n"
        "    store.flush() if number % 7 == 0 else None\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "characters.db")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(400)]
    os.kill(process.pid, signal.SIGKILL)
    told += process.stdout.readlines()
    process.stdout.close()
    process.wait(10)
    names = set(open_store().names("o"))
    assert {line.strip() for line in told if line.endswith("\n")} <= names


@given(steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12))
@settings(max_examples=25, deadline=None)
def test_changes_add_up_to_the_whole(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]) -> None:
    store = CharacterStore(tmp_path_factory.mktemp("store") / "c.db")
    whole: list[str] = ["0"]
    dropped = 0

    def history(first: int) -> dict[str, Any]:
        return {"dropped_exchanges": dropped, "first": first, "exchanges": whole[first:]}

    store.put(CharacterRecord(owner="o", name="n", cast={}, kept={"history": history(0)}))
    for new, gone in steps:
        last = max(dropped, len(whole) - 1)
        dropped = min(len(whole), dropped + gone)
        whole[last:] = [f"{last}, again"] + [str(index) for index in range(new)]
        store.update("o", "n", {"history": history(max(last, dropped))})
    found = store.load("o", "n")
    store.close()
    assert found is not None
    assert found.kept["history"]["exchanges"] == whole[dropped:]
