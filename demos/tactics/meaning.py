"""What the game itself makes of a line that the player says to a soldier; only for the note on what came of it.

The soldier does what the model makes of the line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .cast import labelled
from .rules import Move, Unit, Verb

_WORDS: Final[tuple[tuple[Verb, str], ...]] = (
    ("retreat", r"retreat|fall back|flee|run|withdraw|get (?:back|away|out)"),
    ("cover", r"cover|hide|duck|get down"),
    ("heal", r"heal|help|bandage|patch|tend|save|treat"),
    ("attack", r"attack|shoot|fire|kill|strike|hit|charge|fight|get|take out"),
    ("approach", r"move|go|advance|approach|close in|follow"),
    ("hold", r"hold|stay|wait|stop|stand"),
    ("reload", r"reload"),
)
_PATTERNS: Final = tuple((verb, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for verb, words in _WORDS)
_TARGET: Final = re.compile(r"\b[a-z]+_\d+\b")
_ALIKE: Final = frozenset({"attack", "approach"})


def meaning(text: str, units: Iterable[Unit]) -> Move | None:
    """Return the move that a line asks for; without a target when it names none. None when it is no order.

    Args:
        text: What the player says.
        units: Who may be named.
    """
    verb = next((verb for verb, pattern in _PATTERNS if pattern.search(text)), None)
    if verb is None:
        return None
    found = _TARGET.search(labelled(text, units))
    return Move(verb, found[0] if found is not None and verb in ("attack", "approach", "heal") else "")


def is_meant(move: Move, meant: Move | None) -> bool:
    """Whether a move is what was asked for; going to an enemy is on the way to attacking him."""
    if meant is None:
        return True
    is_alike = (
        move.verb == meant.verb or {move.verb, meant.verb} <= _ALIKE or (move.verb, meant.verb) == ("bandage", "heal")
    )
    return is_alike and meant.target in ("", move.target)
