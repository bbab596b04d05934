from __future__ import annotations

import pytest

from npc_sdk.actions.dialects.lark import LarkGrammar, literal
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.values import Parameter, ValueSchema

GOOD = ValueSchema(kind="string", vocabulary="goods")
FLAG = ValueSchema(kind="boolean")


class Tokens:
    """A tokenizer in which only these texts are one token."""

    def __init__(self, ids: dict[str, int] | None = None) -> None:
        self.ids = ids or {}

    def token_id(self, text: str) -> int | None:
        return self.ids.get(text)


def test_texts_are_quoted() -> None:
    assert literal('a"\\\n') == '"a\\"\\\\\\n"'


def test_a_tag_is_its_token_where_it_has_one() -> None:
    text = "\n</parameter>\n</function>\n</tool_call>"
    assert LarkGrammar({}, Tokens()).markup(text) == literal(text)
    tokens = Tokens({"</parameter>": 7, "</tool_call>": 9})
    assert LarkGrammar({}, tokens).markup(text) == r'"\n" <[7]> "\n</function>\n" <[9]>'


def test_only_tags_are_named_by_token() -> None:
    assert LarkGrammar({}, Tokens({"attack": 7, "\n": 8})).markup("attack\n") == r'"attack\n"'


def test_equal_values_share_a_terminal() -> None:
    lark = LarkGrammar({}, Tokens())
    assert lark.json(FLAG) == lark.bare(FLAG) == "V0"
    assert lark.source("V0") == '%llguidance {}\nstart: V0\nV0: "true" | "false"\n'


def test_closed_texts_are_their_labels() -> None:
    lark = LarkGrammar({"goods": Labels.of(["a\nb"])}, Tokens())
    assert lark.bare(GOOD) == '"a b"'
    assert lark.json(GOOD) == r'"\"a b\""'
    assert lark.json(ValueSchema(kind="integer", choices=(7,))) == '"7"'


@pytest.mark.parametrize(
    ("value", "expression"),
    [
        (GOOD, None),
        (ValueSchema(kind="array", items=GOOD), '"[]"'),
        (ValueSchema(kind="array", items=GOOD, min_items=1), None),
        (ValueSchema(kind="array", items=FLAG, max_items=0), '"[]"'),
        (ValueSchema(kind="object"), '"{}"'),
        (ValueSchema(kind="object", properties=(Parameter(name="x", value=GOOD),)), None),
        (
            ValueSchema(
                kind="object", properties=(Parameter(name="x", value=GOOD, required=False, default_json="null"),)
            ),
            '"{}"',
        ),
    ],
)
def test_without_values_there_is_no_expression(value: ValueSchema, expression: str | None) -> None:
    assert LarkGrammar({}, Tokens()).json(value) == expression


@pytest.mark.parametrize(
    ("least", "most", "expression"),
    [
        (0, 1, '"[" (V0)? "]"'),
        (1, 1, '"[" V0 "]"'),
        (0, 3, '"[" (V0 (", " V0){0,2})? "]"'),
        (2, 3, '"[" V0 (", " V0){1,2} "]"'),
    ],
)
def test_lists_have_their_limits(least: int, most: int, expression: str) -> None:
    value = ValueSchema(kind="array", items=FLAG, min_items=least, max_items=most)
    assert LarkGrammar({}, Tokens()).json(value) == expression
