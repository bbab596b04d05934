"""Dialect: how a family of models writes calls and reads results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from npc_sdk.actions.dialects.lark import TokenIds
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.part import Part
from npc_sdk.actions.schema import ActionSpec
from npc_sdk.actions.stream import StreamParser

OPENING: Final = "<tool_call>"
CLOSING: Final = "</tool_call>"
RESULT_TAGS: Final = ("<tool_response>", "</tool_response>")


class Dialect(Protocol):
    """How a family of models writes calls and reads results; stateless, safe to use from any thread.

    Attributes:
        name: Name of the dialect.
        trigger: The text that starts a call; from there on a model is constrained.
        tags: Texts of calls and results that are never speech, the trigger among them.
    """

    @property
    def name(self) -> str: ...
    @property
    def trigger(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...

    def tools(self, actions: Sequence[ActionSpec]) -> list[dict[str, Any]]:
        """Return the value of the chat template's ``tools`` variable."""
        ...

    def instructions(self, actions: Sequence[ActionSpec]) -> str:
        """Return actions and format in words, for templates that ignore ``tools``; "" without actions."""
        ...

    def render_call(self, name: str, arguments: Mapping[str, Any]) -> tuple[Part, ...]:
        """Return a call as the model writes it, from ``<tool_call>`` to ``</tool_call>``.

        Args:
            name: Name of the action.
            arguments: Its arguments, in declared order. Texts that could be taken for markup are
                spelled as their labels are.

        Raises:
            ActionError: A name cannot be used (``bad_name``) or a value has no JSON form (``bad_arguments``).
        """
        ...

    def render_result(self, text: str) -> tuple[Part, ...]:
        """Return the result of a call as the model reads it; the text may be anything."""
        ...

    def grammar(self, actions: Sequence[ActionSpec], vocabulary: Mapping[str, Labels], tokenizer: TokenIds) -> str:
        """Return the llguidance Lark grammar of all that may follow the trigger, closing tag included.

        Args:
            actions: The actions of this character.
            vocabulary: Labels of the live vocabularies; one that is missing has no values.
            tokenizer: Says which tags are one token.

        Returns:
            The grammar. An action is left out when it needs a value of an empty vocabulary; an optional
            argument is left out alone. "" when no action is left.
        """
        ...

    def parser(self, actions: Sequence[ActionSpec], vocabulary: Mapping[str, Labels]) -> StreamParser:
        """Return a parser for one reply, to be given the same actions and labels as the grammar."""
        ...
