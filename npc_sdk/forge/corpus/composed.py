"""Phrases put together at random, so that they have to be read: a phrase from a short table is soon known by heart.

With tables alone a model names what it has met most often beside such words, and takes a phrase that it has never met
for none at all. Sense is not needed: a model that copies "three bends past the hollow goat" also copies "behind the
mill". All functions take the generator of the conversation and draw from it alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from npc_sdk.forge.corpus.word_pool import (
    COUNTS,
    DIRECTIONS,
    MEASURES,
    NOUNS,
    QUALITIES,
    TIMES,
    TRADES,
    VERBS,
)

_T = TypeVar("_T")


def _pick(rng: random.Random, words: Sequence[_T]) -> _T:
    return words[int(rng.random() * len(words))]


def thing(rng: random.Random) -> str:
    """Return a noun without its article: "goat", "hollow goat", "goat bridge", "hollow goat bridge"."""
    words = [_pick(rng, NOUNS)]
    if rng.random() < 0.25:
        words.append(_pick(rng, NOUNS))
    if rng.random() < 0.45:
        words.insert(0, _pick(rng, QUALITIES))
    return " ".join(words)


def things(rng: random.Random) -> str:
    """Return a noun in the plural, as :func:`thing`."""
    words = thing(rng).split(" ")
    last = words[-1]
    if last.endswith(("s", "x", "z", "ch", "sh")):
        return " ".join([*words, "things"])
    end = last[:-1] + "ies" if last[-1] == "y" and last[-2] not in "aeiou" else last + "s"
    return " ".join([*words[:-1], end])


def one(rng: random.Random) -> str:
    """Return a noun with an article that begins it."""
    noun = thing(rng)
    return with_article(noun) if rng.random() < 0.5 else f"the {noun}"


def state(rng: random.Random) -> str:
    """Return how something or somebody is: "pale", "pale and noisy", "pale as a goat"."""
    roll, word = rng.random(), _pick(rng, QUALITIES)
    if roll < 0.5:
        return word
    if roll < 0.75:
        return f"{word} and {_pick(rng, QUALITIES)}"
    return f"{word} as a {_pick(rng, NOUNS)}" if roll < 0.9 else f"too {word}"


def where(rng: random.Random) -> str:
    """Return where something is: "three bends past the hollow goat"."""
    roll = rng.random()
    if roll < 0.15:
        return f"between {landmark(rng)} and {landmark(rng)}"
    place = f"{_pick(rng, DIRECTIONS)} {landmark(rng)}"
    return f"{_pick(rng, COUNTS)} {_pick(rng, MEASURES)} {place}" if roll < 0.4 else place


def hour(rng: random.Random) -> str:
    """Return a time of day: "ten minutes before the seventh bell", "the hour of the goat"."""
    roll = rng.random()
    if roll < 0.4:
        return f"the hour of the {thing(rng)}"
    if roll < 0.7:
        return f"{_pick(rng, COUNTS)} minutes {'past' if roll < 0.55 else 'to'} {_pick(rng, COUNTS)}"
    return f"the {_pick(rng, _ORDINALS)} {_pick(rng, ('bell', 'hour', 'watch', 'gong', _pick(rng, NOUNS)))}"


_ORDINALS = tuple("first second third fourth fifth sixth seventh eighth ninth tenth".split())


def role(rng: random.Random) -> str:
    """Return a trade: "goat polisher", "pale rope tamer"."""
    return " ".join((thing(rng), _pick(rng, TRADES)))


def action(rng: random.Random, name: str = "") -> str:
    """Return what somebody does or did, beginning with the verb; a name or a good may stand in it."""
    return _sentence(rng, _pick(rng, _pick(rng, VERBS)[1:]), name if rng.random() < 0.7 else "")


def task(rng: random.Random, name: str) -> str:
    """Return what somebody is to do, beginning with the verb after "to"; the name stands in it."""
    return _sentence(rng, _pick(rng, VERBS)[0], name)


def verb_and_noun(rng: random.Random) -> tuple[str, str]:
    """Return a verb as after "to", and a noun: what an action can be called after."""
    return _pick(rng, VERBS)[0], _pick(rng, NOUNS)


def _sentence(rng: random.Random, verb: str, name: str) -> str:
    thing_there, roll = one(rng), rng.random()
    if roll < 0.35:
        return f"{verb} {name or thing_there}"
    if roll < 0.5:
        return f"{verb} {name or thing_there} {_pick(rng, TIMES)}"
    if roll < 0.65:
        return f"{verb} {name or thing_there} {where(rng)}"
    return f"{verb} {thing_there} {_pick(rng, _LINKS)} {name or one(rng)}"


_LINKS = ("with", "for", "from", "at", "without", "near", "against", "of", "in", "to")


def rumour(rng: random.Random, subject: str, key: str) -> str:
    """Return what is told of a subject, a whole sentence with the key in it."""
    return f"{subject} {_sentence(rng, _pick(rng, _pick(rng, VERBS)[1:]), key)}"


def secret(rng: random.Random, key: str) -> str:
    """Return a sentence with the key in it: "I burned Ama behind the mill", "the pale goat watches Ama"."""
    verbs = _pick(rng, VERBS)
    roll = rng.random()
    if roll < 0.3:
        return f"I {_sentence(rng, verbs[_pick(rng, (0, 2))], key)}"
    if roll < 0.65:
        return f"{landmark(rng)} {_sentence(rng, _pick(rng, verbs[1:]), key)}"
    return f"{landmark(rng)} {_pick(rng, _RESTS)} {_pick(rng, DIRECTIONS)} {key}"


_RESTS = ("is", "was", "lies", "stands", "waits", "sleeps")


def trouble(rng: random.Random) -> str:
    """Return why something does not work: "the goat is too pale"."""
    return f"{landmark(rng)} is {state(rng)}"


def illness(rng: random.Random) -> str:
    """Return something to be cured of: "pale goat fever"."""
    return f"{thing(rng)} {_pick(rng, ('fever', 'ache', 'pox', 'rash', 'itch', 'sickness'))}"


def landmark(rng: random.Random) -> str:
    """Return a thing that stands somewhere: "the hollow goat"."""
    return f"the {thing(rng)}"


def with_article(noun: str) -> str:
    """Return a noun with the article that its first letter asks for."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
