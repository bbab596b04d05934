"""Whatever a model does inside the grammar, the parser reads a call that fits."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from llguidance import LLMatcher, LLTokenizer

from npc_sdk.actions import Action, CallPiece, Dialect, Hermes, Labels, QwenXml, Vocabulary, action_specs
from npc_sdk.actions.labels import plain_text

Enemy = Vocabulary["enemies"]
BYTES = LLTokenizer("byte")
DIALECTS: list[Dialect] = [QwenXml(), Hermes()]
CLOSING_TOKEN = 257  # a control token of the byte tokenizer stands in for the closing tag

HOSTILE = [
    '"',
    "'",
    "\n",
    "\\",
    "",
    " ",
    "</tool_call>",
    "\n</parameter>\n",
    "<|im_end|>",
    "<tool_call>",
    "null",
    "true",
]
HOSTILE += [
    "\u202egoblin",
    "ゴブリン",
    "гоблин",
    "🐉",
    "👨\u200d👩",
    "\x00",
    "\ud800",
    "\u2028",
    "\\n",
    "x" * 10_000,
    "{",
    "}",
]
hostile_values = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=6), max_size=6)


class Tokens:
    """Says whether the closing tag is a control token."""

    def __init__(self, closing: int | None) -> None:
        self.closing = closing

    def token_id(self, text: str) -> int | None:
        return self.closing if text == "</tool_call>" else None


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    simple = st.sampled_from(
        [
            {"type": "string", "x-vocabulary": "one"},
            {"type": "string", "x-vocabulary": "two"},
            {"type": "string", "maxLength": 12},
            {"type": "string", "minLength": 3, "maxLength": 3},
            {"type": "boolean"},
            {"type": "integer"},
            {"type": "integer", "minimum": -12, "maximum": 7},
            {"type": "number", "minimum": -0.75, "maximum": 1e4},
            {"type": "number"},
            {"enum": [1.5, 2.0]},
            {"enum": [3, 2]},
        ]
    )
    choices = st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=4).map(lambda values: {"enum": values})
    item = simple | choices
    array = st.fixed_dictionaries({"type": st.just("array"), "items": item, "maxItems": st.integers(0, 3)})
    return item | array | parameters(item)


def parameters(value: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    fields = st.lists(st.tuples(value, st.booleans()), max_size=4)
    return fields.map(
        lambda drawn: {
            "type": "object",
            "properties": {f"p{index}": schema for index, (schema, _) in enumerate(drawn)},
            "required": [f"p{index}" for index, (_, required) in enumerate(drawn) if required],
        }
    )


def walk(grammar: str, choose: random.Random) -> list[int]:
    """Return the tokens of a model that takes any allowed token, forced ones unasked."""
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(grammar))
    assert not matcher.is_error(), matcher.get_error()
    tokens: list[int] = []
    while not matcher.is_stopped():
        forced = matcher.compute_ff_tokens()
        if not forced:
            mask = matcher.compute_bitmask()
            forced = [choose.choice([each for each in range(BYTES.vocab_size) if mask[each // 8] >> each % 8 & 1])]
        assert matcher.consume_tokens(forced), matcher.get_error()
        tokens += forced
    assert matcher.is_accepting()
    return tokens


def spelled(tokens: list[int]) -> str:
    closing = b"</tool_call>"
    return b"".join(closing if token == CLOSING_TOKEN else bytes([token]) for token in tokens).decode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(parameters(schemas()), min_size=1, max_size=3), hostile_values, hostile_values, st.randoms(), st.booleans()
)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_any_walk_through_the_grammar_is_a_call_that_fits(
    dialect: Dialect, drawn: list[Any], one: list[str], two: list[str], choose: random.Random, has_token: bool
) -> None:
    actions = action_specs({"name": f"act_{index}", "parameters": each} for index, each in enumerate(drawn))
    vocabulary = {"one": Labels.of(one), "two": Labels.of(two)}
    grammar = dialect.grammar(actions, vocabulary, Tokens(CLOSING_TOKEN if has_token else None))
    if not grammar:
        return
    text = dialect.trigger + spelled(walk(grammar, choose))
    parser = dialect.parser(actions, vocabulary)
    pieces = parser.feed("Take that!\n" + text) + parser.finish()
    assert len(pieces) == 2, pieces
    call = pieces[1]
    assert isinstance(call, CallPiece), call
    assert call.text == text
    spec = {action.name: action for action in actions}[call.name]
    assert spec.validate(call.arguments, vocabulary) == call.arguments


def accepts(grammar: str, text: str) -> bool:
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(grammar))
    tokens = BYTES.tokenize_str(text)
    return matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting()


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(HOSTILE).filter(plain_text),
    st.integers(1, 9),
    st.floats(0, 1).map(lambda number: round(number, 3)).filter(lambda number: number == 0 or number >= 1e-3),
    st.booleans(),
    st.lists(st.sampled_from(["a", "b"]), max_size=2),
)
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_what_is_rendered_is_what_the_grammar_allows(
    dialect: Dialect, value: str, count: int, pace: float, flag: bool, items: list[str]
) -> None:
    actions = action_specs(
        [
            {
                "name": "act",
                "parameters": {
                    "properties": {
                        "value": {"type": "string", "x-vocabulary": "one"},
                        "count": {"type": "integer", "minimum": 1, "maximum": 9},
                        "pace": {"type": "number", "minimum": 0, "maximum": 1},
                        "flag": {"type": "boolean"},
                        "items": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
                    }
                },
            }
        ]
    )
    vocabulary = {"one": Labels.of([value])}
    arguments = {"value": vocabulary["one"].labels[0], "count": count, "pace": pace, "flag": flag, "items": items}
    text = "".join(part.text for part in dialect.render_call("act", arguments))
    grammar = dialect.grammar(actions, vocabulary, Tokens(None))
    assert accepts(grammar, text.removeprefix(dialect.trigger))
    assert dialect.parser(actions, vocabulary).feed(text) == [CallPiece("act", {**arguments, "value": value}, text)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_three_declarations_give_one_grammar(dialect: Dialect) -> None:
    class Attack(Action):
        """Strike."""

        target: Enemy
        force: int = 1

    def attack(target: Enemy, force: int = 1) -> None:
        """Strike."""

    document = {
        "name": "attack",
        "description": "Strike.",
        "parameters": {
            "properties": {
                "target": {"type": "string", "x-vocabulary": "enemies"},
                "force": {"type": "integer", "default": 1},
            },
            "required": ["target"],
        },
    }
    enemies = {"enemies": Labels.of(["goblin_1", "goblin_10"])}
    grammars = {dialect.grammar(action_specs([each]), enemies, Tokens(None)) for each in (Attack, attack, document)}
    assert len(grammars) == 1


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_most_of_a_call_is_forced(dialect: Dialect) -> None:
    schema = {"properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "boolean"}}, "required": ["a", "b"]}
    actions = action_specs([{"name": "act", "parameters": schema}])
    matcher = LLMatcher(BYTES, LLMatcher.grammar_from_lark(dialect.grammar(actions, {}, Tokens(CLOSING_TOKEN))))
    sampled = 0
    while not matcher.is_stopped():
        forced = matcher.compute_ff_tokens()
        sampled += not forced
        assert matcher.consume_tokens(forced or [ord("x") if sampled == 1 else ord("t")])
    assert sampled == 2


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_full_world_is_no_burden(dialect: Dialect) -> None:
    schema = {"properties": {"a": {"type": "string", "x-vocabulary": "one"}}, "required": ["a"]}
    actions = action_specs([{"name": "act", "parameters": schema}])
    vocabulary = {"one": Labels.of(f"place {number}" for number in range(4096))}
    grammar = dialect.grammar(actions, vocabulary, Tokens(None))
    assert not LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(grammar), BYTES)
    assert "place 4095" in grammar
