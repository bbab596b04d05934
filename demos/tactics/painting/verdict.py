"""The banner at the end of a battle."""

from __future__ import annotations

import pygame

from ...drawing.palette import DIM, GOLD, INK, NIGHT, PANEL_EDGE
from ...drawing.shapes import blit_faded, draw_panel, draw_shadow
from ..scene import Scene
from .icons import emblem
from .screen import Screen
from .sprites import COLOURS, LIGHT
from .words import ending

_RISE_MS = 350.0
_EMBLEM = 56


def draw_verdict(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw who has won, over the middle of the field."""
    if scene.verdict is None:
        return
    title, line = ending(scene)
    share = min(1.0, max(0.0, scene.verdict_ms / _RISE_MS))
    eased = 1 - (1 - share) ** 3
    field, type_ = screen.layout.field.clip(screen.layout.window), screen.type_
    size = screen.px(_EMBLEM)
    width = max(type_.measure(title, "huge")[0] + size + screen.px(84), type_.measure(line, "body")[0] + screen.px(60))
    rect = pygame.Rect(0, 0, min(width, field.width), screen.px(112))
    rect.center = (field.centerx, field.top + field.height * 3 // 10 + round((1 - eased) * screen.px(30)))
    alpha = round(255 * eased)
    colour = GOLD if scene.verdict == "draw" else COLOURS[scene.verdict]
    if alpha > 150:
        draw_shadow(surface, rect, screen.px(12), screen.px(14), 150)
    draw_panel(
        surface,
        rect,
        colour=NIGHT,
        edge=colour,
        radius=screen.px(12),
        edge_width=screen.px(3),
        alpha=round(alpha * 0.94),
    )
    _draw_title(surface, screen, scene, rect, title, alpha)
    top = rect.bottom - type_.line_height("body") - screen.px(14)
    room = rect.width - screen.px(20)
    type_.draw(surface, line, (rect.centerx, top), colour=DIM, align="center", width=room, alpha=alpha)
    if share == 1.0:
        surface.fill(PANEL_EDGE, (rect.left + rect.width // 4, rect.bottom - screen.px(38), rect.width // 2, 1))


def _draw_title(
    surface: pygame.Surface, screen: Screen, scene: Scene, rect: pygame.Rect, title: str, alpha: int
) -> None:
    """Draw who has won, with the emblem of the side before it."""
    type_, size = screen.type_, screen.px(_EMBLEM)
    winner = None if scene.verdict == "draw" else scene.verdict
    taken = 0 if winner is None else size + screen.px(12)
    shown = type_.cut(title, "huge", rect.width - screen.px(28) - taken)
    middle = rect.centerx + taken // 2
    top = rect.top + screen.px(16)
    ink = INK if winner is None else LIGHT[winner]
    drawn = type_.draw(surface, shown, (middle, top), size="huge", colour=ink, align="center", alpha=alpha)
    if winner is not None:
        icon = emblem(winner, size)
        place = icon.get_rect(midright=(drawn.left - screen.px(12), top + type_.line_height("huge") // 2))
        blit_faded(surface, icon, place, alpha)
