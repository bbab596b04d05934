"""Looks at the cues of a report before they are shown again: a file may hold anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, get_args

from ..drawing.notice import NoticeKind
from .rules import SIDES, Verb
from .scene import BubbleKind, Source

_VERBS: Final = get_args(Verb)
# No battle lasts for a day.
_MOST_MS: Final = 86_400_000.0


class CueCheck:
    """Knows what the cues of a battle hold.

    Args:
        labels: The soldiers of the battle.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = frozenset(labels)
        who, said = self._is_label, {"id": _is_whole, "text": _is_text}
        self._parts: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
            "tick": {"moves": _are_moves, "orders": _are_orders, "sources": _are_sources},
            "asked": {"labels": self._are_labels},
            "answered": {"labels": self._are_labels},
            "speak": {"label": who, "kind": lambda kind: kind in get_args(BubbleKind)},
            "say": said,
            "instead": said,
            "end": said,
            "cut": {"id": _is_whole},
            "notice": {"text": _is_text, "kind": lambda kind: kind in get_args(NoticeKind)},
            "select": {"label": lambda label: label is None or who(label)},
            "typed": {"text": _is_text},
            "choices": {"options": _are_texts, "chosen": lambda chosen: chosen is None or _is_whole(chosen)},
            "line": {"label": who, "speaker": _is_text, "text": _is_text, "is_player": _is_whole},
            "note": {"label": who, "index": _is_whole, "note": _is_text},
        }

    def check(self, cue: Mapping[str, Any]) -> None:
        """Check that a cue can be shown.

        Raises:
            ValueError: Something in it is not what it should be.
            KeyError: It is none, or something is missing.
        """
        what = cue["what"]
        # Written so that what is no number at all, as JSON has it, fails too.
        if not 0.0 <= float(cue["at"]) <= _MOST_MS:
            raise ValueError(f"a {what} at {cue['at']}")
        for name, is_good in self._parts[what].items():
            if not is_good(cue[name]):
                raise ValueError(f"the {name} of a {what}")

    def _is_label(self, value: Any) -> bool:
        return isinstance(value, str) and value in self._labels

    def _are_labels(self, value: Any) -> bool:
        return isinstance(value, list | tuple) and all(self._is_label(each) for each in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int)


def _is_move(value: Any) -> bool:
    return _are_texts(value) and len(value) == 2 and value[0] in _VERBS


def _are_moves(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_move(move) for move in value.values())


def _are_orders(value: Any) -> bool:
    return _are_moves(value) and all(side in SIDES for side in value)


def _are_sources(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_source(each) for each in value.values())


def _is_source(value: Any) -> bool:
    if not isinstance(value, list | tuple) or len(value) != 2 or value[0] not in get_args(Source):
        return False
    return value[1] is None or isinstance(value[1], int | float)
