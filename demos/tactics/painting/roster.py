"""The list of all soldiers in the side panel: how each is, what it does, and who decided that."""

from __future__ import annotations

from collections.abc import Iterator

import pygame

from ...drawing.palette import CORAL, DIM, FAINT, GOLD, INK, PANEL, PANEL_EDGE, PANEL_LIGHT, SHADOW, mixed
from ...drawing.shapes import blit_faded, disc, draw_panel
from ..rules import SIDES, Side
from ..scene import Scene, Soldier
from .crowd import draw_health
from .icons import Sign, emblem, sign, source_sign
from .screen import Screen
from .sprites import LIGHT, portrait
from .words import SIDE_NAMES, deed

_MOST_ROW, _TWO_COLUMNS = 88, 480
_LEGEND: tuple[tuple[Sign, str], ...] = (
    ("model", "the model"),
    ("said", "what you said"),
    ("game", "the rules"),
    ("fallback", "too late"),
)


def draw_roster(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw both squads: below each other in a high panel, side by side in a low one."""
    side = screen.layout.side
    surface.fill(PANEL, side)
    surface.fill(PANEL_EDGE, (side.left, side.top, 1, side.height))
    area, legend = _areas(screen)
    for squad, rect in zip(SIDES, _parts(area, screen), strict=True):
        _draw_head(surface, screen, squad, rect)
    for soldier, row in roster_rows(screen, scene):
        _draw_row(surface, screen, scene, soldier, row)
    if legend.height:
        _draw_legend(surface, screen, legend)


def roster_rows(screen: Screen, scene: Scene) -> list[tuple[Soldier, pygame.Rect]]:
    """Return where each soldier is listed; who has no room is left out."""
    parts = _parts(_areas(screen)[0], screen)
    return [row for side, rect in zip(SIDES, parts, strict=True) for row in _rows(screen, scene, side, rect)]


def _areas(screen: Screen) -> tuple[pygame.Rect, pygame.Rect]:
    """Return where the squads go, and the legend, which may have no height."""
    inner = screen.layout.side.inflate(-screen.px(16), -screen.px(12))
    legend = screen.px(20) if inner.height > screen.px(260) else 0
    area = pygame.Rect(inner.left, inner.top, inner.width, max(1, inner.height - legend))
    return area, pygame.Rect(inner.left, area.bottom, inner.width, legend)


def _parts(area: pygame.Rect, screen: Screen) -> tuple[pygame.Rect, pygame.Rect]:
    gap = screen.px(8)
    if area.width < screen.px(_TWO_COLUMNS):
        high = (area.height - gap) // 2
        return (
            pygame.Rect(area.left, area.top, area.width, high),
            pygame.Rect(area.left, area.bottom - high, area.width, high),
        )
    wide = (area.width - gap) // 2
    return (
        pygame.Rect(area.left, area.top, wide, area.height),
        pygame.Rect(area.right - wide, area.top, wide, area.height),
    )


def _draw_head(surface: pygame.Surface, screen: Screen, side: Side, rect: pygame.Rect) -> None:
    type_ = screen.type_
    head = _head_height(screen)
    icon = emblem(side, screen.px(17))
    surface.blit(icon, icon.get_rect(midleft=(rect.left, rect.top + head // 2 - screen.px(2))))
    left = rect.left + icon.get_width() + screen.px(6)
    top = rect.top + head // 2 - screen.px(2) - type_.line_height("body") // 2
    type_.draw(surface, SIDE_NAMES[side], (left, top), colour=LIGHT[side])


def _head_height(screen: Screen) -> int:
    return screen.type_.line_height("body") + screen.px(6)


def _rows(screen: Screen, scene: Scene, side: Side, rect: pygame.Rect) -> Iterator[tuple[Soldier, pygame.Rect]]:
    head = _head_height(screen)
    soldiers = [soldier for soldier in scene.soldiers if soldier.side == side]
    height = min(screen.px(_MOST_ROW), (rect.height - head) // max(1, len(soldiers)))
    for number, soldier in enumerate(soldiers):
        row = pygame.Rect(rect.left, rect.top + head + number * height, rect.width, height - max(1, screen.px(4)))
        if row.bottom <= rect.bottom + 1 and height >= 8:
            yield soldier, row


def _draw_row(surface: pygame.Surface, screen: Screen, scene: Scene, soldier: Soldier, row: pygame.Rect) -> None:
    type_, is_down = screen.type_, soldier.fallen_ms is not None
    edge = GOLD if soldier.is_selected else None
    draw_panel(surface, row, colour=PANEL if is_down else PANEL_LIGHT, edge=edge, radius=screen.px(6))
    face = portrait(soldier.side, soldier.role, max(8, min(row.height - screen.px(4), screen.px(60))))
    at = face.get_rect(midleft=(row.left + screen.px(3), row.centery))
    blit_faded(surface, face, at, 80 if is_down else 255)
    left, right = at.right + screen.px(8), row.right - screen.px(8)
    lines = 2 * type_.line_height("small")
    bar = screen.px(5)
    is_high = row.height >= lines + bar + screen.px(6)
    top = row.centery - (lines + (bar + screen.px(3) if is_high else 0)) // 2
    if row.height < lines:
        top = row.centery - type_.line_height("small") // 2
    type_.draw(
        surface, soldier.name, (left, top), size="small", colour=FAINT if is_down else INK, width=(right - left) * 0.72
    )
    type_.draw(surface, soldier.role, (right, top), size="tiny", colour=FAINT if is_down else DIM, align="right")
    if row.height < lines:
        return
    _draw_deed(surface, screen, scene, soldier, pygame.Rect(left, top + lines // 2, right - left, lines // 2))
    if is_high and not is_down:
        draw_health(surface, pygame.Rect(left, top + lines + screen.px(3), right - left, bar), soldier.health)


def _draw_deed(surface: pygame.Surface, screen: Screen, scene: Scene, soldier: Soldier, line: pygame.Rect) -> None:
    """Draw what somebody does, with the sign of who decided it, and how long that took or three dots."""
    type_, left, size = screen.type_, line.left, screen.px(12)
    if soldier.fallen_ms is not None:
        type_.draw(surface, deed(scene, soldier), line.topleft, size="small", colour=FAINT)
        return
    name = source_sign(soldier.source)
    if name is not None and soldier.verb is not None:
        icon = sign(name, size)
        surface.blit(icon, icon.get_rect(midleft=(left, line.centery)))
        left += size + screen.px(4)
    taken = 0
    if soldier.is_thinking:
        taken = _draw_dots(surface, screen, line.right, line.centery, scene.tick_progress)
    elif soldier.latency_ms is not None and soldier.source == "model":
        text = f"{min(99_999.0, max(0.0, soldier.latency_ms)):.0f} ms"
        taken = type_.draw(surface, text, line.topright, size="tiny", colour=GOLD, align="right").width
    colour = CORAL if soldier.is_shaken else mixed(INK, DIM, 0.5)
    text = f"shaken, {deed(scene, soldier)}" if soldier.is_shaken else deed(scene, soldier)
    type_.draw(surface, text, (left, line.top), size="small", colour=colour, width=line.right - left - taken - 4)


def _draw_dots(surface: pygame.Surface, screen: Screen, right: int, middle: int, progress: float) -> int:
    size = screen.px(2.4)
    lit = int(progress * 9) % 3
    for number in range(3):
        dot = disc(size, GOLD if number == lit else mixed(GOLD, SHADOW, 0.55))
        surface.blit(dot, dot.get_rect(center=(right - (2 - number) * 3 * size - size, middle)))
    return 9 * size


def _draw_legend(surface: pygame.Surface, screen: Screen, rect: pygame.Rect) -> None:
    """Draw what the signs of those who decide mean, as many as there is room for."""
    type_, left = screen.type_, rect.left
    line = rect.bottom - type_.line_height("tiny")
    for name, text in _LEGEND:
        icon = sign(name, screen.px(11))
        width = icon.get_width() + screen.px(3) + type_.measure(text, "tiny")[0]
        if left + width > rect.right:
            return
        surface.blit(icon, icon.get_rect(midleft=(left, line + type_.line_height("tiny") // 2)))
        type_.draw(surface, text, (left + icon.get_width() + screen.px(3), line), size="tiny", colour=DIM)
        left += width + screen.px(9)
