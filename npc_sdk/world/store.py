"""Where the host keeps its characters."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from npc_sdk.errors import DeadlineError, NpcError
from npc_sdk.world import rows
from npc_sdk.world.database import BUSY_TIMEOUT_MS, open_database
from npc_sdk.world.record import CharacterRecord
from npc_sdk.world.writer import Done, Job, Work, Writer

Saved: TypeAlias = Callable[[NpcError | None], None]
Loaded: TypeAlias = Callable[["CharacterRecord | None", NpcError | None], None]

WAIT_LIMIT_S = 30.0


class CharacterStore:
    """Characters in one SQLite file; every method may be called from any thread.

    One thread of its own touches the file, and puts what was posted meanwhile into one transaction. A
    process that is killed loses nothing that was reported as saved. When the disk is full, saving fails with an
    error for each caller, and works again when there is room.

    Args:
        file: Made when it is not there, readable for its owner only.
        busy_timeout_ms: Longest wait for another program that holds it.
        limit_bytes: Most bytes the file may grow to; None has no limit.

    Attributes:
        finding: What was wrong with a damaged file that was found and kept under another name
            (``store_corrupt``), or None.

    Raises:
        CapacityError: The file cannot be read or written (``disk_failed``, ``disk_full``).
        StateError: It is held by another program (``store_busy``), newer than this one (``store_newer``),
            or not a store (``store_foreign``).
    """

    def __init__(self, file: Path, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS, limit_bytes: int | None = None) -> None:
        self.file = file
        connection, self.finding = open_database(file, busy_timeout_ms=busy_timeout_ms, limit_bytes=limit_bytes)
        self._writer = Writer(connection, file)

    def close(self, timeout_s: float = WAIT_LIMIT_S) -> bool:
        """Write what was posted and close the file; returns False when it took too long. Safe to call twice."""
        return self._writer.close(timeout_s)

    def put(self, record: CharacterRecord, on_saved: Saved | None = None) -> None:
        """Store a whole character in place of what was there.

        Args:
            record: The character.
            on_saved: Called on the store's thread once it is safe, or with why it could not be stored.

        Raises:
            StateError: The store is closed.
        """
        self._post(partial(rows.put, record), on_saved)

    def update(self, owner: str, name: str, kept: Mapping[str, Any], on_saved: Saved | None = None) -> None:
        """Store what changed of a character; nothing when it is not there.

        Args:
            owner: Whose it is.
            name: Its name.
            kept: What changed, as a listener to ``Runtime.spawn(on_kept=...)`` gets it.
            on_saved: As for :meth:`put`.

        Raises:
            StateError: The store is closed.
        """
        self._post(partial(rows.update, owner, name, kept), on_saved)

    def remove(self, owner: str, name: str, on_saved: Saved | None = None) -> None:
        """Forget a character; nothing when it is not there.

        Raises:
            StateError: The store is closed.
        """
        self._post(partial(rows.remove, owner, name), on_saved)

    def load(self, owner: str, name: str) -> CharacterRecord | None:
        """Return a character, with everything that was posted before, or None.

        Raises:
            NpcError: The file cannot be read; the store is closed.
        """
        record: CharacterRecord | None = self._ask(partial(rows.load, owner, name))
        return record

    def load_later(self, owner: str, name: str, on_loaded: Loaded) -> None:
        """As :meth:`load`, without waiting.

        Args:
            owner: Whose it is.
            name: Its name.
            on_loaded: Called on the store's thread with the character or None, or with why it could not be read.

        Raises:
            StateError: The store is closed.
        """
        self._writer.post(Job(partial(rows.load, owner, name), on_loaded))

    def names(self, owner: str) -> tuple[str, ...]:
        """Return the names of an owner's characters, sorted.

        Raises:
            NpcError: As for :meth:`load`.
        """
        names: tuple[str, ...] = self._ask(partial(rows.names, owner))
        return names

    def remove_all(self, owner: str, on_saved: Saved | None = None) -> None:
        """Forget all characters of an owner.

        Raises:
            StateError: The store is closed.
        """
        self._post(partial(rows.remove_all, owner), on_saved)

    def flush(self) -> None:
        """Return when everything that was posted before has been tried.

        Raises:
            NpcError: As for :meth:`load`.
        """
        self._ask(lambda connection: None)

    def _post(self, work: Work, on_saved: Saved | None) -> None:
        done: Done = _ignored if on_saved is None else lambda result, error: on_saved(error)
        self._writer.post(Job(work, done))

    def _ask(self, work: Work) -> Any:
        answered = threading.Event()
        answer: list[tuple[Any, NpcError | None]] = []

        def done(result: Any, error: NpcError | None) -> None:
            answer.append((result, error))
            answered.set()

        self._writer.post(Job(work, done))
        if not answered.wait(WAIT_LIMIT_S):
            raise DeadlineError("The store does not answer.", "Look at the disk.", code="store_stuck")
        result, error = answer[0]
        if error is not None:
            raise error
        return result


def _ignored(result: Any, error: NpcError | None) -> None:
    """Take note of nothing."""
