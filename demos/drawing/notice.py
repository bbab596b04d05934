"""News for the player as plain values, such as that the engine was killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from .palette import CORAL, GREEN, Colour

NoticeKind: TypeAlias = Literal["news", "good", "trouble"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """News for the player.

    Args:
        text: One line.
        kind: How to take it.
        age_ms: Since it came.
    """

    text: str
    kind: NoticeKind = "news"
    age_ms: float = 0.0


def notice_colour(kind: NoticeKind, plain: Colour) -> Colour:
    """Return the colour of news: green, coral, or a plain one of the picture's own."""
    return {"news": plain, "good": GREEN, "trouble": CORAL}[kind]
