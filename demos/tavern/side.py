"""What is written around the room: the transcript, the player's line, and the card of a guest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pygame

from ..drawing.layout import Layout
from ..drawing.palette import AMBER, DIM, FAINT, GOLD, INK, PANEL, PANEL_EDGE, PANEL_LIGHT, Colour, mixed
from ..drawing.shapes import draw_panel
from ..drawing.type import Type
from .costumes import LOOKS
from .guests import BY_KEY, PLAYER
from .scene import Line, Scene
from .words import cut_off

_BLINK_MS: Final = 530.0
_HINT_MS: Final = 7000.0
_HINTS: Final = (
    "say something, or call somebody by name",
    "such as: Where is the ferry?",
    "such as: Anna, how much for ale?",
    "such as: Pip, tell me your secret.",
    "speak while they speak, and you cut them short",
)


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    colour: Colour
    is_name: bool = False
    note: str = ""
    note_colour: Colour = DIM


def accent(speaker: str) -> Colour:
    """Return the colour of a speaker."""
    return LOOKS[speaker].accent if speaker in LOOKS else GOLD


def draw_transcript(surface: pygame.Surface, type_: Type, layout: Layout, rect: pygame.Rect, scene: Scene) -> None:
    """Draw what was said, the newest at the bottom."""
    draw_panel(surface, rect, colour=PANEL, edge=PANEL_EDGE, radius=layout.px(10))
    pad = layout.px(14)
    type_.draw(surface, "What was heard", (rect.left + pad, rect.top + layout.px(10)), size="small", colour=DIM)
    inner = heard_area(type_, layout, rect)
    rows = _rows(type_, scene.lines, inner.width, inner.height)
    height, name_height = type_.line_height("body"), type_.line_height("small")
    gap = layout.px(7)
    y = inner.bottom
    for row in reversed(rows):
        y -= name_height if row.is_name else height
        if y < inner.top - 1:
            break
        share = min(1.0, (y - inner.top) / max(1, inner.height) * 3.0 + 0.35)
        _draw_row(surface, type_, row, (inner.left, y), share, inner.width)
        y -= gap if row.is_name else 0


def heard_area(type_: Type, layout: Layout, rect: pygame.Rect) -> pygame.Rect:
    """Return where the lines of a transcript are, below its headline."""
    pad = layout.px(14)
    top = rect.top + layout.px(12) + type_.line_height("small")
    return pygame.Rect(rect.left + pad, top, max(1, rect.width - 2 * pad), max(1, rect.bottom - layout.px(10) - top))


def _draw_row(surface: pygame.Surface, type_: Type, row: _Row, at: tuple[int, int], share: float, width: int) -> None:
    alpha = round(255 * share)
    if not row.is_name:
        type_.draw(surface, row.text, at, colour=row.colour, alpha=alpha, width=width)
        return
    place = type_.draw(surface, row.text, at, size="small", colour=row.colour, alpha=alpha, width=width)
    if row.note:
        left = place.right + round(6 * type_.scale)
        room = at[0] + width - left
        type_.draw(surface, row.note, (left, at[1]), size="small", colour=row.note_colour, alpha=alpha, width=room)


def _rows(type_: Type, lines: tuple[Line, ...], width: int, height: int) -> list[_Row]:
    """Return the rows of the last lines, as many as may fit."""
    rows: list[_Row] = []
    most = height // max(1, type_.line_height("small")) + 2
    for line in reversed(lines):
        if len(rows) > most:
            break
        rows[:0] = _rows_of(type_, line, width)
    return rows


def _rows_of(type_: Type, line: Line, width: int) -> list[_Row]:
    name = _Row(line.name, accent(line.speaker), True, _note(line), AMBER if line.source == "fallback" else FAINT)
    text = cut_off(line.text) if line.is_cut else line.text
    colour = mixed(INK, accent(line.speaker), 0.12) if line.speaker == PLAYER else INK
    return [name, *(_Row(row, colour) for row in type_.wrap(text, "body", width))]


def _note(line: Line) -> str:
    to = f"to {BY_KEY[line.to].short}" if line.to in BY_KEY else "to the table" if line.speaker == PLAYER else ""
    more = "small talk" if line.source == "fallback" else "cut short" if line.is_cut else ""
    return ", ".join(part for part in (to, more) if part)


def draw_input(surface: pygame.Surface, type_: Type, layout: Layout, rect: pygame.Rect, scene: Scene) -> None:
    """Draw the player's line, with a cursor while letters go into it."""
    is_on = scene.is_typing and not scene.loading
    edge = GOLD if is_on else PANEL_EDGE
    draw_panel(surface, rect, colour=PANEL_LIGHT if is_on else PANEL, edge=edge, radius=layout.px(10))
    pad = layout.px(14)
    y = rect.centery - type_.line_height("body") // 2
    to = "the table" if scene.card is None else BY_KEY[scene.card.key].short
    label = type_.draw(surface, f"To {to}:", (rect.left + pad, y), colour=GOLD if is_on else DIM)
    left = label.right + layout.px(8)
    room = rect.right - pad - left
    typed = scene.typed + scene.composed
    if not typed and not is_on:
        type_.draw(surface, "press Enter to speak", (left, y), colour=FAINT, width=room)
    end = left
    if typed:
        shown = _end_of(type_, typed, room)
        end = type_.draw(surface, shown, (left, y), colour=INK, width=room).right
    if is_on and scene.now_ms % (2 * _BLINK_MS) < _BLINK_MS:
        surface.fill(GOLD, (end + 1, y, max(1, layout.px(1.6)), type_.line_height("body")))
    if is_on and not typed:
        hint = _HINTS[int(scene.now_ms / _HINT_MS) % len(_HINTS)]
        type_.draw(surface, hint, (end + layout.px(8), y), colour=FAINT, width=room - layout.px(8))


def _end_of(type_: Type, text: str, width: int) -> str:
    """Return the end of a text that is too long, because that is where one types."""
    if type_.measure(text, "body")[0] <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if type_.measure("…" + text[middle:], "body")[0] <= width:
            high = middle
        else:
            low = middle + 1
    return "…" + text[low:]


def draw_card(surface: pygame.Surface, type_: Type, layout: Layout, side: pygame.Rect, scene: Scene) -> pygame.Rect:
    """Draw the card of the guest that was clicked at the upper end of the side; returns what is left of the side."""
    card = scene.card
    if card is None:
        return side
    pad, gap = layout.px(12), layout.px(8)
    inner = max(1, side.width - 2 * pad - layout.px(12))
    texts = (
        (card.role, DIM),
        (card.manner, mixed(INK, accent(card.key), 0.6)),
        ("What they know, you must ask.", FAINT),
    )
    rows = [(row, colour) for text, colour in texts for row in type_.wrap(text, "small", inner)]
    small, large = type_.line_height("small"), type_.line_height("large")
    high = 2 * pad + large + layout.px(4) + small * len(rows)
    if high > side.height * 0.6:
        return side
    rect = pygame.Rect(side.left, side.top, side.width, high)
    draw_panel(surface, rect, colour=PANEL_LIGHT, edge=accent(card.key), radius=layout.px(10))
    surface.fill(accent(card.key), (rect.left + pad, rect.top + pad, layout.px(4), high - 2 * pad))
    x, y = rect.left + pad + layout.px(12), rect.top + pad
    type_.draw(surface, card.name, (x, y), size="large", colour=INK, width=inner)
    y += large + layout.px(4)
    for row, colour in rows:
        type_.draw(surface, row, (x, y), size="small", colour=colour, width=inner)
        y += small
    return pygame.Rect(side.left, rect.bottom + gap, side.width, side.bottom - rect.bottom - gap)
