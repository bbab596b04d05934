"""Questions about the text of an answer that need no model: what it contains, and what must never stand in it."""

from __future__ import annotations

import re

_CONTROL = re.compile(
    r"<\|"
    r"|\|>"
    r"|</?(?:think|tool_call|tool_response|function|parameter|im_start|im_end|s|eos|bos)\b"
    r"|\[/?(?:INST|SYS)\]"
    r"|^\s*(?:Options|You know|Now|Examples|Voice):"
    r"|^\s*# Tools\b"
    r"|\bAnswer with one letter\b",
    re.IGNORECASE | re.MULTILINE,
)
_OTHERS = ("player", "user", "human", "traveller", "traveler", "stranger", "customer", "you", "narrator", "system")


def contains(text: str, wanted: str) -> bool:
    """Return whether a text holds some words, whole and in order; letter case and kinds of blanks do not matter."""
    words = [re.escape(word) for word in _plain(wanted).split()]
    return re.search(r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)", _plain(text)) is not None


def _plain(text: str) -> str:
    return text.replace("’", "'").lower()


def control_text(text: str) -> str:
    """Return the first piece of control text or of the prompt's frame in an answer, or ""."""
    match = _CONTROL.search(text)
    return match.group().strip() if match else ""


def speaks_for(text: str, *, own_name: str, speaker: str | None = None) -> str:
    """Return who else gets words put into the mouth, or "".

    That is a label with a colon at the beginning of the text or after a sentence: "Player: ...", or the name of the
    one who spoke.

    Args:
        text: The answer.
        own_name: The character's name; its own label is no one else's.
        speaker: Who spoke to it.
    """
    names = [name for name in (*_OTHERS, *((speaker,) if speaker else ())) if name.lower() != own_name.lower()]
    either = "|".join(re.escape(name) for name in names)
    match = re.search(rf"(?:^|[\n.!?\"”*]\s*)(?:the )?({either})\s*:", text, re.IGNORECASE)
    return match.group(1) if match else ""
