"""What a game passes in, checked before anything happens."""

from __future__ import annotations

from npc_sdk.errors import PromptError, RequestError

LONGEST_MS = 1e12


def checked_text(text: object, *, limit_bytes: int, what: str) -> str:
    """Return a text that a player or a game wrote.

    Args:
        text: The text.
        limit_bytes: Most bytes in UTF-8.
        what: What the text is, for messages.

    Raises:
        PromptError: It is no text (``text_invalid``), has nothing to read (``text_empty``), or is too
            long (``text_too_long``, with ``bytes`` and ``limit_bytes``).
    """
    if not isinstance(text, str):
        raise PromptError(f"The {what} is no text but {type(text).__name__}.", "Pass a str.", code="text_invalid")
    if not text.strip():
        raise PromptError(f"The {what} is empty.", "Pass some words.", code="text_empty")
    # Counting characters first keeps a hostile megabyte from being encoded at all.
    size = len(text) if len(text) > limit_bytes else len(text.encode("utf-8", "replace"))
    if size > limit_bytes:
        raise PromptError(
            f"The {what} has {size} bytes; at most {limit_bytes} are allowed.",
            "Shorten it, or raise the setting max_text_bytes.",
            code="text_too_long",
            bytes=size,
            limit_bytes=limit_bytes,
        )
    return text


def checked_ms(value: float | None, *, default_ms: float, what: str) -> float:
    """Return a duration in milliseconds.

    Raises:
        RequestError: It is no positive number, or one too large to wait for (``bad_duration``).
    """
    if value is None:
        return default_ms
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= LONGEST_MS:
        raise RequestError(
            f"{what} is {value!r:.80}.", f"Pass milliseconds above 0, at most {LONGEST_MS:g}.", code="bad_duration"
        )
    return float(value)


def checked_count(value: object, *, what: str) -> int:
    """Return a whole number; a negative one counts as 0.

    Raises:
        RequestError: It is something else (``bad_count``).
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestError(f"{what} is {value!r:.80}.", "Pass a whole number.", code="bad_count")
    return max(0, value)
