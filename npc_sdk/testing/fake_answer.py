"""From a scripted reply to the tokens and scores that an engine would give out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from npc_sdk.actions import Part
from npc_sdk.actions.dialects import dialect_for
from npc_sdk.engine.request import EndReason, Request, Scored
from npc_sdk.testing.fake_tokenizer import FakeTokenizer
from npc_sdk.testing.reply import Choice, Reply

_PREFERRED = 0.9


def answer_tokens(reply: Reply, request: Request, tokenizer: FakeTokenizer) -> tuple[list[int], EndReason]:
    """Return the tokens of a reply within the limits of its request, and why they end."""
    tokens: list[int] = []
    if request.thinking is not None:
        tokens += tokenizer.encode(f"{reply.thought}\n{request.thinking.end}\n", special=True)
    text = _before_stop(reply.text, request.stop)
    tokens += tokenizer.encode(text, special=True)
    dialect = dialect_for(tokenizer.chat_template)
    for index, (name, arguments) in enumerate(reply.calls):
        if index or text:
            tokens += tokenizer.encode("\n", special=False)
        tokens += _part_tokens(dialect.render_call(name, arguments), tokenizer)
    tokens = tokens[len(request.generated) :]
    if len(tokens) > request.max_tokens:
        return tokens[: request.max_tokens], "length"
    return tokens, "stop"


def scored(request: Request, choice: Choice | None, prompt: str) -> Scored:
    """Return the scores of a decision: what was scripted, or the first option."""
    count = len(request.labels)
    options = (options_in(prompt) + [""] * count)[:count]
    if choice is None or isinstance(choice, str):
        best = options.index(choice) if choice in options else 0
        weights = [_PREFERRED if index == best else (1 - _PREFERRED) / max(1, count - 1) for index in range(count)]
    else:
        weights = [max(1e-9, float(choice.get(option, 0.0))) for option in options]
    total = sum(weights)
    return Scored(request.id, tuple(math.log(weight / total) for weight in weights))


def options_in(prompt: str) -> list[str]:
    """Return the options that the last decision of a prompt lists."""
    listed = prompt.rpartition("\nOptions:\n")[2].splitlines()
    options: list[str] = []
    for line in listed:
        label, dot, option = line.partition(". ")
        if not dot or label != chr(ord("A") + len(options)):
            break
        options.append(option)
    return options


def _before_stop(text: str, stops: Sequence[str]) -> str:
    for stop in stops:
        text = text.partition(stop)[0]
    return text


def _part_tokens(parts: Sequence[Part], tokenizer: FakeTokenizer) -> list[int]:
    return [token for part in parts for token in tokenizer.encode(part.text, special=part.trusted)]
