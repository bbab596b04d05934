from __future__ import annotations

import pytest

from npc_sdk.actions import Dialect, Hermes, QwenXml, dialect_for


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (None, "hermes"),
        ("", "hermes"),
        ("{{ messages }}", "hermes"),
        ("<tool_call>\n{'name': ...}</tool_call>", "hermes"),
        ("<tool_call>\n<function={{ name }}>", "qwen_xml"),
    ],
)
def test_the_template_chooses_the_dialect(template: str | None, name: str) -> None:
    assert dialect_for(template).name == name


@pytest.mark.parametrize("dialect", [QwenXml(), Hermes()])
def test_every_dialect_is_one(dialect: Dialect) -> None:
    assert dialect.trigger == "<tool_call>"
    assert dialect.instructions([]) == ""
    assert dialect.tools([]) == []
