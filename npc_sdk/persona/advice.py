"""What could be better in a persona or world that is otherwise fine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from npc_sdk.persona.persona import DEFAULT_FALLBACK, Persona
from npc_sdk.persona.position import FieldPath
from npc_sdk.persona.record import Record
from npc_sdk.persona.world import World

LONG_FACT_CHARACTERS = 300
LONG_RECORD_CHARACTERS = 8000
LONG_THINKING_TOKENS = 256

_CONTROL_TEXT = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|</?(?:think|tool_call|tool_response|function|parameter)\b[^<>]{0,60}>"
)
_TEMPLATE = re.compile(r"\{\{\s*\w{1,40}\s*\}\}")
_SPEAKER = re.compile(r"[ \t]*(?:player|npc)[ \t]*:", re.IGNORECASE)


class Advice(NamedTuple):
    """One thing that could be better: the field, what is odd, what to do, and a stable name."""

    path: FieldPath
    problem: str
    mend: str
    code: str


def persona_advice(persona: Persona) -> Iterator[Advice]:
    """Yield what could be better in a persona."""
    yield from _text_advice(persona)
    yield from _list_advice("knows", persona.knows)
    yield from _speaker_advice(persona)
    if persona.fallback == DEFAULT_FALLBACK:
        mend = "Add two or three lines in the character's own words, for when no answer came in time."
        yield Advice(("fallback",), "has no lines of its own, so a neutral one is used", mend, "no_fallback")
    yield from _thinking_advice(persona)


def world_advice(world: World) -> Iterator[Advice]:
    """Yield what could be better in a world."""
    yield from _text_advice(world)
    yield from _list_advice("facts", world.facts)


def _texts(value: object, path: FieldPath = ()) -> Iterator[tuple[FieldPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def _text_advice(record: Record) -> Iterator[Advice]:
    total = 0
    for path, text in _texts(record.to_dict()):
        total += len(text)
        control = _CONTROL_TEXT.search(text)
        if control is not None:
            problem = f'holds "{control.group()[:40]}", which looks like a control token of a model'
            yield Advice(path, problem, "It is kept as plain text; remove it if it is left over.", "control_text")
        template = _TEMPLATE.search(text)
        if template is not None:
            mend = "Write the name itself; nothing is filled in here."
            yield Advice(
                path, f'holds "{template.group()[:40]}", left over from a character card', mend, "template_text"
            )
    if total > LONG_RECORD_CHARACTERS:
        mend = "Shorten it: all of it takes room in the model's context and is read before the first word."
        yield Advice((), f"holds {total} characters of text", mend, "long_file")


def _list_advice(name: str, items: Sequence[str]) -> Iterator[Advice]:
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if len(item) > LONG_FACT_CHARACTERS:
            problem = f"has {len(item)} characters, more than {LONG_FACT_CHARACTERS}"
            yield Advice((name, index), problem, "Split it: one fact in one short sentence.", "long_fact")
        earlier = first.setdefault(" ".join(item.casefold().split()), index)
        if earlier != index:
            yield Advice(
                (name, index), f"says the same as {name}[{earlier}]", "Remove one of the two.", "duplicate_fact"
            )


def _speaker_advice(persona: Persona) -> Iterator[Advice]:
    own = f"{persona.name.casefold()}:"
    for index, example in enumerate(persona.examples):
        for field, text in (("player", example.player), ("npc", example.npc)):
            if _SPEAKER.match(text) or text.casefold().startswith(own):
                mend = "Remove it: the speaker's name is put there by itself."
                yield Advice(("examples", index, field), "begins with the speaker's name", mend, "speaker_in_example")


def _thinking_advice(persona: Persona) -> Iterator[Advice]:
    mend = 'Spoken lines seldom need it: write "off", or a small number of tokens such as 64.'
    if persona.thinking == "on":
        yield Advice(("thinking",), "has no bound, so the first word may come very late", mend, "long_thinking")
    elif isinstance(persona.thinking, int) and persona.thinking > LONG_THINKING_TOKENS:
        problem = f"allows {persona.thinking} tokens, all before the first word"
        yield Advice(("thinking",), problem, mend, "long_thinking")
