"""Which values of an action have left the live world since it was decided on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from npc_sdk.actions import ActionSpec, Parameter, WorldSnapshot
from npc_sdk.actions.values import ValueSchema


def missing_values(action: ActionSpec, arguments: Mapping[str, Any], live: WorldSnapshot) -> tuple[str, ...]:
    """Return the vocabulary values among the arguments that the live world does not have.

    Args:
        action: The action that was called.
        arguments: True values, as the game gets them.
        live: The world at the moment of delivery.
    """
    return tuple(
        value for name, value in _fields(action.parameters, arguments) if value not in live.vocabularies.get(name, ())
    )


def _fields(parameters: Sequence[Parameter], arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for parameter in parameters:
        yield from _values(parameter.value, arguments.get(parameter.name))


def _values(schema: ValueSchema, value: Any) -> Iterator[tuple[str, str]]:
    if schema.vocabulary is not None and isinstance(value, str):
        yield schema.vocabulary, value
    elif schema.items is not None and isinstance(value, (list, tuple)):
        for item in value:
            yield from _values(schema.items, item)
    elif schema.kind == "object" and isinstance(value, Mapping):
        yield from _fields(schema.properties, value)
