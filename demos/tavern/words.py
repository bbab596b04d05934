"""What a line says to the game: whom it calls, what it is about, and how others hear of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

from .guests import GUESTS

LINE_LIMIT: Final = 240
CUT_MARK: Final = "—"
ALL_WORDS: Final = ("all", "everybody", "everyone", "friends", "folks", "you three")

_GREETING = r"(?:(?:hey|hello|hi|good evening|good day|and you|well|so|oh|tell me)[, ]+)?"
_DENIALS = (
    r"\bdo(?:n't| not) know|never (?:heard|learned|met)|no idea|\bnone\b|heard nothing|say nothing|know nothing"
    r"|nobody of that name|no price|not (?:been )?told|unknown to me|seen none|has not whispered"
)
_COMMON = frozenset(
    "the and for you your are what where who how does did can could would with that this from have has about know any"
    " tell there here much many please they them his her she him was were will some get".split()
)
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+")


def cleaned(text: str) -> tuple[str, bool]:
    """Return a line that may be said, whatever was typed, and whether it had to be cut.

    Control characters and broken characters become blanks; names of control tokens stay the plain text they are.
    """
    is_long = len(text) > 8 * LINE_LIMIT
    kept = "".join(" " if unicodedata.category(sign) in _NOT_SAID else sign for sign in text[: 8 * LINE_LIMIT])
    line = _SPACES.sub(" ", kept).strip()
    if len(line) <= LINE_LIMIT:
        return line, is_long
    return (line[:LINE_LIMIT].rpartition(" ")[0] or line[:LINE_LIMIT]).rstrip(), True


def called(line: str) -> tuple[str | None, str]:
    """Return whom a line calls by name, and the line without the name.

    Returns:
        The guest's key, an empty text for the whole table, None when nobody is called.
    """
    for key, pattern in _CALLS:
        at_end = re.search(rf"[,;]\s*(?:{pattern})\s*([.!?]*)$", line, re.IGNORECASE)
        if at_end:
            return key, _sentence(line[: at_end.start()] + (at_end.group(1) or ".")) or line
        at_start = re.match(rf"{_GREETING}(?:{pattern})(?:\s*[,:;!?.-]+\s*|$)", line, re.IGNORECASE)
        if at_start:
            return key, _sentence(line[at_start.end() :]) or line
    greeted = re.match(rf"(?:hey|hello|hi|good evening|good day),?\s+({_NAMES})\b[.!]*$", line, re.IGNORECASE)
    if greeted:
        return next(key for key, pattern in _CALLS if re.fullmatch(pattern, greeted.group(1), re.IGNORECASE)), line
    return None, line


def denies(text: str) -> bool:
    """Return whether an answer says that somebody does not know."""
    return re.search(_DENIALS, text, re.IGNORECASE) is not None


def subjects(*texts: str) -> frozenset[str]:
    """Return the words that texts are about, in their plain form."""
    found = (word.lower() for text in texts for word in _WORD.findall(text))
    return frozenset(_plain(word) for word in found if len(word) > 2 and word not in _COMMON)


def relevance(line: str, known: Collection[str]) -> float:
    """Return how much a line is about what somebody knows, from 0 to 1."""
    shared = subjects(line).intersection(known)
    return min(1.0, len(shared) / 2 + 0.25) if shared else 0.0


def said(speaker: str, text: str, *, to: str = "", is_cut: bool = False) -> str:
    """Return a line as those hear it who are not meant.

    Args:
        speaker: Who says it, or ``You``.
        text: What was heard of it.
        to: Whom it was said to.
        is_cut: Whether it was cut short.
    """
    verb = "say" if speaker == "You" else "says"
    towards = f" to {to}" if to else ""
    return f'{speaker} {verb}{towards}: "{cut_off(text) if is_cut else text}"'


def cut_off(text: str) -> str:
    """Return a line that was cut short as it is written down: with a dash, unless a sentence ends there."""
    heard = text.rstrip()
    return heard if heard.endswith((".", "!", "?", "…")) else heard + CUT_MARK


def _plain(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 3 else word


def _sentence(text: str) -> str:
    stripped = text.strip()
    return stripped[:1].upper() + stripped[1:] if any(sign.isalnum() for sign in stripped) else ""


_NOT_SAID: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_CALLS: Final = (
    *((guest.key, "|".join(map(re.escape, (*guest.calls, guest.short.lower())))) for guest in GUESTS),
    ("", "|".join(map(re.escape, ALL_WORDS))),
)
_NAMES: Final = "|".join(f"(?:{pattern})" for _, pattern in _CALLS)
