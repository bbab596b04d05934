"""Reads JSON and the places of its keys."""

from __future__ import annotations

import json
import re
from typing import Any

from npc_sdk.persona.position import (
    Cursor,
    Fault,
    FieldPath,
    LostError,
    Position,
    Positions,
    dotted,
    refuse_deep,
    refuse_long_scalar,
)

_BLANK = re.compile(r"[ \t\r\n]*")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SCALAR = re.compile(r"[^,\]}\s]+")
_NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")


def read_json(text: str) -> tuple[Any, Positions]:
    """Return the data of a JSON text and the places of its keys.

    Raises:
        Fault: The text is not JSON, gives a key twice, or nests too deeply.
    """
    walk = _Walk(text)
    try:
        walk.document()
    except LostError:
        pass  # not JSON from here on: the parser below says what is wrong
    try:
        return json.loads(text), walk.positions
    except json.JSONDecodeError as error:
        mend = "Correct this line; texts and keys stand in double quotes, with commas between but none at the end."
        raise Fault(f"is not JSON: {error.msg}", mend, Position(error.lineno, error.colno)) from error


class _Walk:
    """Visits every key of a JSON text once; lost where the text is not JSON."""

    def __init__(self, text: str) -> None:
        self.cursor = Cursor(text)
        self.positions = Positions()

    def document(self) -> None:
        self.cursor.skip(_BLANK)
        self._value((), 0)

    def _value(self, path: FieldPath, depth: int) -> None:
        refuse_deep(depth, self.cursor.position)
        if self.cursor.sees('"'):
            self.cursor.take(_TEXT)
        elif self.cursor.accept("["):
            self._array(path, depth + 1)
        elif self.cursor.accept("{"):
            self._object(path, depth + 1)
        else:
            self._scalar(path)

    def _scalar(self, path: FieldPath) -> None:
        place = self.cursor.position
        scalar = self.cursor.take(_SCALAR)
        refuse_long_scalar(scalar, path, place)
        if scalar in _NOT_NUMBERS:
            raise Fault(f"holds {scalar}, which is not JSON", "Write a number.", place, field=dotted(path))

    def _array(self, path: FieldPath, depth: int) -> None:
        self.cursor.skip(_BLANK)
        index = 0
        while not self.cursor.accept("]"):
            if index:
                self.cursor.expect(",")
                self.cursor.skip(_BLANK)
            self.positions.record((*path, index), self.cursor.position)
            self._value((*path, index), depth)
            self.cursor.skip(_BLANK)
            index += 1

    def _object(self, path: FieldPath, depth: int) -> None:
        self.cursor.skip(_BLANK)
        first = True
        while not self.cursor.accept("}"):
            if not first:
                self.cursor.expect(",")
                self.cursor.skip(_BLANK)
            first = False
            inner = (*path, self._key(path))
            self.cursor.skip(_BLANK)
            self.cursor.expect(":")
            self.cursor.skip(_BLANK)
            self._value(inner, depth)
            self.cursor.skip(_BLANK)

    def _key(self, path: FieldPath) -> str:
        start = self.cursor.position
        try:
            key = str(json.loads(self.cursor.take(_TEXT)))
        except ValueError as error:
            raise LostError from error
        inner = (*path, key)
        if not self.positions.record(inner, start):
            raise Fault("is given twice", "Keep one of the two.", start, code="duplicate_field", field=dotted(inner))
        return key
