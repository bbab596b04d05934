"""Turns the text of one call into a checked call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from npc_sdk.actions.labels import Labels, plain_text
from npc_sdk.actions.schema import ActionSpec
from npc_sdk.actions.stream import BadCall, CallPiece, bad_call
from npc_sdk.errors import ActionError

Split = Callable[[str, Mapping[str, ActionSpec]], tuple[str, dict[str, Any]]]


class CallReader:
    """Reads and checks the calls of one reply. Immutable, safe to use from any thread.

    Args:
        actions: The actions there are.
        vocabulary: Labels of the live vocabularies.
        tags: The texts around a call.
        split: Takes a call apart into name and raw arguments; raises :class:`ActionError`.
    """

    def __init__(
        self,
        actions: Sequence[ActionSpec],
        vocabulary: Mapping[str, Labels],
        tags: tuple[str, str],
        split: Split,
    ) -> None:
        self._actions = {action.name: action for action in actions}
        self._vocabulary = dict(vocabulary)
        self._tags = tags
        self._split = split

    def __call__(self, body: str) -> CallPiece | BadCall:
        """Return the call that stands between the tags, or what is wrong with it; never raises."""
        text = body.join(self._tags)
        try:
            name, raw = self._split(body, self._actions)
            arguments = found_action(self._actions, name).validate(raw, self._vocabulary)
        except ActionError as error:
            return bad_call(text, error.cause)
        return CallPiece(name, arguments, text)


def found_action(actions: Mapping[str, ActionSpec], name: str) -> ActionSpec:
    """Return an action by name, or raise :class:`ActionError` (``unknown_action``)."""
    if name not in actions:
        raise ActionError(f"There is no action {plain_text(name)[:80]!r}.", code="unknown_action")
    return actions[name]


def read_json(text: str) -> Any:
    """Return the value of a JSON text; repeated keys and numbers that are not finite are refused.

    Raises:
        ActionError: The text is no JSON (``bad_arguments``).
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ActionError("The call is no valid JSON.", code="bad_arguments") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("a key is repeated")
    return read


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
