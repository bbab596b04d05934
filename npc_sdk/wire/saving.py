"""Writes down what a character becomes, and says when it is safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from npc_sdk.errors import NpcError
from npc_sdk.world import CharacterRecord, CharacterStore

OnOutcome: TypeAlias = Callable[["NpcError | None"], None]


class Saving:
    """The writing of one character; every method may be called from any thread, none of them waits.

    When something could not be written, later changes would leave a gap. Then :attr:`needs_whole` is set until the
    whole character was reported again.

    Args:
        store: Where to; None keeps nothing, and holds everything for safe.
        record: Who the character is; what it has become is filled in.
        on_outcome: Told the outcome of each writing, on the store's thread.
    """

    def __init__(self, store: CharacterStore | None, record: CharacterRecord, on_outcome: OnOutcome) -> None:
        self._store = store
        self._record = record
        self._on_outcome = on_outcome
        self._lock = threading.Lock()
        self._asked = self._settled = 0
        self._waiting: list[tuple[int, Callable[[], None]]] = []
        self.needs_whole = False

    def change(self, kept: Mapping[str, Any]) -> None:
        """Write what has changed.

        Args:
            kept: As a listener to ``Runtime.spawn(on_kept=...)`` gets it.
        """
        store, record = self._store, self._record
        if store is None:
            return
        if _is_whole(kept):
            self.needs_whole = False
            whole = CharacterRecord(owner=record.owner, name=record.name, cast=record.cast, kept=kept)
            self._write(partial(store.put, whole))
        elif not self.needs_whole:
            self._write(partial(store.update, record.owner, record.name, kept))

    def remove(self) -> None:
        """Have the character forgotten."""
        if self._store is not None:
            self._write(partial(self._store.remove, self._record.owner, self._record.name))

    def when_safe(self, act: Callable[[], None]) -> None:
        """Call something once all that was asked for so far is written, or could not be.

        Args:
            act: Called on the store's thread, or at once on this one when nothing is on its way.
        """
        with self._lock:
            if self._settled < self._asked:
                self._waiting.append((self._asked, act))
                return
        act()

    def _write(self, hand_over: Callable[[OnOutcome], object]) -> None:
        with self._lock:
            self._asked += 1
            number = self._asked
        try:
            hand_over(lambda error: self._written(number, error))
        except NpcError as error:
            self._written(number, error)

    def _written(self, number: int, error: NpcError | None) -> None:
        if error is not None:
            self.needs_whole = True
        with self._lock:
            # One thread writes in the order of asking, so all before it are settled too.
            self._settled = max(self._settled, number)
            due = [act for wanted, act in self._waiting if wanted <= self._settled]
            self._waiting = [item for item in self._waiting if item[0] > self._settled]
        self._on_outcome(error)
        for act in due:
            act()


def _is_whole(kept: Mapping[str, Any]) -> bool:
    history = kept["history"]
    return "vocabularies" in kept and bool(history["first"] <= history["dropped_exchanges"])
