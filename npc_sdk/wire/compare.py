"""What must be the same when a recording is replayed, and what may differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

# Messages that depend on the moment: signs of life, figures, and news that only time or memory bring about.
NOT_COMPARED: Final = frozenset({"pong", "status.reply"})
NEWS_COMPARED: Final = frozenset({"engine_down", "engine_up"})

# Fields that hold times, names made at random, or what says which build answers; by type of message.
MAY_DIFFER: Final[Mapping[str, frozenset[str]]] = {
    "welcome": frozenset({"session", "owner_key", "host", "protocol"}),
    "attached": frozenset({"session"}),
    "session.ended": frozenset({"session"}),
    "notice": frozenset({"seq", "notice.data"}),
    "event": frozenset({"event.action_id"}),
    "end": frozenset({"result.cost"}),
    # What an error says in words may be said better; its code may not change.
    "error": frozenset({"error.cause", "error.next_step", "error.details"}),
    "refused": frozenset({"error.cause", "error.next_step", "error.details"}),
}
_END_ERRORS: Final = frozenset({"result.error.cause", "result.error.next_step", "result.error.details"})
_ENDED_ERRORS: Final = frozenset({"error.cause", "error.next_step", "error.details"})


@dataclass(frozen=True, slots=True)
class Nothing:
    """Stands for what is not there."""

    def __repr__(self) -> str:
        return "(nothing)"


NOTHING: Final = Nothing()
SAME: Final = 1e-9
# A model that is run again computes other sums when other characters are in its batches.
SAME_FOR_A_MODEL: Final = 0.02


def is_compared(message: Mapping[str, Any]) -> bool:
    """Return whether a message must come again."""
    kind = message.get("type")
    if kind == "notice":
        return message.get("notice", {}).get("kind") in NEWS_COMPARED
    return kind not in NOT_COMPARED


def first_difference(
    expected: Mapping[str, Any], got: Mapping[str, Any], *, tolerance: float = SAME
) -> tuple[str, Any, Any] | None:
    """Return where two messages differ first: the path, what was expected and what came; None when nowhere.

    Args:
        expected: As it was recorded.
        got: As it came now.
        tolerance: How much numbers with a fraction may differ.
    """
    kind = str(expected.get("type"))
    if kind != got.get("type"):
        return "type", kind, got.get("type")
    ignored = MAY_DIFFER.get(kind, frozenset())
    if kind == "end":
        ignored |= _END_ERRORS
    elif kind == "session.ended":
        ignored |= _ENDED_ERRORS
    return _different(expected, got, "", ignored, tolerance)


def _different(
    expected: Any, got: Any, path: str, ignored: frozenset[str], tolerance: float
) -> tuple[str, Any, Any] | None:
    if path in ignored:
        return None
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        for name in sorted({*expected, *got}, key=str):
            inner = f"{path}.{name}" if path else str(name)
            found = _different(expected.get(name, NOTHING), got.get(name, NOTHING), inner, ignored, tolerance)
            if found is not None:
                return found
        return None
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        for index in range(max(len(expected), len(got))):
            found = _different(_at(expected, index), _at(got, index), f"{path}[{index}]", ignored, tolerance)
            if found is not None:
                return found
        return None
    return None if _is_same(expected, got, tolerance) else (path, expected, got)


def _at(items: Sequence[Any], index: int) -> Any:
    return items[index] if index < len(items) else NOTHING


def _is_same(expected: Any, got: Any, tolerance: float) -> bool:
    if isinstance(expected, float) and isinstance(got, (int, float)):
        return abs(expected - got) <= tolerance
    return type(expected) is type(got) and bool(expected == got)
