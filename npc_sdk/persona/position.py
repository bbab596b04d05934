"""Where each field of a file stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

MAXIMUM_DEPTH = 16
MAXIMUM_SCALAR_CHARACTERS = 100

FieldPath = tuple[str | int, ...]


class Position(NamedTuple):
    """Line and column, both counted from 1."""

    line: int
    column: int


class Fault(Exception):
    """Raised by a format's reader for text that it cannot read; never leaves this package.

    Args:
        problem: What is wrong, a clause without a final period.
        mend: What to do about it, one sentence.
        position: Where, when it is known.
        code: Stable machine-readable name.
        field: Dotted path, when the fault concerns a field.
    """

    def __init__(
        self, problem: str, mend: str, position: Position | None = None, *, code: str = "bad_syntax", field: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.mend = mend
        self.position = position
        self.code = code
        self.field = field


class LostError(Exception):
    """Raised by a cursor whose text does not go on as the format says; the format's parser then says why."""


class Positions:
    """The places of a file's fields; built by one reader, read-only afterwards."""

    def __init__(self) -> None:
        self._places: dict[FieldPath, Position] = {}

    def record(self, path: FieldPath, position: Position) -> bool:
        """Store the first place of a field; return False when the field has one already."""
        if path in self._places:
            return False
        self._places[path] = position
        return True

    def nearest(self, path: FieldPath) -> Position | None:
        """Return the place of a field, else that of the closest field around it."""
        for length in range(len(path), 0, -1):
            found = self._places.get(path[:length])
            if found is not None:
                return found
        return None


class Cursor:
    """Walks over a text from its start; for one reader, not thread safe.

    Args:
        text: The text, with line feeds as line ends.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    @property
    def position(self) -> Position:
        """Line and column of the cursor."""
        line = bisect_right(self._line_starts, self.offset)
        return Position(line, self.offset - self._line_starts[line - 1] + 1)

    @property
    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.offset >= len(self.text)

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Go past a pattern where it matches, else stay."""
        match = pattern.match(self.text, self.offset)
        if match is not None:
            self.offset = match.end()

    def take(self, pattern: re.Pattern[str]) -> str:
        """Go past a pattern and return what it matched.

        Raises:
            LostError: The pattern does not match here.
        """
        match = pattern.match(self.text, self.offset)
        if match is None:
            raise LostError
        self.offset = match.end()
        return match.group()

    def sees(self, literal: str) -> bool:
        """Return whether a literal stands here."""
        return self.text.startswith(literal, self.offset)

    def accept(self, literal: str) -> bool:
        """Go past a literal when it stands here; return whether it did."""
        if not self.sees(literal):
            return False
        self.offset += len(literal)
        return True

    def expect(self, literal: str) -> None:
        """Go past a literal.

        Raises:
            LostError: Something else stands here.
        """
        if not self.accept(literal):
            raise LostError


def dotted(path: FieldPath) -> str:
    """Return a path as people write it, such as ``examples[0].npc``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + shown(part)
    return text


def shown(text: str, limit: int = 60) -> str:
    """Return foreign text safe for one line of a report: no control characters, cut to a limit."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cut)


def refuse_deep(depth: int, place: Position) -> None:
    """Raise a fault when a value nests too deeply."""
    if depth > MAXIMUM_DEPTH:
        problem = f"nests more than {MAXIMUM_DEPTH} levels deep"
        raise Fault(problem, "Flatten it.", place, code="nested_too_deeply")


def refuse_long_scalar(scalar: str, path: FieldPath, place: Position) -> None:
    """Raise a fault when something that is no text, such as a number, is longer than any that is wanted."""
    if len(scalar) > MAXIMUM_SCALAR_CHARACTERS:
        problem = f"is a number of {len(scalar)} characters, or a text without quotes"
        raise Fault(problem, "Shorten the number, or put the text in double quotes.", place, field=dotted(path))
