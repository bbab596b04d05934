"""Reads the supported part of JSON Schema and refuses the rest by name."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, get_args

from npc_sdk.actions.check import check_value
from npc_sdk.actions.values import DEFAULT_ITEMS, DEFAULT_TEXT_CHARACTERS, Kind, Parameter, ValueSchema
from npc_sdk.actions.vocabulary import NAME_PATTERN
from npc_sdk.errors import ActionError

MAX_DEPTH = 4
MAX_PROPERTIES = 32
MAX_CHOICES = 256
MAX_CHOICE_CHARACTERS = 10_000
MAX_DESCRIPTION_CHARACTERS = 2_000
MAX_TEXT_CHARACTERS = 2_000
MAX_ITEMS = 64
MAX_VALUES = 256

_KINDS = get_args(Kind)
_NOTES = frozenset({"title", "description", "default", "examples", "deprecated", "$comment", "$schema", "$defs"})
_CHOICES = frozenset({"type", "enum", "const"})
_KEYWORDS: dict[str, frozenset[str]] = {
    "string": frozenset({"type", "minLength", "maxLength"}),
    "integer": frozenset({"type", "minimum", "maximum"}),
    "number": frozenset({"type", "minimum", "maximum"}),
    "boolean": frozenset({"type"}),
    "array": frozenset({"type", "items", "minItems", "maxItems"}),
    "object": frozenset({"type", "properties", "required", "additionalProperties", "x-guidance"}),
}


def read_parameters(schema: object, path: str) -> tuple[Parameter, ...]:
    """Return the arguments that a JSON Schema of type ``object`` describes.

    Args:
        schema: The schema.
        path: Where it stands, for messages, such as ``$.parameters``.

    Raises:
        ActionError: The schema uses what is not supported (``unsupported_schema``), is too large
            (``schema_too_large``), contradicts itself (``bad_schema``) or names an argument in a way
            that cannot be used (``bad_name``).
    """
    if not isinstance(schema, Mapping):
        raise ActionError(f"{path}: A JSON Schema object is needed.", code="bad_schema", path=path)
    definitions = schema.get("$defs", {})
    reader = _Reader(definitions if isinstance(definitions, Mapping) else {})
    value = reader.value(schema if "$ref" in schema else {"type": "object", **schema}, path, 0)
    if value.kind != "object":
        _refuse("type", path, "The arguments of an action are an object.")
    return value.properties


def checked_name(name: object, path: str) -> str:
    """Return the name of an action or argument, or raise :class:`ActionError` (``bad_name``)."""
    if isinstance(name, str) and NAME_PATTERN.fullmatch(name):
        return name
    raise ActionError(
        f"{path}: {str(name)[:80]!r} cannot be a name.",
        "Use at most 64 letters, digits, '_' and '-', starting with a letter or '_'.",
        code="bad_name",
        path=path,
    )


def checked_description(text: object, path: str) -> str:
    """Return a description, or raise :class:`ActionError`."""
    if not isinstance(text, str):
        raise ActionError(f"{path}: The description must be a text.", code="bad_schema", path=path)
    if len(text) > MAX_DESCRIPTION_CHARACTERS:
        _too_large(path, f"The description has over {MAX_DESCRIPTION_CHARACTERS} characters.")
    return text.strip()


@dataclass
class _Reader:
    """Reads one schema; counts what it has read, so that references cannot blow it up."""

    definitions: Mapping[str, Any]
    read: int = field(default=0)

    def value(self, schema: object, path: str, depth: int) -> ValueSchema:
        schema = self._resolved(schema, path)
        self.read += 1
        if depth > MAX_DEPTH:
            _too_large(path, f"The schema is nested deeper than {MAX_DEPTH} levels.")
        if self.read > MAX_VALUES:
            _too_large(path, f"The schema describes over {MAX_VALUES} values.")
        if "enum" in schema or "const" in schema:
            return _read_choices(schema, path)
        kind = schema.get("type")
        if kind is None:
            keyword = next((key for key in schema if key not in _NOTES), "type")
            _refuse(keyword, path, "Each value needs a type.")
        if kind not in _KINDS:
            _refuse("type", path, f"Only {', '.join(_KINDS)} are supported.")
        _refuse_others(schema, _KEYWORDS[kind] | ({"x-vocabulary"} if kind == "string" else set()), path)
        if kind == "array":
            return self._array(schema, path, depth)
        if kind == "object":
            return self._object(schema, path, depth)
        return _read_text(schema, path) if kind == "string" else _read_number(kind, schema, path)

    def _resolved(self, schema: object, path: str) -> Mapping[str, Any]:
        for _ in range(MAX_DEPTH):
            if not isinstance(schema, Mapping):
                raise ActionError(f"{path}: A JSON Schema object is needed.", code="bad_schema", path=path)
            if "$ref" not in schema:
                return schema
            prefix, _, name = str(schema["$ref"]).rpartition("/")
            if prefix != "#/$defs" or name not in self.definitions:
                _refuse("$ref", path, "Only references to '#/$defs/...' are supported.")
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            _refuse_others(rest, frozenset(), path)
            target = self.definitions[name]
            schema = {**target, **rest} if isinstance(target, Mapping) else target
        _refuse("$ref", path, "The reference does not end.")

    def _array(self, schema: Mapping[str, Any], path: str, depth: int) -> ValueSchema:
        if "items" not in schema:
            _refuse("items", path, "A list needs the schema of its items.")
        low = _count(schema, "minItems", 0, path)
        high = _count(schema, "maxItems", max(DEFAULT_ITEMS, low), path)
        if high > MAX_ITEMS:
            _too_large(path, f"The list may have over {MAX_ITEMS} items.")
        _check_order(low, high, "minItems", "maxItems", path)
        items = self.value(schema["items"], f"{path}.items", depth + 1)
        return ValueSchema(kind="array", items=items, min_items=low, max_items=high)

    def _object(self, schema: Mapping[str, Any], path: str, depth: int) -> ValueSchema:
        if schema.get("additionalProperties", False) is not False:
            _refuse("additionalProperties", path, "Every field must be named.")
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, Mapping) or not isinstance(required, (list, tuple)):
            raise ActionError(f"{path}: 'properties' or 'required' is malformed.", code="bad_schema", path=path)
        if len(properties) > MAX_PROPERTIES:
            _too_large(path, f"There are over {MAX_PROPERTIES} fields.")
        for name in required:
            if name not in properties:
                raise ActionError(f"{path}: {name!r} is required, but not declared.", code="bad_schema", path=path)
        parameters = [self._parameter(name, each, required, path, depth) for name, each in properties.items()]
        return ValueSchema(kind="object", properties=tuple(parameters))

    def _parameter(self, name: object, schema: object, required: Any, path: str, depth: int) -> Parameter:
        name = checked_name(name, f"{path}.properties")
        path = f"{path}.properties.{name}"
        schema = self._resolved(schema, path)
        described = checked_description(schema.get("description", ""), path)
        bare, nullable = _without_null(schema)
        bare = self._resolved(bare, path)
        value = self.value(bare, path, depth + 1)
        described = described or checked_description(bare.get("description", ""), path)
        default = schema.get("default")
        if name in required and not nullable:
            return Parameter(name=name, description=described, value=value)
        return Parameter(
            name=name,
            description=described,
            value=value,
            required=False,
            default_json=_default_json(value, default, path),
        )


def _without_null(schema: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return the schema of the value that is not null, and whether null was allowed."""
    kinds = schema.get("type")
    if isinstance(kinds, (list, tuple)) and len(kinds) == 2 and "null" in kinds:
        kind = kinds[0] if kinds[1] == "null" else kinds[1]
        return {**schema, "type": kind}, True
    options = schema.get("anyOf")
    if isinstance(options, (list, tuple)) and len(options) == 2 and {"type": "null"} in options:
        chosen = options[0] if options[1] == {"type": "null"} else options[1]
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        return ({**chosen, **rest} if isinstance(chosen, Mapping) else schema), True
    return schema, False


def _default_json(value: ValueSchema, default: object, path: str) -> str:
    if default is None:
        return "null"
    try:
        checked = check_value(value, default, {}, f"{path}.default")
    except ActionError as error:
        _refuse("default", path, f"It must be a value that every call can have. {error.cause}")
    return json.dumps(checked, ensure_ascii=False)


def _read_choices(schema: Mapping[str, Any], path: str) -> ValueSchema:
    _refuse_others(schema, _CHOICES, path)
    choices = schema["enum"] if "enum" in schema else [schema["const"]]
    if not isinstance(choices, (list, tuple)) or not choices:
        _refuse("enum", path, "A list of at least one value is needed.")
    if len(choices) > MAX_CHOICES:
        _too_large(path, f"There are over {MAX_CHOICES} choices.")
    kind = schema.get("type", _kind_of(choices[0]))
    if kind not in ("string", "integer", "number", "boolean") or any(_kind_of(each) != kind for each in choices):
        _refuse(
            "enum" if "enum" in schema else "const", path, "All choices must be of one type, and no object or list."
        )
    if any(isinstance(each, str) and len(each) > MAX_CHOICE_CHARACTERS for each in choices):
        _too_large(path, f"A choice has over {MAX_CHOICE_CHARACTERS} characters.")
    return ValueSchema(kind=kind, choices=tuple(dict.fromkeys(choices)))


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float) and math.isfinite(value):
        return "number"
    return "string" if isinstance(value, str) else ""


def _read_text(schema: Mapping[str, Any], path: str) -> ValueSchema:
    if "x-vocabulary" in schema:
        limit = next((key for key in ("minLength", "maxLength") if key in schema), None)
        if limit is not None:
            _refuse(limit, path, "A vocabulary has no lengths.")
        return ValueSchema(kind="string", vocabulary=checked_name(schema["x-vocabulary"], path))
    low = _count(schema, "minLength", 0, path)
    high = _count(schema, "maxLength", max(DEFAULT_TEXT_CHARACTERS, low), path)
    if high > MAX_TEXT_CHARACTERS:
        _too_large(path, f"The text may have over {MAX_TEXT_CHARACTERS} characters.")
    _check_order(max(low, 1), high, "minLength", "maxLength", path)
    return ValueSchema(kind="string", min_length=low, max_length=high)


def _read_number(kind: Kind, schema: Mapping[str, Any], path: str) -> ValueSchema:
    low, high = (_limit(kind, schema, keyword, path) for keyword in ("minimum", "maximum"))
    if low is not None and high is not None:
        _check_order(low, high, "minimum", "maximum", path)
    return ValueSchema(kind=kind, minimum=low, maximum=high)


def _limit(kind: str, schema: Mapping[str, Any], keyword: str, path: str) -> int | float | None:
    if keyword not in schema:
        return None
    limit: int | float = schema[keyword]
    if _kind_of(limit) not in ("integer", "number") or abs(limit) > 10**15:
        _refuse(keyword, path, "A number of at most 15 digits is needed.")
    if kind == "number":
        return float(limit)
    return math.ceil(limit) if keyword == "minimum" else math.floor(limit)


def _count(schema: Mapping[str, Any], keyword: str, default: int, path: str) -> int:
    count = schema.get(keyword, default)
    if _kind_of(count) != "integer" or count < 0:
        raise ActionError(f"{path}: {keyword!r} must be a count.", code="bad_schema", path=path, keyword=keyword)
    return int(count)


def _check_order(low: float, high: float, low_name: str, high_name: str, path: str) -> None:
    if low > high:
        raise ActionError(
            f"{path}: No value can have {low_name!r} {low} and {high_name!r} {high}.", code="bad_schema", path=path
        )


def _refuse_others(schema: Mapping[str, Any], supported: frozenset[str] | set[str], path: str) -> None:
    for keyword in schema:
        if keyword not in supported and keyword not in _NOTES:
            _refuse(str(keyword), path, "Leave it out, or declare the argument in another way.")


def _refuse(keyword: str, path: str, next_step: str) -> NoReturn:
    raise ActionError(
        f"{path}: JSON Schema {keyword!r} is not supported here.",
        next_step,
        code="unsupported_schema",
        keyword=keyword,
        path=f"{path}.{keyword}",
    )


def _too_large(path: str, problem: str) -> NoReturn:
    raise ActionError(f"{path}: {problem}", "Make it smaller.", code="schema_too_large", path=path)
