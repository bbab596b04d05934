"""Turns what pydantic says about a file's data into findings that a modder can act on."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from npc_sdk.persona.document import Document
from npc_sdk.persona.finding import Finding
from npc_sdk.persona.position import FieldPath, dotted, shown

MAXIMUM_FINDINGS = 50

# Names that character cards and other tools use for what has another name here.
_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "backstory": "description",
        "bio": "description",
        "personality": "voice",
        "style": "voice",
        "tone": "voice",
        "knowledge": "knows",
        "lore": "knows",
        "first_mes": "greeting",
        "hello": "greeting",
        "mes_example": "examples",
        "dialogue": "examples",
        "title": "name",
        "job": "role",
        "scenario": "setting",
    }
)


def explain(error: ValidationError, model: type[BaseModel], document: Document) -> list[Finding]:
    """Return one finding per error, in the order of the file.

    Args:
        error: What pydantic raised for the document's data.
        model: The class that the data was to become.
        document: The data and its places.
    """
    details = error.errors(include_url=False)
    findings = [_finding(detail, model, document) for detail in details[:MAXIMUM_FINDINGS]]
    return sorted(findings, key=lambda finding: (finding.line or 0, finding.column or 0))


def _finding(detail: ErrorDetails, model: type[BaseModel], document: Document) -> Finding:
    path: FieldPath = tuple(detail["loc"])
    if detail["type"] == "extra_forbidden":
        problem, mend = "is not a known field", _unknown_mend(path, model)
    else:
        problem, mend = _words(detail)
    line, column = document.place(path) or (None, None)
    return Finding(
        file=document.file,
        line=line,
        column=column,
        field=dotted(path),
        problem=problem,
        mend=mend,
        code=_CODES.get(detail["type"], f"bad_{getattr(model, 'kind', 'persona')}"),
    )


_CODES: Mapping[str, str] = MappingProxyType(
    {
        "extra_forbidden": "unknown_field",
        "missing": "missing_field",
        "invalid_key": "wrong_type",
        "string_type": "wrong_type",
        "tuple_type": "wrong_type",
        "model_type": "wrong_type",
        "int_type": "wrong_type",
        "float_type": "wrong_type",
        "thinking_type": "wrong_type",
        "text_empty": "bad_text",
        "text_too_long": "bad_text",
        "text_control": "bad_text",
        "string_unicode": "bad_text",
        "too_long": "too_many",
        "greater_than_equal": "out_of_range",
        "less_than_equal": "out_of_range",
        "finite_number": "out_of_range",
        "thinking_range": "out_of_range",
    }
)


def _words(detail: ErrorDetails) -> tuple[str, str]:
    context: dict[str, Any] = detail.get("ctx", {})
    found = describe(detail["input"])
    kind = detail["type"]
    if "mend" in context:
        return context["problem"], context["mend"]
    if kind in _WANTED:
        wanted, mend = _WANTED[kind]
        return f"holds {found}, but {wanted} is wanted", mend
    if kind == "invalid_key":
        return "has a name that is not a text", "Use a text as its name."
    if kind == "missing":
        return "is missing", "Add it; it is required."
    found = found.removeprefix("the number ")
    if kind == "greater_than_equal":
        return f"is {found}, too small", f"Use {context['ge']:g} or more."
    if kind == "less_than_equal":
        return f"is {found}, too large", f"Use {context['le']:g} or less."
    if kind == "too_long":
        return f"has more than {context['max_length']} entries", f"Use at most {context['max_length']}."
    return shown(detail["msg"], 200), "Correct the value."


_WANTED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "string_type": ("a text", "Write one text in quotes."),
        "string_unicode": ("whole text", "Remove the escape that stands for half a character."),
        "tuple_type": ("a list", 'Write it in square brackets: ["...", "..."].'),
        "model_type": ("a table of fields", "Give its fields names, one line each."),
        "int_type": ("a whole number", "Write a whole number without quotes."),
        "float_type": ("a number", "Write a number without quotes."),
        "finite_number": ("an ordinary number", "Write an ordinary number."),
    }
)


def describe(value: Any) -> str:
    """Return what a value of a file is, in words and within one short line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"the number {value}" if value.bit_length() <= 64 else "a huge number"
    if isinstance(value, float):
        return f"the number {value:g}"
    if isinstance(value, str):
        return f'the text "{shown(value, 30)}"' if value else "an empty text"
    if isinstance(value, (datetime.date, datetime.time)):
        return "a date or time"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "a table" if isinstance(value, Mapping) else "something else"


def _unknown_mend(path: FieldPath, model: type[BaseModel]) -> str:
    name = str(path[-1])[:64]
    here = _model_at(model, path[:-1])
    if here is not model and name in model.model_fields:
        return f"{shown(name)} belongs to the top level: in TOML, write it above the first line in square brackets."
    owner = next((field for field, part in _parts(model) if name in part.model_fields), None)
    if here is model and owner is not None:
        return f"{shown(name)} belongs to {owner}."
    known = list(here.model_fields)
    folded = name.casefold().replace("-", "_")
    close = get_close_matches(folded, known, n=1)
    other = _OTHER_NAMES.get(folded)
    if not close and other in known:
        close = [other]
    return f"Did you mean {close[0]}?" if close else f"Remove it; the fields are {', '.join(known)}."


def _parts(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    for name in model.model_fields:
        part = _model_of(model, name)
        if part is not None:
            yield name, part


def _model_at(model: type[BaseModel], path: FieldPath) -> type[BaseModel]:
    for step in path:
        if isinstance(step, str):
            model = _model_of(model, step) or model
    return model


def _model_of(model: type[BaseModel], field: str) -> type[BaseModel] | None:
    info = model.model_fields.get(field)
    if info is None:
        return None
    for candidate in (info.annotation, *get_args(info.annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None
