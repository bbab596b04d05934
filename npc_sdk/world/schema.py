"""The tables of a store, and the way from older ones to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from npc_sdk.errors import StateError

# "NPC1": tells a store from any other SQLite file.
APPLICATION_ID: Final = 0x4E504331

# Each entry leads from the version that is its position to the next; entries are never changed, only added.
MIGRATIONS: Final[tuple[str, ...]] = (
    """
    CREATE TABLE characters (
        id INTEGER PRIMARY KEY,
        owner TEXT NOT NULL,
        name TEXT NOT NULL,
        "cast" TEXT NOT NULL,
        state TEXT NOT NULL,
        vocabularies TEXT NOT NULL,
        history TEXT NOT NULL,
        saved_at REAL NOT NULL,
        UNIQUE (owner, name)
    );
    CREATE TABLE exchanges (
        character INTEGER NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        content TEXT NOT NULL,
        PRIMARY KEY (character, position)
    ) WITHOUT ROWID;
    """,
)


def schema_version(connection: sqlite3.Connection) -> int:
    """Return the version of the tables that are there; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> int:
    """Bring the tables up to date; each step is whole or did not happen.

    Args:
        connection: In autocommit mode.
        migrations: Ways from each version to the next.

    Returns:
        The version that was found.

    Raises:
        StateError: The file is from a newer program (``store_newer``), or of another one (``store_foreign``).
        sqlite3.Error: The file cannot be written.
    """
    found = schema_version(connection)
    _check(connection, found, len(migrations))
    for version in range(found, len(migrations)):
        # executescript ends a transaction that is open, so the script brings its own.
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migrations[version]}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {version + 1};\nCOMMIT;"
        )
    return found


def _check(connection: sqlite3.Connection, found: int, known: int) -> None:
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION_ID:
        raise StateError("This SQLite file belongs to another program.", "Name another file.", code="store_foreign")
    if found > known:
        raise StateError(
            f"The store is of version {found}; this program knows {known}.",
            "Use a newer release, or name another file.",
            code="store_newer",
            found=found,
            known=known,
        )
