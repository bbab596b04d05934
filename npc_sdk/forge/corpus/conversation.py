"""One training conversation as plain values, before it is rendered into text and tokens.

A conversation is a character card (world, persona, actions) and the steps that follow it. Nothing here knows
templates or tokens: the renderer turns every step into a message with ``npc_sdk.prompt`` and ``npc_sdk.actions``,
exactly as the runtime does. Loss belongs on replies and on the letters of decisions, nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from npc_sdk.actions.schema import ActionSpec
from npc_sdk.persona import Persona, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One action call in a reply, or one that evaluation expects."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the character says and does in one step.

    ``text`` is one line of speech and may be empty when there are calls; speech comes first, calls follow in order.
    ``cut_at`` is set when the player interrupted: only ``text[:cut_at]`` was heard, so only that part is history.
    A cut reply has no calls, and there is nothing to learn from the end token after the cut.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    cut_at: int | None = None

    @property
    def heard(self) -> str:
        """The part of the text that stays in history."""
        return self.text if self.cut_at is None else self.text[: self.cut_at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What evaluation asks of a fresh reply at this step.

    ``must_contain``: every one of these texts (compare case-insensitively). ``must_not_contain``: none of these.
    ``unknown``: the right answer is that the character does not know or has none; see ``unknown.says_unknown``.
    ``expected_calls``: None when calls are not looked at; () when no call is right. ``obeys``: for orders only.
    ``in_role``: the line tries to break the role. ``manner``: the name in ``manners``, or "" when none is asked.
    """

    intent: str
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    unknown: bool = False
    expected_calls: tuple[Call, ...] | None = ()
    obeys: bool | None = None
    in_role: bool = False
    manner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """The player (or a named speaker) says a line and the character replies."""

    line: str
    reply: Reply
    expectation: Expectation
    speaker: str | None = None
    observations: tuple[str, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The game reports what became of the calls of the step before, one text a call, and the character reacts."""

    texts: tuple[str, ...]
    reply: Reply
    expectation: Expectation


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """The character chooses one of 2 to 26 options.

    ``answer_index`` is the expert's choice; ``equal_indices`` holds every option of the same value, the answer too.
    """

    situation: str
    options: tuple[str, ...]
    answer_index: int
    equal_indices: tuple[int, ...]
    intent: str
    observations: tuple[str, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


Step: TypeAlias = "Say | Result | Decide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A card and its steps.

    ``kind`` groups examples for weights and for the loss report. ``entities`` lists every made-up or drawn name,
    place, good and faction, so that tests can show that the two splits share none.
    """

    kind: str
    persona: Persona
    steps: tuple[Step, ...]
    world: World | None = None
    actions: tuple[ActionSpec, ...] = ()
    entities: tuple[str, ...] = ()
