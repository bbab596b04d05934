"""Whether an answer says that the speaker does not know or has none, and whether it invents anything."""

from __future__ import annotations

import re

_UNKNOWN = re.compile(
    r"""\b(?:
        (?:do|does|did)\s?n[o']t\s+(?:\w+\s+)?(?:know|have|sell|recall|remember|carry|stock|fear)
        | don'?t\s+(?:\w+\s+)?(?:know|have|sell|recall|remember|carry|stock)
        | (?:would|could|can)(?:\s+not|n't|not)\s+(?:\w+\s+)?(?:know|say|tell|recall|remember)
        | (?:have|has|had)(?:\s+not|n't)\s+(?:heard|told|seen|met|mentioned|said|got|named|been)
        | know(?:s)?\s+(?:of\s+)?(?:nothing|no|nobody|naught|it\s+not)
        | (?:heard|told|said|tell|see|saw)\s+(?:me\s+)?(?:of\s+)?(?:nothing|naught|no)
        | never\s+(?:named|heard|met|learned|seen|been|bloomed|told|said)
        | no\s+(?:idea|knowledge|one|name|news|clue) | nobody | nothing | none | not\s+(?:informed|sure|married|my)
        | (?:have|need|sell|is|are|am|there's|has|of|see|seen|find|know)\s+no
        | no\s+breeze | not\s+(?:shown|whispered) | only\s+the\s+maker\s+knows
        | how\s+should\s+i\s+know | unknown\s+to\s+me | no\s+(?:\w+\s+){1,3}(?:here|that\s+i\s+know|at\s+all)
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"[A-Z][\w'-]*|\d+")
_SENTENCE_START = re.compile(r"(?:^|[.!?:*]\s+|\.\.\.\s*|\"\s*)([A-Z][\w'-]*)")


def says_unknown(text: str) -> bool:
    """Return whether an answer says that the speaker does not know, has none, or was never told."""
    return _UNKNOWN.search(text.replace("’", "'")) is not None


def invented_words(answer: str, prompt: str) -> tuple[str, ...]:
    """Return the names and numbers of an answer that nothing in the prompt holds.

    Args:
        answer: What the character said.
        prompt: Everything it could know: card, world, tail and conversation, as text.

    Returns:
        Capitalised words inside a sentence and numbers that the prompt does not contain; empty when all are there.
    """
    known = {word.lower().removesuffix("'s") for word in re.findall(r"[\w'-]+", prompt)}
    openers = {match.start(1) for match in _SENTENCE_START.finditer(answer)}
    found = (match for match in _WORD.finditer(answer) if match.start() not in openers)
    return tuple(
        word
        for word in (match.group() for match in found)
        if word.lower().removesuffix("'s") not in known and word not in _PLAIN
    )


_PLAIN = frozenset(("I", "I'm", "I'll", "Maker", "God", "O", "Heaven", "Amen"))
