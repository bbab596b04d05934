"""A piece of prompt text that says who wrote it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A piece of text and whether control tokens spelled in it count.

    Args:
        text: The text.
        trusted: True for the literals of a dialect, whose tags become control tokens. False for
            everything that a player, a modder, a game or a model wrote; it stays plain text.
    """

    text: str
    trusted: bool = False
