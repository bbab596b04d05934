"""Values of a call against their shapes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from npc_sdk.actions.labels import Labels, plain_text
from npc_sdk.actions.values import Parameter, ValueSchema
from npc_sdk.errors import ActionError


def check_object(
    parameters: tuple[Parameter, ...], arguments: object, vocabulary: Mapping[str, Labels], path: str
) -> dict[str, Any]:
    """Return the fields as plain values, in declared order, with defaults and true vocabulary values.

    Args:
        parameters: The fields there are.
        arguments: The object to check.
        vocabulary: Labels of the live vocabularies.
        path: Where the object stands, for messages.

    Raises:
        ActionError: The object does not fit (``bad_arguments``, ``not_in_vocabulary``).
    """
    if not isinstance(arguments, Mapping):
        raise _mismatch(path, "an object", arguments)
    unknown = [name for name in arguments if name not in {parameter.name for parameter in parameters}]
    if unknown:
        raise _bad(path, f"There is no argument {plain_text(str(unknown[0]))[:80]!r}.")
    return {
        parameter.name: _check_parameter(parameter, arguments, vocabulary, f"{path}.{parameter.name}")
        for parameter in parameters
    }


def _check_parameter(
    parameter: Parameter, arguments: Mapping[str, Any], vocabulary: Mapping[str, Labels], path: str
) -> Any:
    if parameter.name in arguments:
        value = arguments[parameter.name]
        if not (value is None and parameter.default_json == "null"):
            return check_value(parameter.value, value, vocabulary, path)
    elif parameter.required:
        raise _bad(path, "The argument is missing.")
    return parameter.default


def check_value(schema: ValueSchema, value: object, vocabulary: Mapping[str, Labels], path: str) -> Any:
    """Return one value as the game gets it; see :func:`check_object`."""
    if schema.kind == "string":
        return _check_text(schema, value, vocabulary, path)
    if schema.kind == "object":
        return check_object(schema.properties, value, vocabulary, path)
    if schema.kind == "array":
        return _check_array(schema, value, vocabulary, path)
    checked = _check_boolean(value, path) if schema.kind == "boolean" else _check_number(schema, value, path)
    if schema.choices and checked not in schema.choices:
        raise _bad(path, "It is not one of the choices.")
    return checked


def _check_text(schema: ValueSchema, value: object, vocabulary: Mapping[str, Labels], path: str) -> str:
    if not isinstance(value, str):
        raise _mismatch(path, "a text", value)
    labels = schema.labels(vocabulary)
    if labels is not None:
        return _true_value(labels, value, path)
    if not schema.min_length <= len(value) <= schema.max_length:
        raise _bad(path, f"The text must have {schema.min_length} to {schema.max_length} characters.")
    return value


def _true_value(labels: Labels, text: str, path: str) -> str:
    try:
        return labels.value(text)
    except ActionError as error:
        raise ActionError(f"{path}: {error.cause}", code=error.code, path=path) from None


def _check_boolean(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise _mismatch(path, "true or false", value)
    return value


def _check_number(schema: ValueSchema, value: object, path: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _mismatch(path, "a number", value)
    if schema.kind == "integer" and not isinstance(value, int):
        raise _mismatch(path, "a whole number", value)
    try:
        number = float(value) if schema.kind == "number" else value
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise _bad(path, "The number must be finite.")
    if schema.minimum is not None and number < schema.minimum:
        raise _bad(path, f"The number must be at least {schema.minimum}.")
    if schema.maximum is not None and number > schema.maximum:
        raise _bad(path, f"The number must be at most {schema.maximum}.")
    return number


def _check_array(schema: ValueSchema, value: object, vocabulary: Mapping[str, Labels], path: str) -> list[Any]:
    if not isinstance(value, (list, tuple)) or schema.items is None:
        raise _mismatch(path, "a list", value)
    if not schema.min_items <= len(value) <= schema.max_items:
        raise _bad(path, f"The list must have {schema.min_items} to {schema.max_items} items.")
    return [check_value(schema.items, item, vocabulary, f"{path}[{index}]") for index, item in enumerate(value)]


def _mismatch(path: str, expected: str, value: object) -> ActionError:
    return _bad(path, f"Expected {expected}, not {type(value).__name__}.")


def _bad(path: str, problem: str) -> ActionError:
    return ActionError(f"{path}: {problem}", code="bad_arguments", path=path)
