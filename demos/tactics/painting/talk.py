"""The panel of a conversation: who it is with, what was said, what one types, and what one may choose."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

from ...drawing.palette import (
    DIM,
    FAINT,
    GOLD,
    INK,
    PANEL,
    PANEL_EDGE,
    PANEL_LIGHT,
    PAPER,
    PAPER_INK,
    SHADOW,
    Colour,
    mixed,
)
from ...drawing.shapes import blit_faded, disc, draw_panel
from ...drawing.type import Align
from ..scene import Scene, TalkLine, TalkPanel
from .crowd import draw_health
from .screen import Screen
from .sprites import portrait

MOST_CHOICES = 12
_OWN: Colour = (52, 74, 112)
_CHOICE, _LEAST_CHOICE = 26, 9
_MOST_TYPED_LINES = 3


@dataclass(frozen=True, slots=True)
class TalkParts:
    """Where the parts of a panel are.

    Args:
        head: Who it is with.
        lines: The conversation.
        choices: One row for each choice, in order.
        entry: The line that is typed.
    """

    head: pygame.Rect
    lines: pygame.Rect
    choices: tuple[pygame.Rect, ...]
    entry: pygame.Rect


def talk_parts(screen: Screen, choices: int) -> TalkParts:
    """Return where the parts of a panel with so many choices are; those beyond ``MOST_CHOICES`` have no row."""
    inner = screen.layout.side.inflate(-screen.px(20), -screen.px(20))
    count = max(0, min(choices, MOST_CHOICES))
    head = pygame.Rect(inner.left, inner.top, inner.width, min(screen.px(56), inner.height // 3))
    entry_height = min(screen.type_.line_height("body") + screen.px(16), max(1, inner.height // 4))
    entry = pygame.Rect(inner.left, inner.bottom - entry_height, inner.width, entry_height)
    gap = screen.px(3)
    room = max(0, entry.top - head.bottom - 2 * screen.px(6))
    row = min(screen.px(_CHOICE), room // count - gap) if count else 0
    count = count if row >= 2 else 0
    top = entry.top - screen.px(6) - count * (row + gap)
    rows = tuple(pygame.Rect(inner.left, top + number * (row + gap), inner.width, row) for number in range(count))
    lines_top = head.bottom + screen.px(8)
    lines = pygame.Rect(inner.left, lines_top, inner.width, max(0, top - screen.px(6) - lines_top))
    return TalkParts(head, lines, rows, entry)


def draw_talk(surface: pygame.Surface, screen: Screen, scene: Scene, talk: TalkPanel) -> None:
    """Draw the panel of a conversation."""
    side = screen.layout.side
    surface.fill(PANEL, side)
    is_beside = side.left > 0
    surface.fill(
        GOLD, (*side.topleft, screen.px(2) if is_beside else side.width, side.height if is_beside else screen.px(2))
    )
    parts = talk_parts(screen, len(talk.choices))
    _draw_head(surface, screen, scene, talk, parts.head)
    _draw_lines(surface, screen, scene, talk, parts.lines)
    for number, (rect, text) in enumerate(zip(parts.choices, talk.choices, strict=False)):
        _draw_choice(surface, screen, rect, number, text, number == talk.chosen)
    _draw_entry(surface, screen, scene, talk, parts.entry)


def _draw_head(surface: pygame.Surface, screen: Screen, scene: Scene, talk: TalkPanel, rect: pygame.Rect) -> None:
    type_, soldier = screen.type_, scene.soldier(talk.label)
    left = rect.left
    if soldier is not None:
        face = portrait(soldier.side, soldier.role, max(8, rect.height))
        blit_faded(surface, face, rect.topleft, 255 if soldier.fallen_ms is None else 110)
        left += face.get_width() + screen.px(10)
    room = rect.right - left
    name = type_.draw(surface, talk.name, (left, rect.top + screen.px(2)), size="large", width=room)
    about = type_.draw(surface, talk.about, (left, name.bottom), size="small", colour=DIM, width=room)
    if soldier is not None and soldier.fallen_ms is None and about.bottom + screen.px(10) <= rect.bottom + screen.px(4):
        draw_health(surface, pygame.Rect(left, about.bottom + screen.px(4), room, screen.px(6)), soldier.health)
    surface.fill(PANEL_EDGE, (rect.left, rect.bottom + screen.px(3), rect.width, 1))


def _draw_lines(surface: pygame.Surface, screen: Screen, scene: Scene, talk: TalkPanel, rect: pygame.Rect) -> None:
    """Draw the conversation from its end upwards, as far as there is room."""
    if rect.height < screen.type_.line_height("small"):
        return
    kept = surface.get_clip()
    surface.set_clip(rect.clip(kept))
    bottom = rect.bottom
    lines = [line for line in talk.lines if line.text or line.note or line is talk.lines[-1] and talk.is_waiting]
    if talk.is_waiting and (not lines or lines[-1].is_player or lines[-1].text):
        bottom = _draw_waiting(surface, screen, rect, bottom, scene.tick_progress)
    for number, line in enumerate(reversed(lines)):
        if bottom <= rect.top:
            break
        if not line.text and not line.is_player and number == 0 and talk.is_waiting:
            bottom = _draw_waiting(surface, screen, rect, bottom, scene.tick_progress)
        else:
            bottom = _draw_said(surface, screen, line, rect, bottom)
    if not lines and not talk.is_waiting:
        _draw_invitation(surface, screen, talk, rect)
    surface.set_clip(kept)


def _draw_invitation(surface: pygame.Surface, screen: Screen, talk: TalkPanel, rect: pygame.Rect) -> None:
    name = talk.name.split()[0] if talk.name.split() else "them"
    for number, row in enumerate(
        screen.type_.wrap(f"Ask {name} something, or tell {name} what to do.", "small", rect.width)
    ):
        top = rect.top + screen.px(4) + number * screen.type_.line_height("small")
        screen.type_.draw(surface, row, (rect.left, top), size="small", colour=FAINT)


def _draw_said(surface: pygame.Surface, screen: Screen, line: TalkLine, rect: pygame.Rect, bottom: int) -> int:
    """Draw one line with its lower edge at ``bottom``; returns the lower edge for the line above."""
    type_, pad = screen.type_, screen.px(8)
    height = type_.line_height("body")
    if line.note:
        bottom = _draw_note(surface, screen, line, rect, bottom)
    rows = type_.wrap(line.text, "body", rect.width * 0.88 - 2 * pad)[-12:]
    widest = max((type_.measure(row, "body")[0] for row in rows), default=0)
    box = pygame.Rect(0, 0, widest + 2 * pad, height * len(rows) + pad + pad // 2)
    box.bottomleft = (rect.right - box.width if line.is_player else rect.left, bottom)
    paper, ink = (_OWN, INK) if line.is_player else (PAPER, PAPER_INK)
    draw_panel(surface, box, colour=paper, edge=None, radius=screen.px(8))
    for number, row in enumerate(rows):
        type_.draw(surface, row, (box.left + pad, box.top + pad * 3 // 4 + number * height), colour=ink)
    speaker = type_.line_height("tiny") + screen.px(2)
    x = box.right if line.is_player else box.left
    type_.draw(
        surface,
        line.speaker,
        (x, box.top - speaker),
        size="tiny",
        colour=DIM,
        align="right" if line.is_player else "left",
        width=rect.width,
    )
    return box.top - speaker - screen.px(7)


def _draw_note(surface: pygame.Surface, screen: Screen, line: TalkLine, rect: pygame.Rect, bottom: int) -> int:
    type_ = screen.type_
    rows = type_.wrap(line.note, "small", rect.width - screen.px(14))[:3]
    height = type_.line_height("small")
    top = bottom - height * len(rows)
    if not line.is_player:
        surface.fill(GOLD, (rect.left + screen.px(2), top, screen.px(2), height * len(rows)))
    for number, row in enumerate(rows):
        x = rect.right if line.is_player else rect.left + screen.px(9)
        align: Align = "right" if line.is_player else "left"
        type_.draw(surface, row, (x, top + number * height), size="small", colour=GOLD, align=align)
    return top - screen.px(4)


def _draw_waiting(surface: pygame.Surface, screen: Screen, rect: pygame.Rect, bottom: int, progress: float) -> int:
    size = screen.px(3)
    box = pygame.Rect(0, 0, 16 * size, screen.type_.line_height("body") + screen.px(8))
    box.bottomleft = (rect.left, bottom)
    draw_panel(surface, box, colour=PAPER, edge=None, radius=screen.px(8))
    lit = int(progress * 9) % 3
    for number in range(3):
        dot = disc(size, PAPER_INK if number == lit else mixed(PAPER_INK, PAPER, 0.6))
        surface.blit(dot, dot.get_rect(center=(box.centerx + (number - 1) * 4 * size, box.centery)))
    return box.top - screen.px(8)


def _draw_choice(
    surface: pygame.Surface, screen: Screen, rect: pygame.Rect, number: int, text: str, is_chosen: bool
) -> None:
    type_ = screen.type_
    edge, ink = (GOLD, GOLD) if is_chosen else (PANEL_EDGE, INK)
    draw_panel(surface, rect, colour=PANEL_LIGHT, edge=edge, radius=screen.px(5))
    line = rect.centery - type_.line_height("small") / 2
    if rect.height < screen.px(_LEAST_CHOICE):
        return
    label = type_.draw(surface, str(number + 1), (rect.left + screen.px(9), line), size="small", colour=GOLD)
    left = max(label.right, rect.left + screen.px(18)) + screen.px(6)
    type_.draw(surface, text, (left, line), size="small", colour=ink, width=rect.right - left - screen.px(6))


def _draw_entry(surface: pygame.Surface, screen: Screen, scene: Scene, talk: TalkPanel, rect: pygame.Rect) -> None:
    """Draw the end of what is typed, with a cursor; or what one may do when nothing is typed."""
    type_, pad = screen.type_, screen.px(9)
    draw_panel(surface, rect, colour=SHADOW, edge=GOLD, radius=screen.px(7), edge_width=max(1, screen.px(1.2)))
    line = rect.centery - type_.line_height("body") / 2
    room = rect.width - 2 * pad - screen.px(4)
    left = rect.left + pad
    if talk.typed:
        shown = _end_of(screen, talk.typed, room)
        left = type_.draw(surface, shown, (left, line)).right + screen.px(1)
    else:
        hint = "Say something, Enter to send"
        type_.draw(surface, hint, (left + screen.px(5), line), colour=FAINT, width=room - screen.px(5))
    if scene.tick_progress % 0.5 < 0.3:
        surface.fill(GOLD, (left, round(line), screen.px(2), type_.line_height("body")))


def _end_of(screen: Screen, text: str, room: float) -> str:
    """Return as much of the end of a text as there is room for."""
    shown = text[-200:]
    while shown and screen.type_.measure(shown, "body")[0] > room:
        shown = shown[max(1, len(shown) // 24) :]
    return shown
