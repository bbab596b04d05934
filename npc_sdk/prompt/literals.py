"""Takes a chat template apart into the literals that stand around contents.

A prompt must be built piece by piece: each piece has its own tokens, and what a player wrote must not be read
as template text. So the template is rendered once with marker words as contents; what stands between them are its
literals. Longer conversations then show whether literals and contents put together equal what it renders.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from npc_sdk.errors import PromptError
from npc_sdk.prompt.text import SEGMENT_BREAK

Message = Mapping[str, Any]
Tools = Sequence[Mapping[str, Any]]
ToolsPlace = Literal["after", "before"]

CALL_END = "</tool_call>"
SYSTEM, ANSWER, CALL_NAME, RESULT, OTHER_RESULT = (
    f"qz{word}zq" for word in ("system", "answer", "callname", "result", "otherresult")
)
USERS = tuple(f"qzuser{number}zq" for number in ("one", "two", "three"))
PROBE_TOOLS: Tools = (
    {
        "type": "function",
        "function": {
            "name": "probe",
            "description": "Probe.",
            "parameters": {"type": "object", "properties": {"target": {"type": "string"}}, "required": ["target"]},
        },
    },
)


class Render(Protocol):
    """Renders messages with the template that is taken apart."""

    def __call__(
        self, messages: Sequence[Message], *, tools: Tools = (), thinking: bool = False, generation: bool = False
    ) -> str: ...


class NotComposableError(Exception):
    """Raised when a template does not put the same literals around every content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TurnLiterals:
    """The literals of the turns of a conversation.

    Attributes:
        has_system_role: False when the system text stands at the start of the first user message.
        system_head: In front of the system text, when there are no tools.
        system_tail: After it, when there are no tools.
        first_user_head: In front of the first user text; empty where the system literals already open its message.
        user_head: In front of any later user text.
        user_tail: After a user text.
        assistant_head: In front of an answer, in the form that it has in the history.
        assistant_tail: After an answer.
        generation: What makes the model answer at once.
        thinking_generation: What makes it think first; equal to ``generation`` where it cannot be asked to.
    """

    has_system_role: bool
    system_head: str
    system_tail: str
    first_user_head: str
    user_head: str
    user_tail: str
    assistant_head: str
    assistant_tail: str
    generation: str
    thinking_generation: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultLiterals:
    """The literals of calls and their results.

    Attributes:
        call_tail: Between the end of a call and the end of the answer that makes it.
        result_head: In front of the result of a call, its message included.
        result_between: Between two results of one answer.
        result_tail: After the last result.
    """

    call_tail: str
    result_head: str
    result_between: str
    result_tail: str


def user(text: str) -> Message:
    """Return a user message."""
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    """Return an assistant message."""
    return {"role": "assistant", "content": text}


def split_at(text: str, markers: Sequence[str]) -> list[str]:
    """Return what stands around the markers, which must occur once each and in order.

    Raises:
        NotComposableError: When one does not.
    """
    pieces = []
    for marker in markers:
        before, found, text = text.partition(marker)
        if not found or marker in text:
            raise NotComposableError("it does not show each message once and in order")
        pieces.append(before)
    return [*pieces, text]


def turn_literals(render: Render) -> TurnLiterals:
    """Return the literals of a template's turns, checked against longer conversations.

    Raises:
        NotComposableError: When literals and contents do not add up to what the template renders.
        PromptError: When the template fails on a plain conversation.
    """
    opening = _opening(render)
    talk = [*opening, user(USERS[0]), assistant(ANSWER), user(USERS[1])]
    markers = [message["content"] for message in talk]
    prompt = render(talk, generation=True)
    *before, between_one, between_two, asked = split_at(prompt, markers)
    user_tail = _common(split_at(render(talk), markers)[-1], asked)
    generation = _suffix(asked, user_tail)
    assistant_tail = _common(split_at(render(talk[:-1]), markers[:-1])[-1], between_two)
    user_head = _suffix(between_two, assistant_tail)
    system_head, system_tail, first_user_head = _system_literals(before, user_head)
    literals = TurnLiterals(
        has_system_role=bool(opening),
        system_head=system_head,
        system_tail=system_tail,
        first_user_head=first_user_head,
        user_head=user_head,
        user_tail=user_tail,
        assistant_head=_suffix(between_one, user_tail),
        assistant_tail=assistant_tail,
        generation=generation,
        thinking_generation=_thinking_generation(render, talk, prompt.removesuffix(generation), generation),
    )
    check(render, literals)
    return literals


def system_parts(render: Render, literals: TurnLiterals, tools: Tools) -> tuple[str, str]:
    """Return the literals around the system text when the template shows these tools.

    Raises:
        NotComposableError: When the tools do not stand around the system text.
        PromptError: When the template fails on them.
    """
    opening = [{"role": "system", "content": SYSTEM}] if literals.has_system_role else []
    talk = [*opening, user(USERS[0])]
    rendered = render(talk, tools=tools, generation=True)
    *before, asked = split_at(rendered, [message["content"] for message in talk])
    if asked != literals.user_tail + literals.generation:
        raise NotComposableError("it shows tools after the player's words")
    if not opening:
        return before[0], SEGMENT_BREAK
    if not before[1].endswith(literals.first_user_head):
        raise NotComposableError("it shows tools inside the player's message")
    return before[0], before[1].removesuffix(literals.first_user_head)


def check(render: Render, literals: TurnLiterals, tools: Tools = ()) -> None:
    """Compare composed with rendered conversations.

    Raises:
        NotComposableError: When one differs.
    """
    head, tail = system_parts(render, literals, tools) if tools else (literals.system_head, literals.system_tail)
    opening = [{"role": "system", "content": SYSTEM}] if literals.has_system_role else []
    for count in (1, 2, 3):
        said = [turn for text in USERS[:count] for turn in (user(text), assistant(ANSWER + text))][:-1]
        start = head + SYSTEM + tail if opening else head
        for thinking in {False, literals.thinking_generation != literals.generation}:
            rendered = render([*opening, *said], tools=tools, thinking=thinking, generation=True)
            if rendered != start + _composed(literals, said, thinking):
                raise NotComposableError("its literals change with the length of the conversation")


def result_literals(render: Render, literals: TurnLiterals) -> ResultLiterals | None:
    """Return the literals of calls and results, or None where the template shows none."""
    if not literals.assistant_tail:
        return None
    call = {"function": {"name": CALL_NAME, "arguments": {"target": "x"}}, "type": "function", "id": "call00001"}
    opening = [{"role": "system", "content": SYSTEM}] if literals.has_system_role else []
    talk = [
        *opening,
        user(USERS[0]),
        {"role": "assistant", "content": ANSWER, "tool_calls": [call]},
        {"role": "tool", "name": CALL_NAME, "tool_call_id": "call00001", "content": RESULT},
        {"role": "tool", "name": CALL_NAME, "tool_call_id": "call00001", "content": OTHER_RESULT},
        assistant("done"),
        user(USERS[1]),
    ]
    try:
        rendered = render(talk, tools=PROBE_TOOLS)
        _, answer, between, rest = split_at(rendered, [ANSWER, RESULT, OTHER_RESULT])
        _, found, after_call = answer.rpartition(CALL_END)
        call_tail, closed, result_head = after_call.partition(literals.assistant_tail)
        result_tail, answered, _ = rest.partition(literals.assistant_head + "done")
    except (NotComposableError, PromptError):
        return None
    if not (found and closed and answered) or call_tail.strip() or CALL_NAME in result_head:
        return None
    return ResultLiterals(call_tail=call_tail, result_head=result_head, result_between=between, result_tail=result_tail)


def _opening(render: Render) -> list[Message]:
    opening: list[Message] = [{"role": "system", "content": SYSTEM}]
    try:
        return opening if SYSTEM in render([*opening, user(USERS[0])]) else []
    except PromptError:
        return []


def _system_literals(before: Sequence[str], user_head: str) -> tuple[str, str, str]:
    if len(before) == 1:
        return before[0], SEGMENT_BREAK, ""
    head, tail = before
    if tail.endswith(user_head):
        return head, tail.removesuffix(user_head), user_head
    return head, tail, ""


def _thinking_generation(render: Render, talk: Sequence[Message], before: str, generation: str) -> str:
    try:
        return _suffix(render(talk, thinking=True, generation=True), before)
    except (PromptError, NotComposableError):
        return generation


def _composed(literals: TurnLiterals, said: Sequence[Message], thinking: bool) -> str:
    text = ""
    for index, message in enumerate(said):
        if message["role"] == "assistant":
            text += literals.assistant_head + message["content"] + literals.assistant_tail
        else:
            head = literals.user_head if index else literals.first_user_head
            text += head + message["content"] + literals.user_tail
    return text + (literals.thinking_generation if thinking else literals.generation)


def _common(ending: str, going_on: str) -> str:
    """Return what closes a message, whether the conversation ends or goes on after it."""
    if going_on.startswith(ending):
        return ending
    # Half a tag is not common.
    return re.sub(r"<[^<>]*$", "", os.path.commonprefix([ending, going_on]))


def _suffix(text: str, prefix: str) -> str:
    if not text.startswith(prefix):
        raise NotComposableError("it does not close a message in one way")
    return text[len(prefix) :]
