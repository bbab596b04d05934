from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.actions.calls import CallReader, found_action, read_json
from npc_sdk.actions.schema import action_spec
from npc_sdk.actions.stream import BadCall, CallPiece
from npc_sdk.errors import ActionError

WAIT = action_spec({"name": "wait", "parameters": {"properties": {"turns": {"type": "integer", "default": 1}}}})


def reader(name: str, arguments: dict[str, Any]) -> CallReader:
    return CallReader([WAIT], {}, ("<", ">"), lambda body, actions: (name, arguments))


def test_a_call_is_checked_and_shown_as_written() -> None:
    assert reader("wait", {"turns": 3})("body") == CallPiece("wait", {"turns": 3}, "<body>")
    assert reader("wait", {})("body") == CallPiece("wait", {"turns": 1}, "<body>")


def test_a_call_that_does_not_fit_is_bad() -> None:
    bad = reader("wait", {"turns": "x"})("body")
    assert bad == BadCall("<body>", "$.turns: Expected a number, not str.")
    assert reader("run", {})("body") == BadCall("<body>", "There is no action 'run'.")


def test_unknown_actions_are_refused() -> None:
    assert found_action({"wait": WAIT}, "wait") is WAIT
    with pytest.raises(ActionError) as caught:
        found_action({}, "wait")
    assert caught.value.code == "unknown_action"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"a": 1, "a": 2}', "NaN", "[-Infinity]", "1 2"])
def test_bad_json_is_refused(text: str) -> None:
    with pytest.raises(ActionError) as caught:
        read_json(text)
    assert caught.value.code == "bad_arguments"


def test_json_is_read() -> None:
    assert read_json('{"a": [1, 2.5, true, "é"]}') == {"a": [1, 2.5, True, "é"]}
