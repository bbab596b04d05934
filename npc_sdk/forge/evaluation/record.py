"""What a character said, did and chose in an evaluation."""

from __future__ import annotations

from dataclasses import dataclass

from npc_sdk.forge.corpus.conversation import Call, Conversation, Decide, Expectation
from npc_sdk.persona import Persona


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One conversation of an evaluation, with a name that is its own."""

    name: str
    conversation: Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One answer and all that is needed to judge it.

    Args:
        case: Name of the conversation.
        step: Position of the step in it.
        persona: Who answered.
        has_actions: Whether the character can act.
        expectation: What is asked of the answer.
        line: What was said to the character; empty when it reacts to results.
        speaker: Who said it, when the game named somebody.
        known: Everything that the character could know, as text; its own answers are not part of it.
        text: What it said.
        calls: What it did.
        bad_calls: Calls that could not be read.
        source: ``model``, ``cut`` or ``fallback``, as in the turn's end.
        why: Why the turn ended.
    """

    case: str
    step: int
    persona: Persona
    has_actions: bool
    expectation: Expectation
    line: str
    known: str
    text: str
    speaker: str | None = None
    calls: tuple[Call, ...] = ()
    bad_calls: int = 0
    source: str = "model"
    why: str = "stop"

    @property
    def is_own(self) -> bool:
        """Whether the words are the model's and not a fallback line."""
        return self.source != "fallback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One decision.

    Args:
        case: Name of the conversation.
        step: Position of the step in it.
        asked: What was decided about.
        index: Position of the option that was chosen.
        source: ``model``, or ``fallback`` when the first option was taken without it.
        why: As in the decision.
    """

    case: str
    step: int
    asked: Decide
    index: int
    source: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of one conversation.

    Args:
        case: Name of the conversation.
        records: Answers and decisions, in order.
        problem: Code of the error that kept it from being played, or "".
    """

    case: str
    records: tuple[Heard | Chosen, ...]
    problem: str = ""
