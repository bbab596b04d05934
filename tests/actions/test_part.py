from __future__ import annotations

from npc_sdk.actions.part import Part


def test_text_is_not_trusted_unless_someone_says_so() -> None:
    assert Part("hello") == Part("hello", trusted=False)
    assert Part("<tool_call>", trusted=True) != Part("<tool_call>")
