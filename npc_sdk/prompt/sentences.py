"""Finds whole sentences in speech while it arrives."""

from __future__ import annotations

import re
from dataclasses import dataclass

SENTENCE_LIMIT = 600

_NEVER_ENDS = frozenset(
    "mr mrs ms mx dr prof rev hon fr st sgt capt cpt lt col gen cmdr adm gov sen rep pres messrs mme mlle "
    "vs e.g i.e cf viz approx ca al fig no vol ch sec pp dept est".split()
)
_MAY_END = frozenset("etc jr sr inc ltd co corp a.m p.m u.s u.k esq bros ave blvd rd".split())
# Words that are abbreviations only in front of a number.
_BEFORE_NUMBER = frozenset("no fig vol ch sec pp".split())
_CLOSERS = "\"'”’»›)]}*_"
_WIDE_CLOSERS = "」』）】》〉〕”’"
_STOP = re.compile(
    rf"(?P<wide>[。！？｡।]+[。！？｡।.!?…]*[{_WIDE_CLOSERS}]*)"
    rf"|(?P<marks>[.!?…؟]+)(?P<closers>[{re.escape(_CLOSERS)}]*)"
    r"|(?P<break>\n)"
)
_LAST_WORD = re.compile(r"[^\s\"'“‘«(\[{]+$")


@dataclass(frozen=True, slots=True)
class _Boundary:
    end: int
    is_known: bool


class SentenceSplitter:
    """Splits speech into sentences as soon as the next word shows that one has ended.

    Knows abbreviations, initials, decimal numbers, closing quotes, ellipses, several marks and CJK stops; a line
    break always ends a sentence, and a text without any end is cut at a blank after 600 characters. However the
    text is split, the sentences are the same. Not thread safe; made for one answer.
    """

    def __init__(self) -> None:
        self._text = ""

    @property
    def pending(self) -> str:
        """The beginning of a sentence that is not known to have ended."""
        return self._text

    def feed(self, text: str) -> list[str]:
        """Return the sentences that are complete with the next piece of speech, without blanks around them."""
        self._text += text
        sentences: list[str] = []
        start = 0
        while (end := self._next_end(start)) is not None:
            sentences.append(self._text[start:end].strip())
            start = end
        self._text = self._text[start:]
        return [sentence for sentence in sentences if sentence]

    def finish(self) -> list[str]:
        """Return what is left as sentences; the last one may be half a sentence."""
        # A line break settles every decision that waits for the next word.
        return self.feed("\n")

    def _next_end(self, start: int) -> int | None:
        window = self._text[start : start + SENTENCE_LIMIT]
        blank = len(window) - len(window.lstrip())
        if blank:
            return start + blank
        boundary = _first_boundary(window)
        if boundary is not None and boundary.is_known:
            return start + boundary.end
        if len(window) < SENTENCE_LIMIT:
            return None
        cut = max(window.rfind(" "), window.rfind("\t"))
        return start + (cut if cut > 0 else SENTENCE_LIMIT)


def is_whole_sentence(text: str) -> bool:
    """Tell whether a text ends as a sentence does."""
    trimmed = text.rstrip()
    stops = list(_STOP.finditer(trimmed))
    return bool(stops) and stops[-1].end() == len(trimmed) and not _is_abbreviation(trimmed, stops[-1], "A")


def _first_boundary(window: str) -> _Boundary | None:
    for stop in _STOP.finditer(window):
        boundary = _boundary(window, stop)
        if boundary is not None:
            return boundary
    return None


def _boundary(window: str, stop: re.Match[str]) -> _Boundary | None:
    """Return where a sentence ends at this stop, None when it goes on."""
    if stop.group("break"):
        return _Boundary(stop.end(), True)
    rest = window[stop.end() :]
    if stop.group("wide"):
        return _Boundary(stop.end(), bool(rest))
    if not rest:
        return _Boundary(stop.end(), False)
    if not rest[0].isspace():
        return None
    following = rest.lstrip(" \t\r\f\v\u00a0\u3000")
    if not following:
        return _Boundary(stop.end(), False)
    goes_on = following[0] != "\n" and (
        _is_lower_after(stop, following[0]) or _is_abbreviation(window, stop, following)
    )
    return None if goes_on else _Boundary(stop.end(), True)


def _is_lower_after(stop: re.Match[str], character: str) -> bool:
    marks = stop.group("marks")
    is_plain_question = "." not in marks and "…" not in marks and not stop.group("closers")
    return character.islower() and not is_plain_question


def _is_abbreviation(text: str, stop: re.Match[str], following: str) -> bool:
    if stop.group("marks") != "." or stop.group("closers"):
        return False
    found = _LAST_WORD.search(text, 0, stop.start())
    word = found.group() if found else ""
    if word.lower() in _BEFORE_NUMBER:
        return following[0].isdigit()
    if len(word) == 1 and word.isupper() and word != "I":
        return True
    if word.lower() in _NEVER_ENDS:
        return True
    return word.lower() in _MAY_END and not (following[0].isupper() or following[0] in '"“‘«(')
