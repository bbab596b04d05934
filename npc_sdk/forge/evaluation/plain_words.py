"""The words in which the corpus says that something is not known, without the thing itself."""

from __future__ import annotations

import re
from functools import lru_cache

from npc_sdk.forge.corpus.conversation import Say
from npc_sdk.forge.corpus.generator import generate
from npc_sdk.forge.evaluation.record import Case, Heard
from npc_sdk.forge.evaluation.reference import reference_records

_SEED = 9_002
_CONVERSATIONS = 3000
_WORD = re.compile(r"\w+(?:['-]\w+)*")
_KINDS = (
    "trade",
    "stock",
    "place",
    "person",
    "rumour",
    "lore",
    "own",
    "world",
    "secret",
    "recall",
    "observe",
    "beyond",
)


@lru_cache(maxsize=1)
def plain_words() -> frozenset[str]:
    """Return the words of training answers that the question did not have; made once.

    The corpus's ways to say no name nothing but what was asked for, so these are words without a thing of their own.
    """
    found: set[str] = set()
    weights = {kind: 1.0 for kind in _KINDS}
    for conversation in generate(_SEED, split="train", weights=weights, count=_CONVERSATIONS):
        if not any(isinstance(step, Say) and step.expectation.unknown for step in conversation.steps):
            continue
        for record in reference_records(Case(name="", conversation=conversation)):
            if isinstance(record, Heard) and record.expectation.unknown:
                found |= _words(record.text) - _asked(record.line)
    return frozenset(found)


def strange_words(text: str, line: str) -> tuple[str, ...]:
    """Return the words of an answer that come neither from the question nor from the corpus's ways to say no.

    Only a model that was trained on the corpus can be held to this: another one knows more words.

    Args:
        text: The answer.
        line: The question.
    """
    strange = _words(text) - _asked(line) - plain_words()
    return tuple(word for word in _WORD.findall(text.lower()) if word in strange)


def _asked(line: str) -> set[str]:
    """Return the words of a question, each also with and without the ending of a plural."""
    words = _words(line)
    return {form for word in words for form in (word, f"{word}s", word.removesuffix("s"))}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.replace("’", "'").lower()))
