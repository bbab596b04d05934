"""The list of actions as chat templates take it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npc_sdk.actions.labels import Labels
from npc_sdk.actions.schema import ActionSpec
from npc_sdk.actions.values import Parameter, ValueSchema


def tool_list(actions: Sequence[ActionSpec]) -> list[dict[str, Any]]:
    """Return the actions in the shape that OpenAI's API made common.

    A value from a live vocabulary is a plain text whose description names the list, so that the prompt
    stays the same while the world changes.
    """
    return [
        {
            "type": "function",
            "function": {
                "name": action.name,
                "description": action.description,
                "parameters": _object(action.parameters),
            },
        }
        for action in actions
    ]


def _object(parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {parameter.name: _parameter(parameter) for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.required],
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema = _value(parameter.value)
    described = f"{parameter.description} {schema.get('description', '')}".strip()
    if described:
        schema["description"] = described
    return schema


def _value(value: ValueSchema) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": value.kind}
    if value.vocabulary is not None:
        schema["description"] = f"One of {value.vocabulary}."
    elif value.choices:
        texts = value.kind == "string"
        schema["enum"] = list(Labels.of(value.choices).labels if texts else value.choices)
    elif value.items is not None:
        schema["items"] = _value(value.items)
    elif value.kind == "object":
        schema = _object(value.properties)
    for keyword, limit in (("minimum", value.minimum), ("maximum", value.maximum)):
        if limit is not None:
            schema[keyword] = limit
    return schema
