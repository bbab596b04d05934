"""The rows of a store, written and read; every function runs inside a transaction of the writer."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any, TypeAlias

from npc_sdk.world.record import CharacterRecord

Parts: TypeAlias = tuple[dict[str, Any], "Mapping[str, Any] | None", dict[str, Any]]


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _parts(kept: Mapping[str, Any]) -> Parts:
    """Return what is kept in its parts: state, vocabularies (None when unchanged), history."""
    state = {key: value for key, value in kept.items() if key not in ("vocabularies", "history")}
    return state, kept.get("vocabularies"), dict(kept["history"])


def put(record: CharacterRecord, connection: sqlite3.Connection) -> None:
    """Write a whole character in place of what was there."""
    state, vocabularies, history = _parts(record.kept)
    remove(record.owner, record.name, connection)
    exchanges, first = history.pop("exchanges"), int(history.pop("first"))
    row = (record.owner, record.name, _json(record.cast), _json(state), _json(vocabularies or {}), _json(history))
    cursor = connection.execute(
        'INSERT INTO characters (owner, name, "cast", state, vocabularies, history, saved_at) '
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*row, time.time()),
    )
    _add_exchanges(connection, int(cursor.lastrowid or 0), first, exchanges)


def update(owner: str, name: str, kept: Mapping[str, Any], connection: sqlite3.Connection) -> None:
    """Write what changed of a character; nothing when it is not there."""
    found = connection.execute("SELECT id FROM characters WHERE owner = ? AND name = ?", (owner, name)).fetchone()
    if found is None:
        return
    state, vocabularies, history = _parts(kept)
    exchanges, first = history.pop("exchanges"), int(history.pop("first"))
    connection.execute(
        "UPDATE characters SET state = ?, history = ?, saved_at = ? WHERE id = ?",
        (_json(state), _json(history), time.time(), found[0]),
    )
    if vocabularies is not None:
        connection.execute("UPDATE characters SET vocabularies = ? WHERE id = ?", (_json(vocabularies), found[0]))
    connection.execute(
        "DELETE FROM exchanges WHERE character = ? AND (position < ? OR position >= ?)",
        (found[0], int(history["dropped_exchanges"]), first),
    )
    _add_exchanges(connection, found[0], first, exchanges)


def _add_exchanges(connection: sqlite3.Connection, character: int, first: int, exchanges: list[Any]) -> None:
    connection.executemany(
        "INSERT INTO exchanges (character, position, content) VALUES (?, ?, ?)",
        [(character, first + index, _json(exchange)) for index, exchange in enumerate(exchanges)],
    )


def remove(owner: str, name: str, connection: sqlite3.Connection) -> None:
    """Remove a character."""
    connection.execute("DELETE FROM characters WHERE owner = ? AND name = ?", (owner, name))


def load(owner: str, name: str, connection: sqlite3.Connection) -> CharacterRecord | None:
    """Return a character, or None."""
    row = connection.execute(
        'SELECT id, "cast", state, vocabularies, history, saved_at FROM characters WHERE owner = ? AND name = ?',
        (owner, name),
    ).fetchone()
    if row is None:
        return None
    rows = connection.execute("SELECT content FROM exchanges WHERE character = ? ORDER BY position", (row[0],))
    history = json.loads(row[4])
    history.update(first=history["dropped_exchanges"], exchanges=[json.loads(content) for (content,) in rows])
    kept = {**json.loads(row[2]), "vocabularies": json.loads(row[3]), "history": history}
    return CharacterRecord(owner=owner, name=name, cast=json.loads(row[1]), kept=kept, saved_at=row[5])


def names(owner: str, connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the names of an owner's characters, sorted."""
    rows = connection.execute("SELECT name FROM characters WHERE owner = ? ORDER BY name", (owner,))
    return tuple(name for (name,) in rows)


def remove_all(owner: str, connection: sqlite3.Connection) -> None:
    """Remove all characters of an owner."""
    connection.execute("DELETE FROM characters WHERE owner = ?", (owner,))
