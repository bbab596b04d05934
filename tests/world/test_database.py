from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.errors import CapacityError, NpcError, StateError
from npc_sdk.world import CharacterStore
from npc_sdk.world.database import open_database
from npc_sdk.world.failure import as_store_error
from npc_sdk.world.schema import MIGRATIONS, schema_version

Open = Callable[..., CharacterStore]

NEXT = (*MIGRATIONS, "ALTER TABLE characters ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';")


@pytest.mark.skipif(sys.platform == "win32", reason="no file modes")
def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "characters.db"
    connection, finding = open_database(file)
    connection.execute("PRAGMA user_version = 1")
    files = sorted(file.parent.iterdir())
    assert finding is None and [stat.S_IMODE(each.stat().st_mode) for each in files] == [0o600] * len(files)
    connection.close()


def test_the_file_is_set_up_for_a_process_that_may_be_killed(tmp_path: Path) -> None:
    connection, _ = open_database(tmp_path / "c.db", busy_timeout_ms=1234)
    asked = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
    answers = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in asked]
    assert answers == ["wal", 1, 1234, 1]
    connection.close()


@pytest.mark.parametrize("damage", ["garbage", "header", "page", "cut"])
def test_a_damaged_file_is_kept_aside_and_told(open_store: Open, record: Any, tmp_path: Path, damage: str) -> None:
    store = open_store()
    for index in range(60):
        store.put(record("line " * 100, name=str(index)))
    store.close()
    content = bytearray(store.file.read_bytes())
    if damage == "garbage":
        content = bytearray(os.urandom(5000))
    elif damage == "header":
        content[:16] = b"not a database!!"
    elif damage == "page":
        content[4096:12288] = os.urandom(8192)
    else:
        del content[len(content) // 2 :]
    store.file.write_bytes(content)

    again = open_store()
    finding = again.finding
    assert finding is not None and finding.code == "store_corrupt"
    kept_as = Path(finding.details["kept_as"])
    assert kept_as.read_bytes() == content and str(kept_as) in finding.cause
    again.put(record("new"))
    assert again.names("game") == ("Bron",)
    again.close()
    assert open_store().finding is None


def test_two_damaged_files_are_both_kept(open_store: Open, tmp_path: Path) -> None:
    names = set()
    for index in range(3):
        (tmp_path / "characters.db").write_bytes(b"no database " * 1000 + bytes([index]))
        store = open_store()
        assert store.finding is not None
        names.add(store.finding.details["kept_as"])
        store.close()
    assert len(names) == 3


def test_an_empty_file_is_a_new_store(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "characters.db").touch()
    assert open_store().finding is None


def test_an_older_store_is_brought_up_to_date_and_a_copy_kept(open_store: Open, record: Any, tmp_path: Path) -> None:
    store = open_store()
    store.put(record("one"))
    store.close()
    connection, finding = open_database(store.file, migrations=NEXT)
    assert (finding, schema_version(connection)) == (None, len(NEXT))
    assert connection.execute("SELECT name, mood FROM characters").fetchall() == [("Bron", "calm")]
    connection.close()
    copy = open_store(f"characters.db.version-{len(MIGRATIONS)}")
    assert copy.names("game") == ("Bron",)


def test_a_step_that_fails_leaves_the_store_as_it_was(open_store: Open, record: Any) -> None:
    store = open_store()
    store.put(record("one"))
    store.close()
    bad = (*MIGRATIONS, "ALTER TABLE characters ADD COLUMN mood TEXT; ALTER TABLE nowhere ADD COLUMN x TEXT;")
    with pytest.raises(NpcError):
        open_database(store.file, migrations=bad)
    assert open_store().names("game") == ("Bron",)


def test_a_newer_store_is_left_alone(open_store: Open, record: Any) -> None:
    store = open_store()
    store.put(record("one"))
    store.close()
    open_database(store.file, migrations=NEXT)[0].close()
    before = store.file.read_bytes()
    with pytest.raises(StateError) as caught:
        open_store()
    assert caught.value.code == "store_newer"
    assert store.file.read_bytes() == before


def test_another_programs_file_is_left_alone(open_store: Open, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "characters.db")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(StateError) as caught:
        open_store()
    assert caught.value.code == "store_foreign"


def test_a_file_that_is_held_is_told_in_time(open_store: Open, record: Any) -> None:
    store = open_store()
    store.put(record("one"))
    store.close()
    other = sqlite3.connect(store.file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    waiting = open_store(busy_timeout_ms=50)
    told: list[NpcError | None] = []
    waiting.put(record("two"), told.append)
    other_names = []
    try:
        waiting.flush()
    except NpcError as error:
        other_names.append(error.code)
    other.execute("ROLLBACK")
    other.close()
    assert told[0] is not None and told[0].code == "store_busy"
    assert other_names == ["store_busy"]
    # As soon as it is free, it is stored again.
    waiting.put(record("two"))
    assert waiting.names("game") == ("Bron",)


@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs modes")
def test_a_folder_without_rights_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(CapacityError) as caught:
        CharacterStore(tmp_path / "c.db")
    assert caught.value.code == "disk_failed"


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CapacityError) as caught:
        CharacterStore(tmp_path)
    assert caught.value.code == "disk_failed"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("database is locked", "store_busy"),
        ("attempt to write a readonly database", "disk_failed"),
        ("disk I/O error", "disk_failed"),
        ("database disk image is malformed", "store_corrupt"),
        ("file is not a database", "store_corrupt"),
        ("database or disk is full", "disk_full"),
        ("unable to open database file", "disk_failed"),
        ("no such table: x", "store_failed"),
    ],
)
def test_words_are_enough_where_there_are_no_codes(words: str, code: str) -> None:
    assert as_store_error(sqlite3.OperationalError(words), Path("c.db")).code == code
