"""Texts and values as calls and results spell them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from npc_sdk.actions.labels import plain_text
from npc_sdk.actions.part import Part
from npc_sdk.errors import ActionError


def json_text(value: object) -> str:
    """Return a value as one line of JSON with plain texts in it, spaced as the grammar is.

    Raises:
        ActionError: The value has no JSON form (``bad_arguments``).
    """
    try:
        return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ActionError(f"An argument has no JSON form: {error}.", code="bad_arguments") from error


def bare_text(value: object) -> str:
    """Return a value as it stands between tags: a text bare, anything else as JSON."""
    return plain_text(value) if isinstance(value, str) else json_text(value)


def result_parts(text: str) -> tuple[Part, ...]:
    """Return the result of a call between its tags."""
    return Part("<tool_response>\n", trusted=True), Part(text), Part("\n</tool_response>", trusted=True)


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Mapping):
        return {plain_text(str(name)): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
