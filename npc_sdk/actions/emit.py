"""Shapes of values as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from npc_sdk.actions.labels import Labels
from npc_sdk.actions.values import Parameter, ValueSchema


def object_schema(parameters: tuple[Parameter, ...], vocabulary: Mapping[str, Labels] | None) -> dict[str, Any]:
    """Return the JSON Schema of an object with these fields; see :func:`value_schema`."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {parameter.name: _parameter_schema(parameter, vocabulary) for parameter in parameters},
    }
    required = [parameter.name for parameter in parameters if parameter.required]
    if required:
        schema["required"] = required
    schema["additionalProperties"] = False
    return schema


def _parameter_schema(parameter: Parameter, vocabulary: Mapping[str, Labels] | None) -> dict[str, Any]:
    schema = value_schema(parameter.value, vocabulary)
    if parameter.description:
        schema["description"] = parameter.description
    if parameter.default is not None:
        schema["default"] = parameter.default
    return schema


def value_schema(value: ValueSchema, vocabulary: Mapping[str, Labels] | None) -> dict[str, Any]:
    """Return the JSON Schema of a value.

    Args:
        value: The value's shape.
        vocabulary: Labels that close the live texts, or None to leave them open as ``x-vocabulary``.
    """
    schema: dict[str, Any] = {"type": value.kind}
    if value.choices:
        schema["enum"] = list(value.choices)
    elif value.vocabulary is not None:
        schema.update(_vocabulary_schema(value.vocabulary, vocabulary))
    elif value.kind == "string":
        schema.update(_text_limits(value))
    elif value.kind in ("integer", "number"):
        limits = {"minimum": value.minimum, "maximum": value.maximum}
        schema.update({keyword: limit for keyword, limit in limits.items() if limit is not None})
    elif value.items is not None:
        schema["items"] = value_schema(value.items, vocabulary)
        schema.update({"minItems": value.min_items, "maxItems": value.max_items})
    elif value.kind == "object":
        schema = object_schema(value.properties, vocabulary)
    return schema


def _vocabulary_schema(name: str, vocabulary: Mapping[str, Labels] | None) -> dict[str, Any]:
    if vocabulary is None:
        return {"x-vocabulary": name}
    labels = vocabulary.get(name)
    return {"enum": list(labels.labels) if labels else []}


def _text_limits(value: ValueSchema) -> dict[str, Any]:
    limits: dict[str, Any] = {"minLength": value.min_length} if value.min_length else {}
    return {**limits, "maxLength": value.max_length}
