"""Who speaks next: what each guest may do about a line, what the game thinks of it, and what comes of their wishes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from .guests import BY_KEY, GUESTS, PLAYER, others
from .words import relevance

ANSWER: Final = "answer"
SILENT: Final = "say nothing"
_ASK: Final = "ask {name}"
# How much the game's own opinion counts beside the model's.
RULES_WEIGHT: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """Somebody who is about to speak.

    Args:
        key: Who.
        question: What is put to them.
        asker: Who puts it.
    """

    key: str
    question: str
    asker: str


@dataclass(slots=True, kw_only=True)
class Round:
    """What becomes of one line: who answers it, and who adds to that.

    Args:
        question: What is to be answered.
        line: The same as it was said, names and all.
        asker: Who said it.
        to: Whom it was meant for; empty for the table.
        lines_left: How many answers there may still be.
        asks_left: How many times the table is still asked who wants to go on.
        queue: Who speaks next.
        answered: Who has spoken already.
        unheard: Who has not been told the line yet.
        last: What was answered last: by whom, and the words.
        is_denied: Whether the last one did not know.
    """

    question: str
    line: str
    asker: str
    to: str = ""
    lines_left: int
    asks_left: int
    queue: list[Next] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    last: tuple[str, str] | None = None
    is_denied: bool = False

    @property
    def is_players(self) -> bool:
        """Whether the player began it."""
        return self.asker == PLAYER

    @property
    def silent(self) -> tuple[str, ...]:
        """Who has not spoken in it."""
        return others(self.asker, *self.answered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a guest is asked about a line.

    Args:
        key: Who.
        situation: What has happened, in words.
        options: What it may do.
        worths: What the game thinks of each.
    """

    key: str
    situation: str
    options: tuple[str, ...]
    worths: tuple[float, ...]


def wishes(round: Round, names: Mapping[str, str], known: Mapping[str, frozenset[str]]) -> list[Wish]:
    """Return what is asked of everybody who has not spoken in a round yet.

    Args:
        round: Where it stands.
        names: Whole names by key.
        known: What each has on its card, as subjects.
    """
    return [_wish(round, key, names, known[key]) for key in round.silent]


def _wish(round: Round, key: str, names: Mapping[str, str], known: frozenset[str]) -> Wish:
    knows = relevance(round.question, known)
    asker = names.get(round.asker, "The player")
    if round.last is not None:
        speaker, words = round.last
        situation = f"{asker} asks: {round.question}\n{names[speaker]} says: {words}"
        answer, silence = (0.2 + 3.5 * knows, 1.5) if round.is_denied else (0.8 * knows, 2.5)
        return Wish(key=key, situation=situation, options=(ANSWER, SILENT), worths=(answer, silence))
    options, worths = [ANSWER, SILENT], [1.0 + 3.0 * knows, 1.2]
    for other in (guest for guest in GUESTS if guest.key in round.silent and guest.key != key):
        options.append(_ASK.format(name=other.short))
        worths.append(0.2 + 2.5 * relevance(round.question, other.trade) - 2.0 * knows)
    situation = f"{asker} asks the table: {round.question}"
    return Wish(key=key, situation=situation, options=tuple(options), worths=tuple(worths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What comes of the wishes.

    Args:
        speakers: Who answers, in this order.
        passing: Who passes the line on, and to whom; None when nobody does.
    """

    speakers: tuple[str, ...] = ()
    passing: tuple[str, str] | None = None


def outcome(
    round: Round, asked: Sequence[Wish], chosen: Mapping[str, str], known: Mapping[str, frozenset[str]]
) -> Outcome:
    """Return who speaks, by the rules of the table.

    Who knows something about it goes first. Two may answer the player's question to the table when both have
    something to say; one may add to an answer. A player's question does not stay in the air: when nobody wants
    it, it is passed on or falls to whom the game would ask.

    Args:
        round: Where it stands.
        asked: What was asked.
        chosen: The option of each, by key.
        known: What each has on its card, as subjects.
    """
    knowing = {wish.key: relevance(round.question, known[wish.key]) for wish in asked}
    willing = sorted((key for key in knowing if chosen.get(key) == ANSWER), key=lambda key: -knowing[key])
    if willing:
        many = 2 if round.is_players and round.last is None else 1
        able = [key for key in willing if knowing[key] > 0]
        return Outcome(speakers=tuple((able or willing[:1])[:many]))
    if round.last is not None or not asked:
        return Outcome()
    for wish in asked:
        target = _target(chosen.get(wish.key, ""))
        if target is not None:
            return Outcome(passing=(wish.key, target))
    if not round.is_players:
        return Outcome()
    return Outcome(speakers=(max(asked, key=lambda wish: wish.worths[0]).key,))


def passing_words(key: str, target: str, count: int) -> str:
    """Return how somebody passes a question on.

    Args:
        key: Who.
        target: To whom.
        count: How often anybody has done so; the words take turns.
    """
    lines = BY_KEY[key].passing
    return lines[count % len(lines)].format(name=BY_KEY[target].short)


def _target(option: str) -> str | None:
    return next((guest.key for guest in GUESTS if option == _ASK.format(name=guest.short)), None)
