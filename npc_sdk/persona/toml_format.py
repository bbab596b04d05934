"""Reads TOML and the places of its keys.

The places are walked first: that walk also bounds nesting and dotted keys, for which the standard
parser takes quadratic time, so a hostile file cannot keep it busy.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from npc_sdk.persona.position import (
    Cursor,
    Fault,
    FieldPath,
    LostError,
    Position,
    Positions,
    refuse_deep,
    refuse_long_scalar,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

_BLANK = re.compile(r"[ \t]*")
_BLANK_AND_LINES = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")
_PARSER_PLACE = re.compile(r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def read_toml(text: str) -> tuple[Any, Positions]:
    """Return the data of a TOML text and the places of its keys.

    Raises:
        Fault: The text is not TOML, or nests too deeply.
    """
    text = text.replace("\r\n", "\n")
    walk = _Walk(text)
    try:
        walk.document()
    except LostError:
        pass  # not TOML from here on: the parser below says what is wrong
    try:
        return tomllib.loads(text), walk.positions
    except ValueError as error:
        raise _fault(str(error), walk.cursor) from error


def _fault(message: str, cursor: Cursor) -> Fault:
    match = _PARSER_PLACE.fullmatch(message)
    if match is None:
        return Fault(f"is not TOML: {message}", "Correct this line.", cursor.position)
    problem, line, column = match.groups()
    if line is None:
        cursor.offset = len(cursor.text)
        mend = "Something is not closed: look for a missing quote or bracket."
        return Fault(f"is not TOML: {problem} at the end of the file", mend, cursor.position)
    mend = "Correct this line; texts stand in double quotes, lists in square brackets."
    return Fault(f"is not TOML: {problem}", mend, Position(int(line), int(column)))


class _Walk:
    """Visits every key of a TOML text once; lost where the text is not TOML."""

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self.positions = Positions()
        self._table: FieldPath = ()
        self._tables_in: dict[FieldPath, int] = {}

    def document(self) -> None:
        cursor = self.cursor
        while True:
            cursor.skip(_BLANK_AND_LINES)
            if cursor.at_end:
                return
            if cursor.sees("["):
                self._header()
            else:
                self._pair(self._table, 0)
            cursor.take(_LINE_END)

    def _header(self) -> None:
        start = self.cursor.position
        self.cursor.expect("[")
        many = self.cursor.accept("[")
        parts = self._key()
        self.cursor.expect("]]" if many else "]")
        path: FieldPath = ()
        for part in parts[:-1]:
            path = self._inside((*path, part))
            self.positions.record(path, start)
        path = (*path, parts[-1])
        self.positions.record(path, start)
        if many:
            self._tables_in[path] = self._tables_in.get(path, 0) + 1
        self._table = self._inside(path)
        self.positions.record(self._table, start)

    def _inside(self, path: FieldPath) -> FieldPath:
        count = self._tables_in.get(path)
        return path if count is None else (*path, count - 1)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self.cursor.skip(_BLANK)
            parts.append(self._key_part())
            self.cursor.skip(_BLANK)
            refuse_deep(len(parts), self.cursor.position)
            if not self.cursor.accept("."):
                return parts

    def _key_part(self) -> str:
        if not (self.cursor.sees('"') or self.cursor.sees("'")):
            return self.cursor.take(_BARE_KEY)
        quoted = self.cursor.take(_TEXT)
        try:
            return str(tomllib.loads(f"key = {quoted}")["key"])
        except ValueError as error:
            raise LostError from error

    def _pair(self, table: FieldPath, depth: int) -> None:
        self.cursor.skip(_BLANK)
        start = self.cursor.position
        path = table
        for part in self._key():
            path = (*path, part)
            self.positions.record(path, start)
        self.cursor.expect("=")
        self.cursor.skip(_BLANK)
        self._value(path, depth)

    def _value(self, path: FieldPath, depth: int) -> None:
        refuse_deep(depth, self.cursor.position)
        if self.cursor.sees('"') or self.cursor.sees("'"):
            self.cursor.take(_TEXT)
        elif self.cursor.accept("["):
            self._array(path, depth + 1)
        elif self.cursor.accept("{"):
            self._inline_table(path, depth + 1)
        else:
            self._scalar(path)

    def _scalar(self, path: FieldPath) -> None:
        place = self.cursor.position
        refuse_long_scalar(self.cursor.take(_SCALAR).rstrip(), path, place)

    def _array(self, path: FieldPath, depth: int) -> None:
        index = 0
        while True:
            self.cursor.skip(_BLANK_AND_LINES)
            if self.cursor.accept("]"):
                return
            self.positions.record((*path, index), self.cursor.position)
            self._value((*path, index), depth)
            self.cursor.skip(_BLANK_AND_LINES)
            index += 1
            if not self.cursor.accept(","):
                self.cursor.expect("]")
                return

    def _inline_table(self, path: FieldPath, depth: int) -> None:
        # TOML 1.1 allows line ends in here; where the parser does not, it says so itself.
        while True:
            self.cursor.skip(_BLANK_AND_LINES)
            if self.cursor.accept("}"):
                return
            self._pair(path, depth)
            self.cursor.skip(_BLANK_AND_LINES)
            if not self.cursor.accept(","):
                self.cursor.expect("}")
                return
