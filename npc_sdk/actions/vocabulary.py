"""Live vocabularies: the closed lists from which a game lets its characters choose."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any

from npc_sdk.actions.labels import Labels
from npc_sdk.errors import ActionError

__all__ = ["Labels", "LiveWorld", "Vocabulary", "VocabularyName", "WorldSnapshot"]

NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
MAX_VALUES = 4096
MAX_CHARACTERS = 1_000_000


def _checked_name(name: object) -> str:
    if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name) or name == "tick":
        raise ActionError(
            f"{str(name)[:80]!r} cannot name a vocabulary.",
            "Use letters, digits, '_' and '-', starting with a letter; 'tick' is taken.",
            code="bad_name",
        )
    return name


@dataclass(frozen=True)
class VocabularyName:
    """Marks a text argument as one of the values of a live vocabulary.

    ``Annotated[str, VocabularyName("enemies")]`` is the spelling that type checkers know.

    Args:
        name: Name of the vocabulary, as in ``npc.world.update(enemies=[...])``.

    Raises:
        ActionError: The name cannot name a vocabulary (``bad_name``).
    """

    name: str

    def __post_init__(self) -> None:
        _checked_name(self.name)

    def __get_pydantic_json_schema__(self, core_schema: Any, handler: Any) -> dict[str, Any]:
        return {**handler(core_schema), "x-vocabulary": self.name}


class Vocabulary:
    """``Vocabulary["enemies"]`` is short for ``Annotated[str, VocabularyName("enemies")]``."""

    def __class_getitem__(cls, name: str) -> Any:
        return Annotated[str, VocabularyName(name)]


@dataclass(frozen=True)
class WorldSnapshot:
    """The live world at one moment; immutable.

    Attributes:
        tick: The game's own count of moments.
        vocabularies: The values of each vocabulary by name.
    """

    tick: int = 0
    vocabularies: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def labels(self, names: Iterable[str] | None = None) -> dict[str, Labels]:
        """Return the labels of the named vocabularies (all when None); an unknown one has no values."""
        chosen = self.vocabularies if names is None else names
        return {name: Labels.of(self.vocabularies.get(name, ())) for name in chosen}


class LiveWorld:
    """What a game says about the world right now: a tick and the values of its vocabularies.

    Safe to use from any thread: a reader sees an update whole or not at all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._snapshot = WorldSnapshot()

    @property
    def tick(self) -> int:
        """The tick of the last update."""
        return self._snapshot.tick

    @property
    def vocabularies(self) -> Mapping[str, tuple[str, ...]]:
        """The values of each vocabulary; a read-only view that later updates do not change."""
        return self._snapshot.vocabularies

    def update(self, /, *, tick: int | None = None, **vocabularies: Iterable[str]) -> None:
        """Set the tick and replace the named vocabularies; the others stay as they are.

        Args:
            tick: The game's own count of moments; None keeps it.
            **vocabularies: The values that exist now, by vocabulary. An empty list is allowed: actions
                that need one of its values are then left out.

        Raises:
            ActionError: A value is no text, or there are too many, or they are too long
                (``bad_vocabulary``), or a name cannot be used (``bad_name``). Nothing is changed then.
        """
        if tick is not None and (isinstance(tick, bool) or not isinstance(tick, int)):
            raise ActionError("The tick must be a whole number.", code="bad_tick")
        fresh = {_checked_name(name): _checked_values(name, values) for name, values in vocabularies.items()}
        with self._lock:
            before = self._snapshot
            merged = MappingProxyType({**before.vocabularies, **fresh})
            self._snapshot = WorldSnapshot(before.tick if tick is None else tick, merged)

    def snapshot(self) -> WorldSnapshot:
        """Return the world as it is now."""
        return self._snapshot


def _checked_values(name: str, values: Iterable[str]) -> tuple[str, ...]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise _bad_vocabulary(name, "is no list of texts", "Pass a list, also for a single value.")
    # A longer iterable is not read to its end: it may have none.
    unique: dict[str, None] = {}
    characters = 0
    for value in values:
        if not isinstance(value, str):
            raise _bad_vocabulary(name, "has a value that is no text", "Pass names or ids as text.")
        unique[value] = None
        characters += len(value)
        if len(unique) > MAX_VALUES or characters > MAX_CHARACTERS:
            problem = f"has over {MAX_VALUES} values or {MAX_CHARACTERS} characters"
            raise _bad_vocabulary(name, problem, "Pass only what is within reach.")
    return tuple(unique)


def _bad_vocabulary(name: str, problem: str, next_step: str) -> ActionError:
    return ActionError(f"Vocabulary {name!r} {problem}.", next_step, code="bad_vocabulary", vocabulary=name)
