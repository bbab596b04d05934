"""The examples of docs/actions.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import npc_sdk.actions
from npc_sdk.actions import reader, schema, vocabulary
from npc_sdk.actions.values import DEFAULT_ITEMS, DEFAULT_TEXT_CHARACTERS

PAGE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 8
    names: dict[str, Any] = {"__name__": "actions_page"}
    for block in blocks:
        exec(compile(block, "docs/actions.md", "exec", dont_inherit=True), names)


def test_the_limits_are_those_of_the_code() -> None:
    sizes = (
        f"{reader.MAX_DEPTH} levels, {reader.MAX_PROPERTIES} fields in an object, {reader.MAX_CHOICES} choices or "
        f"values, {reader.MAX_ITEMS} items, {reader.MAX_TEXT_CHARACTERS:,} characters"
    )
    assert sizes in PAGE
    assert reader.MAX_VALUES == reader.MAX_CHOICES
    assert f"more than {schema.MAX_ACTIONS} |" in PAGE
    assert f"at most {vocabulary.MAX_VALUES:,} values" in PAGE
    assert f"{DEFAULT_TEXT_CHARACTERS} characters unless" in PAGE
    assert f"{DEFAULT_ITEMS} items unless" in PAGE


def test_every_public_name_exists() -> None:
    for name in npc_sdk.actions.__all__:
        assert getattr(npc_sdk.actions, name)
    assert npc_sdk.actions.__all__ == sorted(npc_sdk.actions.__all__, key=lambda name: (name.islower(), name))
