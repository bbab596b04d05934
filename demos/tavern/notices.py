"""News for the player: over the upper end of the transcript, where its oldest lines are, and never over the room."""

from __future__ import annotations

from typing import Final

import pygame

from ..drawing.layout import Layout
from ..drawing.notice import Notice, notice_colour
from ..drawing.palette import INK, NIGHT
from ..drawing.shapes import disc, draw_panel
from ..drawing.type import Type

_LEAVE_MS: Final = 5200.0
_FADE_MS: Final = 800.0
_MOST, _MOST_ROWS = 3, 3


def draw_notices(
    surface: pygame.Surface, type_: Type, layout: Layout, rect: pygame.Rect, notices: tuple[Notice, ...]
) -> None:
    """Draw the last news at the upper end of a rectangle, the newest lowest; only that where there is little room."""
    boxes: list[tuple[Notice, list[str], int]] = []
    room, gap = rect.height, layout.px(5)
    for notice in reversed(notices[-_MOST:]):
        rows = _rows(type_, notice.text, rect.width - layout.px(40))
        high = len(rows) * type_.line_height("body") + layout.px(10)
        if boxes and high > room:
            break
        boxes.append((notice, rows, high))
        room -= high + gap
    kept, top = surface.get_clip(), rect.top
    surface.set_clip(rect.clip(kept))
    for notice, rows, high in reversed(boxes):
        _draw_notice(surface, type_, layout, pygame.Rect(rect.left, top, rect.width, high), notice, rows)
        top += high + gap
    surface.set_clip(kept)


def _rows(type_: Type, text: str, width: int) -> list[str]:
    """Return a text in a few rows; what does not fit ends in an ellipsis."""
    rows = type_.wrap(text, "body", width)
    if len(rows) <= _MOST_ROWS:
        return rows
    return [*rows[: _MOST_ROWS - 1], type_.cut(" ".join(rows[_MOST_ROWS - 1 :]), "body", width)]


def _draw_notice(
    surface: pygame.Surface, type_: Type, layout: Layout, box: pygame.Rect, notice: Notice, rows: list[str]
) -> None:
    alpha = round(240 * min(1.0, max(0.0, (_LEAVE_MS + _FADE_MS - notice.age_ms) / _FADE_MS)))
    colour = notice_colour(notice.kind, INK)
    draw_panel(surface, box, colour=NIGHT, edge=colour, radius=layout.px(9), alpha=alpha)
    dot = disc(layout.px(4), colour, alpha)
    surface.blit(dot, dot.get_rect(center=(box.left + layout.px(14), box.centery)))
    for number, row in enumerate(rows):
        top = box.top + layout.px(5) + number * type_.line_height("body")
        type_.draw(surface, row, (box.left + layout.px(26), top), colour=colour, alpha=alpha)
