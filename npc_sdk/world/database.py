"""Opens the file of a store: created, checked, brought up to date, or kept aside when it is damaged."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from npc_sdk.errors import NpcError
from npc_sdk.world.failure import as_store_error, corrupt_error, is_corrupt
from npc_sdk.world.schema import MIGRATIONS, migrate, schema_version

BUSY_TIMEOUT_MS: Final = 2000
PAGE_BYTES: Final = 4096
# Checkpoints are made when nobody waits; this bounds the log when there is no such moment.
CHECKPOINT_PAGES: Final = 4096
_SIDE_FILES: Final = ("", "-wal", "-shm", "-journal")


def open_database(
    file: Path,
    *,
    busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    limit_bytes: int | None = None,
    migrations: Sequence[str] = MIGRATIONS,
) -> tuple[sqlite3.Connection, NpcError | None]:
    """Open the file of a store; made when it is not there.

    Args:
        file: The file.
        busy_timeout_ms: Longest wait for another program that holds it.
        limit_bytes: Most bytes it may grow to; None has no limit.
        migrations: Ways from each version of the tables to the next.

    Returns:
        The connection, usable from one thread at a time, and what was wrong with a file that was
        damaged and is kept under another name.

    Raises:
        CapacityError: The file cannot be read or written (``disk_failed``, ``disk_full``).
        StateError: It is held by another program (``store_busy``), newer than this one
            (``store_newer``), or not a store (``store_foreign``).
    """
    try:
        _create(file)
        try:
            return _opened(file, busy_timeout_ms, limit_bytes, migrations), None
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error):
                raise
        kept_as = _keep_aside(file)
        _create(file)
        return _opened(file, busy_timeout_ms, limit_bytes, migrations), corrupt_error(file, kept_as)
    except (sqlite3.Error, OSError) as error:
        raise as_store_error(error, file) from error


def _create(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    # What players said is for nobody else on this machine.
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _opened(file: Path, busy_timeout_ms: int, limit_bytes: int | None, migrations: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=False, cached_statements=32
    )
    try:
        _check(connection)
        _set_up(connection, limit_bytes)
        found = schema_version(connection)
        if 0 < found < len(migrations):
            _copy(connection, file.with_name(f"{file.name}.version-{found}"))
        migrate(connection, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    result = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if result != "ok":
        raise sqlite3.DatabaseError(f"database disk image is malformed: {result}")


def _set_up(connection: sqlite3.Connection, limit_bytes: int | None) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing in this mode: what was committed is in the system's cache. Only a
    # power cut may lose the last moments, and never the file. FULL would wait for the disk at each turn's end.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    if limit_bytes is not None:
        connection.execute(f"PRAGMA max_page_count = {max(1, limit_bytes // PAGE_BYTES)}")


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    """Keep the file as it was before it is brought up to date."""
    with suppress(FileExistsError):
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        copy = sqlite3.connect(target)
        try:
            connection.backup(copy)
        finally:
            copy.close()


def _keep_aside(file: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S")
    number = 0
    while (target := file.with_name(f"{file.name}.damaged-{stamp}{f'-{number}' if number else ''}")).exists():
        number += 1
    for suffix in _SIDE_FILES:
        with suppress(FileNotFoundError):
            os.replace(f"{file}{suffix}", f"{target}{suffix}")
    return target
