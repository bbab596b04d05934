"""One fact of a card: how the card states it, how players ask for it, how it is told, and how its lack is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.more_phrasings import more_questions, more_shapes
from npc_sdk.forge.corpus.split import Table, lines
from npc_sdk.forge.corpus.wording import stated, worded

_ARTICLES = ("the ", "a ", "an ")

MakeSlots = Callable[[Draw, str], dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKind:
    """A kind of fact with all its phrasings.

    ``make`` draws the slots; its second argument is a subject to look alike, or "". ``subject`` names the slot that
    questions ask for ("" when the question needs none; then a card holds at most one such fact). ``quoted`` names the
    slots that a right answer contains. Answers and denials are what the model learns to say, so both splits share them.
    """

    name: str
    make: MakeSlots
    shapes: Table
    questions: Table
    answers: tuple[str, ...]
    denials: tuple[str, ...]
    subject: str
    quoted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact with its words filled in; ``text`` is the line of the card."""

    kind: FactKind
    slots: Mapping[str, str]
    text: str

    @property
    def quotes(self) -> tuple[str, ...]:
        """What a right answer contains, without leading articles."""
        return tuple(self.slots[name].removeprefix("the ") for name in self.kind.quoted)


def draw_fact(draw: Draw, kind: FactKind, near: str = "") -> Fact:
    """Draw a fact of a kind.

    Args:
        draw: The conversation's randomness.
        kind: The kind of fact.
        near: A subject that the new one should look like, or "".
    """
    slots = kind.make(draw, near if draw.chance(0.8) else "")
    text = draw.pick(kind.shapes).format(**slots)
    # What is to be copied is spelled in one way.
    named = any(
        len(value) > 2 and text.startswith(value) and not value.startswith(_ARTICLES) for value in slots.values()
    )
    return Fact(kind=kind, slots=slots, text=text if named else text[0].upper() + text[1:])


def fact_kind(
    name: str,
    make: MakeSlots,
    *,
    shapes: str,
    questions: str,
    answers: str,
    denials: str,
    subject: str,
    quoted: tuple[str, ...],
) -> FactKind:
    """Build a kind from texts with one phrasing a line."""
    return FactKind(
        name=name,
        make=make,
        shapes=Table.lines(shapes).with_training((*more_shapes(name), *stated(name))),
        questions=Table.lines(questions).with_training(more_questions(name)).with_wordings(worded(name)),
        answers=lines(answers),
        denials=lines(denials),
        subject=subject,
        quoted=quoted,
    )
