"""The XML calls of Nemotron 3 and Qwen3-Coder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from npc_sdk.actions.calls import CallReader, found_action, read_json
from npc_sdk.actions.dialects.dialect import CLOSING, OPENING, RESULT_TAGS
from npc_sdk.actions.dialects.instructions import action_lines
from npc_sdk.actions.dialects.lark import LarkGrammar, TokenIds
from npc_sdk.actions.dialects.render import bare_text, result_parts
from npc_sdk.actions.dialects.tools import tool_list
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.part import Part
from npc_sdk.actions.reader import checked_name
from npc_sdk.actions.schema import ActionSpec
from npc_sdk.actions.stream import StreamParser
from npc_sdk.errors import ActionError

_FUNCTION, _FUNCTION_END = "<function=", "</function>"
_PARAMETER, _PARAMETER_END = "<parameter=", "\n</parameter>"

_INSTRUCTIONS = """\
# Actions

You can act with these actions:

{actions}

To act, write this and nothing after it, each value on its own line:

<tool_call>
<function=action>
<parameter=argument>
value
</parameter>
</function>
</tool_call>"""


@dataclass(frozen=True)
class QwenXml:
    """The dialect of Nemotron 3 and Qwen3-Coder; see :class:`Dialect`."""

    name: str = "qwen_xml"
    trigger: str = OPENING
    tags: tuple[str, ...] = (OPENING, CLOSING, *RESULT_TAGS, _FUNCTION, _FUNCTION_END, _PARAMETER, "</parameter>")

    def tools(self, actions: Sequence[ActionSpec]) -> list[dict[str, Any]]:
        """Return the value of the chat template's ``tools`` variable."""
        return tool_list(actions)

    def instructions(self, actions: Sequence[ActionSpec]) -> str:
        """Return actions and format in words; "" without actions."""
        return _INSTRUCTIONS.format(actions=action_lines(actions)) if actions else ""

    def render_call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Part, ...]:
        """Return a call as the model writes it; see :meth:`Dialect.render_call`."""
        literals = f"{OPENING}\n{_FUNCTION}{checked_name(name, 'name')}>\n"
        parts: list[Part] = []
        for argument, value in arguments.items():
            literals += f"{_PARAMETER}{checked_name(argument, 'argument')}>\n"
            parts += [Part(literals, trusted=True), Part(bare_text(value))]
            literals = f"{_PARAMETER_END}\n"
        return *parts, Part(f"{literals}{_FUNCTION_END}\n{CLOSING}", trusted=True)

    def render_result(self, text: str) -> tuple[Part, ...]:
        """Return the result of a call as the model reads it."""
        return result_parts(text)

    def grammar(self, actions: Sequence[ActionSpec], vocabulary: Mapping[str, Labels], tokenizer: TokenIds) -> str:
        """Return the grammar of all that may follow the trigger; see :meth:`Dialect.grammar`."""
        lark = LarkGrammar(vocabulary, tokenizer)
        calls = [call for call in (_call_expression(action, lark) for action in actions) if call is not None]
        if not calls:
            return ""
        start, end = lark.markup(f"\n{_FUNCTION}"), lark.markup(f"{_FUNCTION_END}\n{CLOSING}")
        return lark.source(f"{start} ({' | '.join(calls)}) {end}")

    def parser(self, actions: Sequence[ActionSpec], vocabulary: Mapping[str, Labels]) -> StreamParser:
        """Return a parser for one reply."""
        return StreamParser(OPENING, CLOSING, CallReader(actions, vocabulary, (OPENING, CLOSING), _split_call))


def _call_expression(action: ActionSpec, lark: LarkGrammar) -> str | None:
    expressions = [lark.markup(f"{action.name}>\n")]
    end = lark.markup(f"{_PARAMETER_END}\n")
    for parameter in action.parameters:
        value = lark.bare(parameter.value)
        if value is not None:
            start = lark.markup(f"{_PARAMETER}{parameter.name}>\n")
            argument = f"{start} {value} {end}"
            expressions.append(argument if parameter.required else f"({argument})?")
        elif parameter.required:
            return None
    return " ".join(expressions)


def _split_call(body: str, actions: Mapping[str, ActionSpec]) -> tuple[str, dict[str, Any]]:
    """Take a call apart; texts stay as they are, other values are read as JSON."""
    name, rest = _tag_name(body.strip(), _FUNCTION)
    kinds = {parameter.name: parameter.value.kind for parameter in found_action(actions, name).parameters}
    arguments: dict[str, Any] = {}
    start = 0
    while rest.startswith(_PARAMETER, start):
        opened = rest.find(">\n", start)
        ended = rest.find(_PARAMETER_END, opened + 1)
        if opened < 0 or ended < 0:
            raise _malformed("A parameter does not end.")
        argument = rest[start + len(_PARAMETER) : opened]
        if argument in arguments:
            raise _malformed("A parameter is given twice.")
        text = rest[opened + 2 : ended]
        arguments[argument] = text if kinds.get(argument, "string") == "string" else read_json(text)
        start = _next_tag(rest, ended + len(_PARAMETER_END))
    if rest[start:] != _FUNCTION_END:
        raise _malformed("The function does not end.")
    return name, arguments


def _tag_name(text: str, opening: str) -> tuple[str, str]:
    name, found, rest = text.removeprefix(opening).partition(">\n")
    if not found or not text.startswith(opening):
        raise _malformed("The function has no name.")
    return name, rest


def _next_tag(text: str, start: int) -> int:
    return start + 1 if text.startswith("\n", start) else start


def _malformed(problem: str) -> ActionError:
    return ActionError(problem, code="bad_arguments")
