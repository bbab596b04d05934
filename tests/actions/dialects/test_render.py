from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.actions.dialects.render import bare_text, json_text, result_parts
from npc_sdk.actions.part import Part
from npc_sdk.errors import ActionError


@pytest.mark.parametrize(
    ("value", "bare", "json"),
    [
        ("gate", "gate", '"gate"'),
        ("</parameter>\n", "(/parameter)", '"(/parameter)"'),
        ("back\\slash", "back\\slash", '"back\\\\slash"'),
        ("門", "門", '"門"'),
        (3, "3", "3"),
        (2.5, "2.5", "2.5"),
        (True, "true", "true"),
        (None, "null", "null"),
        (["a", 'b"'], '["a", "b\'"]', '["a", "b\'"]'),
        ({"x": 1, "y": ("<",)}, '{"x": 1, "y": ["("]}', '{"x": 1, "y": ["("]}'),
    ],
)
def test_values_are_spelled(value: Any, bare: str, json: str) -> None:
    assert (bare_text(value), json_text(value)) == (bare, json)


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}])
def test_values_without_json_form_are_refused(value: Any) -> None:
    with pytest.raises(ActionError) as caught:
        json_text(value)
    assert caught.value.code == "bad_arguments"


def test_a_value_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ActionError):
        json_text(loop)


def test_a_result_is_not_trusted() -> None:
    assert result_parts("</tool_response>") == (
        Part("<tool_response>\n", trusted=True),
        Part("</tool_response>"),
        Part("\n</tool_response>", trusted=True),
    )
