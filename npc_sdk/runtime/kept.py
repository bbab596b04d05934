"""What must be kept of a character so that it can come back as it was, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from npc_sdk.actions import WorldSnapshot
from npc_sdk.errors import PromptError
from npc_sdk.runtime.check import LONGEST_MS

FORMAT_VERSION = 1

OnKept: TypeAlias = Callable[[dict[str, Any]], None]
Observed: TypeAlias = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a character has become.

    Args:
        seed: Start of its random numbers.
        turns: Turns so far, so that none of them draws the same numbers again.
        fallbacks: Fallback lines so far.
        tick: Tick of its live world.
        observations: What it notices, and for how many milliseconds more.
        vocabularies: Of its live world; None when they are as they were reported last.
        history: Its conversation: ``exchanges`` from position ``first`` on.
    """

    seed: int
    turns: int
    fallbacks: int
    tick: int
    observations: Observed
    vocabularies: Mapping[str, tuple[str, ...]] | None
    history: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data (JSON types only); vocabularies only when they changed."""
        data: dict[str, Any] = {
            "version": FORMAT_VERSION,
            "seed": self.seed,
            "turns": self.turns,
            "fallbacks": self.fallbacks,
            "tick": self.tick,
            "observations": [list(observed) for observed in self.observations],
            "history": dict(self.history),
        }
        if self.vocabularies is not None:
            data["vocabularies"] = {name: list(values) for name, values in self.vocabularies.items()}
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Kept:
        """Return what plain data says; it may come from a file that somebody has edited.

        Raises:
            PromptError: It cannot be read (``bad_kept``).
        """
        if not isinstance(data, Mapping) or data.get("version") != FORMAT_VERSION:
            raise _bad("it is of another version")
        history = data.get("history")
        if not isinstance(history, Mapping):
            raise _bad("it has no history")
        return cls(
            seed=_whole(data, "seed"),
            turns=_whole(data, "turns"),
            fallbacks=_whole(data, "fallbacks"),
            tick=_whole(data, "tick", is_signed=True),
            observations=_observations(data.get("observations")),
            vocabularies=_vocabularies(data.get("vocabularies", {})),
            history=history,
        )


class KeptReport:
    """Tells a listener what changed since it was told last. Not thread safe; owned by the runtime's thread.

    Args:
        on_kept: Gets what changed; must return quickly and must not call the runtime.
    """

    def __init__(self, on_kept: OnKept | None) -> None:
        self._on_kept = on_kept
        self._first = 0
        self._snapshot: WorldSnapshot | None = None

    def begin_anew(self) -> None:
        """Report everything the next time."""
        self._first, self._snapshot = 0, None

    def tell(self, export: Callable[[int, WorldSnapshot | None], Kept], *, last: int, snapshot: WorldSnapshot) -> None:
        """Report a change.

        Args:
            export: Returns what is kept, from a position of the history on and with vocabularies that
                differ from those of a snapshot.
            last: Position of the exchange that may still change.
            snapshot: The live world.
        """
        if self._on_kept is None:
            return
        kept = export(self._first, self._snapshot)
        self._first, self._snapshot = last, snapshot
        self._on_kept(kept.to_dict())


def _whole(data: Mapping[str, Any], key: str, *, is_signed: bool = False) -> int:
    value = data.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or (value < 0 and not is_signed):
        raise _bad(f"{key!r} is no whole number")
    return value


def _observations(value: Any) -> Observed:
    if not isinstance(value, (list, tuple)):
        raise _bad("'observations' is no list")
    return tuple(_observation(item) for item in value)


def _observation(item: Any) -> tuple[str, float]:
    is_pair = isinstance(item, (list, tuple)) and len(item) == 2
    if not is_pair or not isinstance(item[0], str) or isinstance(item[1], bool):
        raise _bad("an observation has no text and time")
    if not isinstance(item[1], (int, float)) or not 0 <= item[1] <= LONGEST_MS:
        raise _bad("an observation has no time")
    return item[0], float(item[1])


def _vocabularies(value: Any) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping) or not all(isinstance(values, (list, tuple)) for values in value.values()):
        raise _bad("'vocabularies' has no lists")
    if "tick" in value:
        raise _bad("'tick' is no vocabulary")
    # What they may hold is checked where they are used.
    return {str(name): tuple(values) for name, values in value.items()}


def _bad(reason: str) -> PromptError:
    return PromptError(
        f"What was kept of the character cannot be read: {reason}.",
        "Spawn it without, or use another copy.",
        code="bad_kept",
    )
