"""How much of a generated text was heard, when the game counts in the text that it was shown."""

from __future__ import annotations


def raw_characters(raw: str, shown: str, heard: int) -> int:
    """Return how many characters of a generated text the heard part of the shown text takes.

    The shown text is the generated one with other blanks: none in front, one where actions stood. So
    what counts are the characters that are no blanks.

    Args:
        raw: The speech as it was generated.
        shown: The text as it was delivered.
        heard: Characters of ``shown``.
    """
    wanted = sum(not character.isspace() for character in shown[: max(0, heard)])
    if wanted == 0:
        return 0
    for index, character in enumerate(raw):
        wanted -= not character.isspace()
        if wanted == 0:
            return index + 1
    return len(raw)
