"""The one thread that touches the file of a store."""

from __future__ import annotations

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from npc_sdk.errors import NpcError, StateError
from npc_sdk.world.failure import as_store_error

Work: TypeAlias = Callable[[sqlite3.Connection], Any]
Done: TypeAlias = Callable[[Any, NpcError | None], None]

BATCH_LIMIT: Final = 256
IDLE_S: Final = 1.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do with the file.

    Args:
        work: Does it, inside a transaction.
        done: Gets its result, or why it failed, after the commit; called on the writer's thread.
    """

    work: Work
    done: Done


class Writer:
    """Does jobs in the order in which they were posted, many in one transaction; safe from any thread.

    Args:
        connection: Used by nobody else from now on; closed at the end.
        file: Its file, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, file: Path) -> None:
        self._connection = connection
        self._file = file
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="npc-store", daemon=True)
        self._thread.start()

    def post(self, job: Job) -> None:
        """Have a job done.

        Raises:
            StateError: The writer was closed (``closed``).
        """
        with self._lock:
            if self._is_closed:
                raise StateError("The store is closed.", "Open it again.", code="closed")
            self._jobs.put(job)

    def close(self, timeout_s: float) -> bool:
        """Do what was posted, and end; returns False when that took too long. Safe to call twice."""
        with self._lock:
            if not self._is_closed:
                self._jobs.put(None)
            self._is_closed = True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        is_dirty = False
        while True:
            try:
                first = self._jobs.get(timeout=IDLE_S) if is_dirty else self._jobs.get()
            except queue.Empty:
                self._checkpoint("PASSIVE")
                is_dirty = False
                continue
            jobs, is_last = self._batch(first)
            if jobs:
                self._do(jobs)
                is_dirty = True
            if is_last:
                self._checkpoint("TRUNCATE")
                self._connection.close()
                return

    def _batch(self, first: Job | None) -> tuple[list[Job], bool]:
        """Return what waits, and whether the end was among it."""
        jobs: list[Job] = []
        job = first
        while job is not None:
            jobs.append(job)
            if len(jobs) >= BATCH_LIMIT:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _do(self, jobs: list[Job]) -> None:
        try:
            results = self._transaction(jobs)
        except Exception as error:
            if len(jobs) == 1:
                _tell(jobs[0], None, as_store_error(error, self._file))
                return
            # One of them spoils it for all; alone, each stands or falls by itself.
            for job in jobs:
                self._do([job])
            return
        for job, result in zip(jobs, results, strict=True):
            _tell(job, result, None)

    def _transaction(self, jobs: list[Job]) -> list[Any]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            results = [job.work(self._connection) for job in jobs]
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite itself has rolled back after some errors, such as a full disk.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return results

    def _checkpoint(self, mode: str) -> None:
        try:
            self._connection.execute(f"PRAGMA wal_checkpoint({mode})")
        except sqlite3.Error as error:
            _logger.warning("The store's log could not be taken over: %s", error)


def _tell(job: Job, result: Any, error: NpcError | None) -> None:
    try:
        job.done(result, error)
    except Exception:
        _logger.exception("Whoever waited for the store failed.")
