"""The exact wording of a prompt: pure functions from values to text, without tokens and without a template.

Everything here may come from players and modders. Their text is flattened so that it cannot imitate the
structure around it; that it cannot become a control token is the compiler's part.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING

from npc_sdk.errors import PromptError

if TYPE_CHECKING:
    from npc_sdk.actions import Labels
    from npc_sdk.persona import Persona, World

LINE_LIMIT = 8_192
SPEAKER_LIMIT = 64
SITUATION_LIMIT = 8_000
OPTION_LIMIT = 400
SILENCE = "..."
SEGMENT_BREAK = "\n\n"
OPTION_LABELS = tuple(ascii_uppercase)
ANSWER_LINE = "Answer with one letter."

# Zero-width, bidirectional, invisible-operator and tag characters: they show nothing and can hide instructions.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_BLANK_IN_LINE = re.compile(r"(?:[^\S\n]|[\x00-\x09\x0b-\x1f\x7f-\x9f])+")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")


def one_line(text: str, limit: int | None = LINE_LIMIT) -> str:
    """Return a text as one visible line.

    Line breaks, control characters and runs of blanks become one space; characters that show nothing
    (zero-width, bidirectional, tags) are removed.

    Args:
        text: Any text.
        limit: Most characters to keep, or None for no limit.
    """
    visible = _LONE_SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text))
    return _BLANK.sub(" ", visible).strip()[:limit].rstrip()


def block(text: str, limit: int | None = None) -> str:
    """Return a text of several lines, each cleaned like :func:`one_line`, without empty lines.

    Args:
        text: Any text.
        limit: Most characters to keep, or None for no limit.
    """
    visible = _LONE_SURROGATE.sub("\ufffd", _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text)))
    lines = (_BLANK_IN_LINE.sub(" ", line).strip() for line in visible.split("\n"))
    return "\n".join(line for line in lines if line)[:limit].rstrip()


def world_text(world: World) -> str:
    """Return the text of a world: name, setting and facts, without a trailing line break."""
    lines = [f"World: {one_line(world.name)}", block(world.setting)]
    return "\n".join(line for line in (*lines, *_bullets(world.facts)) if line)


def persona_text(persona: Persona) -> str:
    """Return the text of a persona, from "You are ..." to the rule on how to speak."""
    name, role = one_line(persona.name), one_line(persona.role).rstrip(".")
    voice = one_line(persona.voice, None)
    lines = [
        f"You are {name}, {role}." if role else f"You are {name}.",
        block(persona.description),
        f"Voice: {voice}" if voice else "",
        *_titled("You know:", _bullets(persona.knows)),
        *_titled("Examples:", _example_lines(persona)),
        f"Say only what {name} says, in one or two short sentences. If {name} does not know, {name} says so.",
    ]
    return "\n".join(line for line in lines if line)


def player_line(line: str, speaker: str | None = None, limit: int = LINE_LIMIT) -> str:
    """Return what the player said as it stands in a prompt; silence becomes three dots.

    Args:
        line: The player's words.
        speaker: The name of who speaks, when the game has several.
        limit: Most characters of the line to keep.
    """
    said = one_line(line, limit) or SILENCE
    name = one_line(speaker, SPEAKER_LIMIT) if speaker else ""
    return f"{name}: {said}" if name else said


def tail_pieces(observations: Sequence[str] = (), vocabulary: Mapping[str, Labels] | None = None) -> tuple[str, ...]:
    """Return the volatile tail in pieces whose concatenation is :func:`tail_text`.

    Every vocabulary value is a piece of its own, so that it has the same tokens here as in a tool call.
    Labels are safe by their own contract and stay exactly as the grammar spells them.
    """
    pieces: list[str] = []
    seen = _bullets(observations)
    if seen:
        pieces.append("\n".join(["Now:", *seen]) + "\n")
    for name, labels in (vocabulary or {}).items():
        if labels.labels:
            pieces.append(f"{one_line(name)}:\n")
            pieces.extend(piece for label in labels.labels for piece in (label, "\n"))
    if pieces:
        pieces[-1] += "\n"
    return tuple(pieces)


def tail_text(observations: Sequence[str] = (), vocabulary: Mapping[str, Labels] | None = None) -> str:
    """Return the volatile tail that stands in front of a player's line, or "" when there is none.

    Args:
        observations: Short texts on what the npc notices now.
        vocabulary: The live values that the npc's actions may name, by vocabulary.
    """
    return "".join(tail_pieces(observations, vocabulary))


def options_text(situation: str, options: Sequence[str]) -> str:
    """Return the question of a decision: the situation and its lettered options.

    Args:
        situation: What the npc decides about; may have several lines.
        options: Two to twenty-six choices.

    Raises:
        PromptError: ``bad_options`` when there are too few, too many, or an empty one.
    """
    choices = [one_line(option, OPTION_LIMIT) for option in options]
    if not 2 <= len(choices) <= len(OPTION_LABELS) or not all(choices):
        raise PromptError(
            f"A decision takes 2 to {len(OPTION_LABELS)} options with text; it was given {len(choices)}.",
            "Group the choices, or ask in two decisions.",
            code="bad_options",
            options=len(choices),
            empty=[index for index, choice in enumerate(choices) if not choice],
        )
    lettered = (f"{label}. {choice}" for label, choice in zip(OPTION_LABELS, choices, strict=False))
    return "\n".join(line for line in (block(situation, SITUATION_LIMIT), "Options:", *lettered, ANSWER_LINE) if line)


def _bullets(items: Sequence[str]) -> list[str]:
    return [f"- {text}" for text in (one_line(item) for item in items) if text]


def _titled(title: str, lines: Sequence[str]) -> list[str]:
    return [title, *lines] if lines else []


def _example_lines(persona: Persona) -> list[str]:
    name = one_line(persona.name)
    return [
        line
        for example in persona.examples
        for line in (f"Player: {one_line(example.player)}", f"{name}: {one_line(example.npc)}")
    ]
