"""Questions as hasty people word them: a word left out, put elsewhere, or replaced."""

from __future__ import annotations

import random
import re

# Without them a line means something else.
_KEPT = re.compile(r"\b(?:not|never|no|nobody|nothing|without)\b|n't|[{}]", re.IGNORECASE)
_FILLERS = tuple("well now then here please just really maybe so again also still even perhaps today".split())
_SHORTEST = 3


def loosened(rng: random.Random, row: str) -> str:
    """Return a row with one or two of its words dropped, moved or added; slots and negations stay.

    Args:
        rng: Source of randomness.
        row: A phrasing with its slots unfilled.
    """
    words = row.split(" ")
    for _ in range(rng.choice((1, 1, 2))):
        if len(words) > _SHORTEST:
            _change(rng, words)
    line = " ".join(words)
    return line[0].upper() + line[1:] if line[0] not in "{" else line


def _change(rng: random.Random, words: list[str]) -> None:
    free = [index for index, word in enumerate(words[:-1]) if not _KEPT.search(word)]
    roll = rng.random()
    if roll < 0.3 or not free:
        words.insert(rng.randrange(len(words)), rng.choice(_FILLERS))
    elif roll < 0.8:
        del words[rng.choice(free)]
    else:
        words[rng.choice(free)] = rng.choice(_FILLERS)
