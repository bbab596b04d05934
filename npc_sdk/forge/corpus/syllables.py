"""Words made from syllables, so that a card can hold words that no one has read before."""

from __future__ import annotations

import random
import re

from npc_sdk.forge.corpus.goods import COINS, GOODS
from npc_sdk.forge.corpus.people import FIRST_NAMES, ROLES, SURNAMES
from npc_sdk.forge.corpus.places import PLACE_NOUNS
from npc_sdk.forge.corpus.split import Split, split_of

_SIMPLE = tuple("b d f g h j k l m n p r s t v w z".split())
_ONSETS = (*_SIMPLE, *_SIMPLE, *"c y br bl cr dr fl fr gr gl kr pr sk sl st str sw tr th sh ch".split())
_VOWELS = (*"a e i o u".split() * 5, *"ai au ea ee ei ia ie oo ou y".split())
_CODAS = (*"l m n r s t d k n r l s".split(), *"x th rn nd lk rk st sh ck ld mp nt".split())


# A made word must not be an ordinary one: tables of ordinary words are cut in another way.
_ORDINARY = frozenset(
    word.lower()
    for table in (GOODS, COINS, FIRST_NAMES, SURNAMES, ROLES, PLACE_NOUNS)
    for row in (*table.train, *table.held_out)
    for word in (row, *row.split())
)
_UNWANTED = re.compile(
    "f[aeiou]+c?k|f[aeiou]g|sh[iey]+t|c[uo]+n+t|n[ie]g|r[ae]i?p|t[ie]t|d[iy]c?k|c[uo]c?k|kik|cum|pis|slu|naz|whor"
)


# Some stems have no usable sequel.
_TRIES = 40


def _word(rng: random.Random, syllables: int) -> str:
    parts: list[str] = []
    for index in range(syllables):
        onset = "" if index == 0 and rng.random() < 0.15 else rng.choice(_ONSETS)
        coda = rng.choice(_CODAS) if rng.random() < (0.6 if index == syllables - 1 else 0.2) else ""
        parts.append(onset + rng.choice(_VOWELS) + coda)
    return "".join(parts)


def _is_usable(word: str) -> bool:
    return word not in _ORDINARY and not _UNWANTED.search(word)


def made_word(rng: random.Random, split: Split) -> str:
    """Return a lower-case word of one to three syllables that belongs to the split."""
    while True:
        word = _word(rng, rng.choice((1, 2, 2, 2, 3)))
        if 3 <= len(word) <= 11 and split_of(word) == split and _is_usable(word):
            return word


def sibling_word(rng: random.Random, split: Split, word: str) -> str:
    """Return a word of the split that differs from another one and, where such a word is found, begins like it."""
    stem = word[: max(2, len(word) // 2)].lower()
    for _ in range(_TRIES):
        made = stem + _word(rng, rng.choice((1, 1, 2)))
        if made != word.lower() and len(made) <= 12 and split_of(made) == split and _is_usable(made):
            return made
    return made_word(rng, split)
