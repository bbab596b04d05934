"""A bar of several parts, one after the other, and what its colours mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from .palette import CORAL, DIM, INK, SHADOW, Colour, mixed
from .type import Type


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a stacked bar.

    Args:
        label: Its name in the legend.
        value: How large it is, in any unit.
        colour: Its colour.
        words: The value in words.
        is_gap: Whether it is what is left, drawn as the empty bar.
    """

    label: str
    value: float
    colour: Colour
    words: str
    is_gap: bool = False


def draw_stack(
    surface: pygame.Surface, rect: pygame.Rect, parts: Sequence[Part], *, limit: float | None = None, gap: int = 1
) -> None:
    """Draw a stacked bar; a part that is not nothing can always be seen.

    Args:
        surface: What to draw on.
        rect: Where.
        parts: From left to right.
        limit: Where a line is drawn when the parts are more than this.
        gap: Pixels between two parts.
    """
    pygame.draw.rect(surface, SHADOW, rect, border_radius=max(1, rect.height // 5))
    total = sum(part.value for part in parts)
    if total <= 0 or rect.width < 4:
        return
    left = rect.left
    for part, width in zip(parts, _widths(parts, total, rect.width, least=2 + gap), strict=True):
        box = pygame.Rect(left, rect.top, max(1, width - gap), rect.height)
        if width and not part.is_gap:
            pygame.draw.rect(surface, part.colour, box)
            # A lighter edge above gives the bar some body.
            pygame.draw.line(surface, mixed(part.colour, INK, 0.35), box.topleft, (box.right - 1, box.top))
        left += width
    if limit is not None and total > limit * 1.001:
        at = rect.left + round(rect.width * limit / total)
        pygame.draw.line(surface, CORAL, (at, rect.top - 3), (at, rect.bottom + 2), max(1, gap + 1))


def _widths(parts: Sequence[Part], total: float, width: int, *, least: int) -> list[int]:
    """Return whole pixels for each part, which together are the whole bar."""
    widths = [0 if part.value <= 0 else max(least, round(width * part.value / total)) for part in parts]
    largest = max(range(len(widths)), key=lambda place: widths[place])
    widths[largest] = max(0, widths[largest] + width - sum(widths))
    return widths


def draw_legend(
    surface: pygame.Surface, type_: Type, rect: pygame.Rect, parts: Sequence[Part], *, row_height: int
) -> None:
    """Draw what the colours mean, one after the other, in as many rows as they need and the rectangle has.

    Args:
        surface: What to draw on.
        type_: The letters.
        rect: Where.
        parts: What there is.
        row_height: Pixels from one row to the next.
    """
    side, gap = max(4, row_height // 2), max(2, row_height // 3)
    left, top = rect.left, rect.top
    for part in parts:
        name, words = type_.measure(part.label, "tiny")[0], type_.measure(part.words, "tiny")[0]
        if left > rect.left and left + side + name + words + 2 * gap > rect.right:
            left, top = rect.left, top + row_height
        if top + row_height > rect.bottom + 1:
            return
        box = pygame.Rect(left, top + (row_height - side) // 2, side, side)
        pygame.draw.rect(surface, part.colour, box, 1 if part.is_gap else 0)
        type_.draw(surface, part.label, (box.right + gap, top), size="tiny", colour=DIM)
        type_.draw(surface, part.words, (box.right + 2 * gap + name, top), size="tiny", colour=INK)
        left = box.right + 3 * gap + gap // 2 + name + words
