from __future__ import annotations

from npc_sdk.actions.dialects.dialect import CLOSING, OPENING


def test_the_tags_are_those_that_models_learned() -> None:
    assert (OPENING, CLOSING) == ("<tool_call>", "</tool_call>")
