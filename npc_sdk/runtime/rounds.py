"""The actions of one turn and what came of them, round by round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Did:
    """An action that was delivered to the game."""

    id: str
    name: str
    arguments: Mapping[str, Any]


class Rounds:
    """Keeps actions and results. Not thread safe; owned by its turn.

    A round is what a character says and does without a pause; a turn has one more for each time the
    character goes on after results.

    Args:
        waits_for: Names of the actions whose results a turn waits for.
    """

    def __init__(self, waits_for: frozenset[str]) -> None:
        self._waits_for = waits_for
        self._known: dict[str, Did] = {}
        self._current: list[Did] = []
        self._results: dict[str, str] = {}
        self._told: set[str] = set()
        self._wants_more = False
        self.count = 0

    @property
    def calls(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """Name and arguments of the actions of the running round."""
        return tuple((did.name, did.arguments) for did in self._current)

    @property
    def is_awaiting(self) -> bool:
        """Whether the running round has an action whose result the turn waits for."""
        return any(did.name in self._waits_for and did.id not in self._results for did in self._current)

    @property
    def may_go_on(self) -> bool:
        """Whether the game answered an action of this round and wants the character to go on."""
        return self._wants_more and any(did.id in self._results for did in self._current)

    def did(self, action: Did) -> None:
        """Note a delivered action."""
        self._known[action.id] = action
        self._current.append(action)

    def answered(self, call_id: str, result: str, *, continue_: bool) -> bool:
        """Note a result; returns False for an unknown action or a second result."""
        if call_id not in self._known or call_id in self._results:
            return False
        self._results[call_id] = result
        self._wants_more = self._wants_more or continue_
        return True

    def take_results(self) -> tuple[str, ...]:
        """Return the results that the character was not told yet, in the order of the actions."""
        fresh = [call_id for call_id in self._known if call_id in self._results and call_id not in self._told]
        self._told.update(fresh)
        return tuple(self._results[call_id] for call_id in fresh)

    def give_back_results(self) -> None:
        """Undo that the results of the running round were told, because there was no room for them."""
        self._told.difference_update(did.id for did in self._current)

    def next(self) -> None:
        """Begin the round after results."""
        self._current = []
        self._wants_more = False
        self.count += 1
