"""The JSON calls of Hermes, Qwen and many others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from npc_sdk.actions.calls import CallReader, read_json
from npc_sdk.actions.dialects.dialect import CLOSING, OPENING, RESULT_TAGS
from npc_sdk.actions.dialects.instructions import action_lines
from npc_sdk.actions.dialects.lark import LarkGrammar, TokenIds, literal
from npc_sdk.actions.dialects.render import json_text, result_parts
from npc_sdk.actions.dialects.tools import tool_list
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.part import Part
from npc_sdk.actions.reader import checked_name
from npc_sdk.actions.schema import ActionSpec
from npc_sdk.actions.stream import StreamParser
from npc_sdk.errors import ActionError

_NAME, _ARGUMENTS = '{"name": "', '", "arguments": '

_INSTRUCTIONS = """\
# Actions

You can act with these actions:

{actions}

To act, write this and nothing after it:

<tool_call>
{{"name": "action", "arguments": {{"argument": "value"}}}}
</tool_call>"""


@dataclass(frozen=True)
class Hermes:
    """The dialect of Hermes, Qwen and unknown models; see :class:`Dialect`."""

    name: str = "hermes"
    trigger: str = OPENING
    tags: tuple[str, ...] = (OPENING, CLOSING, *RESULT_TAGS)

    def tools(self, actions: Sequence[ActionSpec]) -> list[dict[str, Any]]:
        """Return the value of the chat template's ``tools`` variable."""
        return tool_list(actions)

    def instructions(self, actions: Sequence[ActionSpec]) -> str:
        """Return actions and format in words; "" without actions."""
        return _INSTRUCTIONS.format(actions=action_lines(actions)) if actions else ""

    def render_call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Part, ...]:
        """Return a call as the model writes it; see :meth:`Dialect.render_call`."""
        literals = f"{OPENING}\n{_NAME}{checked_name(name, 'name')}{_ARGUMENTS}{{"
        parts: list[Part] = []
        for argument, value in arguments.items():
            literals += f'"{checked_name(argument, "argument")}": '
            parts += [Part(literals, trusted=True), Part(json_text(value))]
            literals = ", "
        return *parts, Part(f"{'' if parts else literals}}}}}\n{CLOSING}", trusted=True)

    def render_result(self, text: str) -> tuple[Part, ...]:
        """Return the result of a call as the model reads it."""
        return result_parts(text)

    def grammar(self, actions: Sequence[ActionSpec], vocabulary: Mapping[str, Labels], tokenizer: TokenIds) -> str:
        """Return the grammar of all that may follow the trigger; see :meth:`Dialect.grammar`."""
        lark = LarkGrammar(vocabulary, tokenizer)
        objects = [(action.name, lark.object(action.parameters)) for action in actions]
        calls = [f"{literal(name + _ARGUMENTS)} {each}" for name, each in objects if each is not None]
        if not calls:
            return ""
        start, end = literal(f"\n{_NAME}"), lark.markup(f"}}\n{CLOSING}")
        return lark.source(f"{start} ({' | '.join(calls)}) {end}")

    def parser(self, actions: Sequence[ActionSpec], vocabulary: Mapping[str, Labels]) -> StreamParser:
        """Return a parser for one reply."""
        return StreamParser(OPENING, CLOSING, CallReader(actions, vocabulary, (OPENING, CLOSING), _split_call))


def _split_call(body: str, actions: Mapping[str, ActionSpec]) -> tuple[str, dict[str, Any]]:
    call = read_json(body)
    if not isinstance(call, dict) or call.keys() != {"name", "arguments"}:
        raise _malformed("A call has 'name' and 'arguments'.")
    if not isinstance(call["name"], str) or not isinstance(call["arguments"], dict):
        raise _malformed("The name must be a text, the arguments an object.")
    return call["name"], call["arguments"]


def _malformed(problem: str) -> ActionError:
    return ActionError(problem, code="bad_arguments")
