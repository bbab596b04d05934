"""What a fake engine answers with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Failure: TypeAlias = Literal["error", "crash", "silence"]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One scripted answer of the model.

    Args:
        text: What the character says. Tags in it reach the runtime as the model's own.
        calls: Actions after the text: name and arguments, as they would be spelled in the prompt.
        thought: Hidden reasoning before the text, for requests that opened a thought.
        wait_ms: Time before the first token, on the fake clock.
        failure: ``error`` ends this request with an error, ``crash`` takes the engine down with all
            its requests, ``silence`` never ends.
        after_tokens: Tokens before the failure; None is all of them.
    """

    text: str = ""
    calls: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    thought: str = ""
    wait_ms: float = 0.0
    failure: Failure | None = None
    after_tokens: int | None = None


ReplyLike: TypeAlias = "str | Reply"
Rule: TypeAlias = Callable[[str], ReplyLike]
Choice: TypeAlias = "str | Mapping[str, float]"


def act(name: str, /, **arguments: Any) -> Reply:
    """Return the reply that calls one action and says nothing."""
    return Reply(calls=((name, arguments),))


def say_and_act(text: str, name: str, /, **arguments: Any) -> Reply:
    """Return the reply that says something and calls one action."""
    return Reply(text=text, calls=((name, arguments),))


def as_reply(reply: ReplyLike) -> Reply:
    """Return a reply; plain text is what the character says."""
    return Reply(text=reply) if isinstance(reply, str) else reply


class Script:
    """Replies and choices waiting for each character. Not thread safe; owned by the fake engine."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._replies: dict[str, list[Reply]] = {}
        self._choices: dict[str, list[Choice]] = {}

    def add_replies(self, key: str, replies: Sequence[ReplyLike]) -> None:
        """Queue replies for a character."""
        self._replies.setdefault(key, []).extend(as_reply(reply) for reply in replies)

    def add_choices(self, key: str, choices: Sequence[Choice]) -> None:
        """Queue choices for a character."""
        self._choices.setdefault(key, []).extend(choices)

    def reply(self, sequence: str, prompt: str) -> Reply:
        """Take the next reply of the character whose prompt this is, or ask the rule."""
        for key in self._keys(self._replies, sequence, prompt):
            return self._replies[key].pop(0)
        return as_reply(self._rule(prompt))

    def choice(self, sequence: str, prompt: str) -> Choice | None:
        """Take the next choice of the character whose prompt this is."""
        for key in self._keys(self._choices, sequence, prompt):
            return self._choices[key].pop(0)
        return None

    @staticmethod
    def _keys(queues: Mapping[str, Sequence[object]], sequence: str, prompt: str) -> list[str]:
        own = sequence.partition("/")[0]
        named = [key for key in queues if key not in (own, "*") and f"You are {key}, " in prompt]
        return [key for key in (own, *named, "*") if queues.get(key)]
