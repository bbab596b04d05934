"""Reads a persona or world file into plain data, within limits."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from npc_sdk.errors import PersonaError
from npc_sdk.persona.finding import Finding, refusal
from npc_sdk.persona.json_format import read_json
from npc_sdk.persona.position import Fault, FieldPath, Position, Positions, shown
from npc_sdk.persona.toml_format import read_toml
from npc_sdk.persona.yaml_format import read_yaml

Format = Literal["toml", "yaml", "json"]

MAXIMUM_FILE_BYTES = 256 * 1024

_READERS: Mapping[str, Callable[[str], tuple[Any, Positions]]] = {
    "toml": read_toml,
    "yaml": read_yaml,
    "json": read_json,
}
_SUFFIXES: Mapping[str, Format] = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml", ".json": "json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The data of one file and where its fields stand.

    Args:
        file: The name to show.
        data: What the file holds; usually a mapping, but not checked.
        positions: The places of the fields; None for data that never was a text.
    """

    file: str
    data: Any
    positions: Positions | None = None

    def place(self, path: FieldPath) -> Position | None:
        """Return where a field stands, or what is closest to it; the first line when nothing is."""
        if self.positions is None:
            return None
        return self.positions.nearest(path) or Position(1, 1)


def read_document(path: str | os.PathLike[str], *, missing_mend: str = "Check the name and the folder.") -> Document:
    """Read a TOML, YAML or JSON file, told apart by its suffix.

    Args:
        path: The file.
        missing_mend: What to do when the file does not exist.

    Raises:
        PersonaError: The file is missing, unreadable, too big, not UTF-8 or not in its format.
    """
    place = Path(path)
    file = shown(str(place), 300)
    try:
        _require_file(place, file, missing_mend)
        format = _format_of(place, file)
        with place.open("rb") as stream:
            content = stream.read(MAXIMUM_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        mend = "Check the name, and that you may read the file."
        raise _refuse(file, "file_unreadable", f"cannot be read: {reason}", mend) from error
    if len(content) > MAXIMUM_FILE_BYTES:
        raise _too_big(file)
    return parse_document(_decode(content, file), format, file)


def parse_document(text: str, format: str, file: str = "<text>") -> Document:
    """Read a text in one of the three formats.

    Args:
        text: The whole text; a leading byte order mark is ignored.
        format: "toml", "yaml" or "json".
        file: The name to show in errors.

    Raises:
        PersonaError: The text is too big or not in its format.
    """
    reader = _READERS.get(format)
    if reader is None:
        problem = f"is to be read in the unknown format {shown(str(format))!r}"
        raise _refuse(file, "unknown_format", problem, 'Use "toml", "yaml" or "json".')
    if len(text) > MAXIMUM_FILE_BYTES:
        raise _too_big(file)
    try:
        data, positions = reader(text.removeprefix("\ufeff"))
    except Fault as fault:
        raise _refuse(file, fault.code, fault.problem, fault.mend, fault.position, fault.field) from fault
    except RecursionError as error:
        raise _refuse(file, "nested_too_deeply", "nests too deeply", "Flatten it.") from error
    return Document(file=file, data=data, positions=positions)


def _require_file(place: Path, file: str, missing_mend: str) -> None:
    if place.is_dir():
        raise _refuse(file, "not_a_file", "is a folder", "Name a file in it.")
    if not place.exists():
        raise _refuse(file, "file_not_found", "does not exist", missing_mend)
    if not place.is_file():
        raise _refuse(file, "not_a_file", "is not an ordinary file", "Name an ordinary file.")


def _format_of(place: Path, file: str) -> Format:
    format = _SUFFIXES.get(place.suffix.lower())
    if format is None:
        suffix = f"has the unknown suffix {shown(place.suffix)!r}" if place.suffix else "has no suffix"
        raise _refuse(file, "unknown_format", suffix, "Name the file .toml, .yaml, .yml or .json.")
    return format


def _decode(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        position = Position(before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1)
        raise _refuse(file, "file_not_utf8", "is not UTF-8 text", "Save the file as UTF-8.", position) from error


def _too_big(file: str) -> PersonaError:
    problem = f"is larger than {MAXIMUM_FILE_BYTES // 1024} KiB"
    return _refuse(file, "file_too_big", problem, "Shorten it: a character needs a few KiB.")


def _refuse(
    file: str, code: str, problem: str, mend: str, position: Position | None = None, field: str = ""
) -> PersonaError:
    line, column = position or (None, None)
    return refusal([Finding(file=file, line=line, column=column, field=field, problem=problem, mend=mend, code=code)])
