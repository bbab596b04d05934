"""Who a character is: the value that a persona file holds."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainValidator
from pydantic_core import PydanticCustomError

from npc_sdk.persona.record import Part, Record
from npc_sdk.persona.shipped import Kind, shipped_names
from npc_sdk.persona.text import TextRule

DEFAULT_FALLBACK = ("Hm. Give me a moment.",)
MINIMUM_THINKING_TOKENS = 16
MAXIMUM_THINKING_TOKENS = 4096

Thinking = Literal["off", "on"] | int

_Line = Annotated[str, TextRule(limit=400, required=True)]


def _number(minimum: float, maximum: float) -> Any:
    return Field(strict=True, ge=minimum, le=maximum, allow_inf_nan=False)


def _count(minimum: int, maximum: int) -> Any:
    return Field(strict=True, ge=minimum, le=maximum)


def _fallback(lines: Any) -> Any:
    return DEFAULT_FALLBACK if lines in ([], ()) else lines


def _thinking(value: Any) -> Thinking:
    # YAML reads a bare off or on as a boolean.
    if isinstance(value, bool):
        return "on" if value else "off"
    if value == "off" or value == "on":
        return "on" if value == "on" else "off"
    mend = f'Write "off", "on", or a number of tokens from {MINIMUM_THINKING_TOKENS} to {MAXIMUM_THINKING_TOKENS}.'
    if not isinstance(value, int):
        context = {"problem": 'is neither "off" nor "on" nor a whole number', "mend": mend}
        raise PydanticCustomError("thinking_type", "{problem}", context)
    if not MINIMUM_THINKING_TOKENS <= value <= MAXIMUM_THINKING_TOKENS:
        context = {"problem": "is out of range", "mend": mend}
        raise PydanticCustomError("thinking_range", "{problem}", context)
    return value


class Example(Part):
    """One exchange that shows how the character talks.

    Args:
        player: What the player says.
        npc: What the character answers.
    """

    player: _Line
    npc: _Line


class PersonaSampling(Part):
    """How the next token is chosen.

    Args:
        temperature: Higher is more varied; 0 always takes the likeliest token.
        top_p: Keep the likeliest tokens up to this share of probability.
        top_k: Keep this many of the likeliest tokens; 0 keeps all.
        min_p: Drop tokens less likely than this share of the likeliest one.
        repeat_penalty: Above 1 makes repeated tokens less likely.
    """

    temperature: Annotated[float, _number(0, 2)] = 0.7
    top_p: Annotated[float, _number(0.01, 1)] = 0.95
    top_k: Annotated[int, _count(0, 1000)] = 40
    min_p: Annotated[float, _number(0, 1)] = 0.05
    repeat_penalty: Annotated[float, _number(0.5, 2)] = 1.05


class Limits(Part):
    """How much the character may say in one turn; whichever is reached first ends it.

    Args:
        sentences: Most sentences; counted anew when it goes on after the results of its actions.
        characters: Most characters.
        tokens: Most tokens.
    """

    sentences: Annotated[int, _count(1, 20)] = 3
    characters: Annotated[int, _count(20, 4000)] = 400
    tokens: Annotated[int, _count(8, 2048)] = 160


class Persona(Record):
    """Who a character is and how it talks; immutable, hashable, safe to share between threads.

    Args:
        name: What the character is called.
        role: What it is, in a few words: "the gate guard of Brackwater".
        description: More about it.
        voice: How it talks.
        knows: What it knows, one short plain sentence each.
        examples: Exchanges that show its manner.
        greeting: What it says first; empty for a character that waits.
        fallback: What it says when no answer came in time; never empty.
        sampling: How the next token is chosen.
        limits: How much it may say in one turn.
        thinking: Whether it may think before it speaks, or for how many tokens.
    """

    kind: ClassVar[Kind] = "persona"

    name: Annotated[str, TextRule(limit=64, required=True)]
    role: Annotated[str, TextRule(limit=200, required=True)]
    description: Annotated[str, TextRule(limit=2000, lines=True)] = ""
    voice: Annotated[str, TextRule(limit=400)] = ""
    knows: Annotated[tuple[Annotated[str, TextRule(limit=600, required=True)], ...], Field(max_length=64)] = ()
    examples: Annotated[tuple[Example, ...], Field(max_length=16)] = ()
    greeting: Annotated[str, TextRule(limit=400)] = ""
    fallback: Annotated[tuple[_Line, ...], Field(max_length=16), BeforeValidator(_fallback)] = DEFAULT_FALLBACK
    sampling: PersonaSampling = PersonaSampling()
    limits: Limits = Limits()
    thinking: Annotated[Thinking, PlainValidator(_thinking)] = "off"

    def fallback_line(self, index: int) -> str:
        """Return the fallback line for the index-th time one is needed; the lines take turns.

        Args:
            index: How many fallback lines the character has said before.
        """
        return self.fallback[index % len(self.fallback)]


def shipped_personas() -> tuple[str, ...]:
    """Return the names for :meth:`Persona.shipped`, sorted."""
    return shipped_names("persona")
