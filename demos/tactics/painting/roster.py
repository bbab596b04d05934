"""The list of all soldiers in the side panel: how each is, what it does, and who decided that."""

from __future__ import annotations

from collections.abc import Iterator

import pygame

from ...drawing.palette import CORAL, DIM, FAINT, GOLD, INK, PANEL, PANEL_EDGE, PANEL_LIGHT, SHADOW, mixed
from ...drawing.shapes import blit_faded, disc, draw_panel
from ..rules import SIDES, Side
from ..scene import Figure, Scene
from .crowd import draw_health
from .icons import Sign, emblem, sign, source_sign
from .sprites import LIGHT, portrait
from .stage import Stage
from .words import SIDE_NAMES, deed

_MOST_ROW, _TWO_COLUMNS = 88, 480
_LEGEND: tuple[tuple[Sign, str], ...] = (
    ("model", "the model"),
    ("said", "what you said"),
    ("game", "the rules"),
    ("fallback", "too late"),
)


def draw_roster(surface: pygame.Surface, stage: Stage, scene: Scene) -> None:
    """Draw both squads: below each other in a high panel, side by side in a low one."""
    side = stage.layout.side
    surface.fill(PANEL, side)
    surface.fill(PANEL_EDGE, (side.left, side.top, 1, side.height))
    area, legend = _areas(stage)
    for squad, rect in zip(SIDES, _parts(area, stage), strict=True):
        _draw_head(surface, stage, squad, rect)
    for figure, row in roster_rows(stage, scene):
        _draw_row(surface, stage, scene, figure, row)
    if legend.height:
        _draw_legend(surface, stage, legend)


def roster_rows(stage: Stage, scene: Scene) -> list[tuple[Figure, pygame.Rect]]:
    """Return where each soldier is listed; who has no room is left out."""
    parts = _parts(_areas(stage)[0], stage)
    return [row for side, rect in zip(SIDES, parts, strict=True) for row in _rows(stage, scene, side, rect)]


def _areas(stage: Stage) -> tuple[pygame.Rect, pygame.Rect]:
    """Return where the squads go, and the legend, which may have no height."""
    inner = stage.layout.side.inflate(-stage.px(16), -stage.px(12))
    legend = stage.px(20) if inner.height > stage.px(260) else 0
    area = pygame.Rect(inner.left, inner.top, inner.width, max(1, inner.height - legend))
    return area, pygame.Rect(inner.left, area.bottom, inner.width, legend)


def _parts(area: pygame.Rect, stage: Stage) -> tuple[pygame.Rect, pygame.Rect]:
    gap = stage.px(8)
    if area.width < stage.px(_TWO_COLUMNS):
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


def _draw_head(surface: pygame.Surface, stage: Stage, side: Side, rect: pygame.Rect) -> None:
    type_ = stage.type_
    head = _head_height(stage)
    icon = emblem(side, stage.px(17))
    surface.blit(icon, icon.get_rect(midleft=(rect.left, rect.top + head // 2 - stage.px(2))))
    left = rect.left + icon.get_width() + stage.px(6)
    top = rect.top + head // 2 - stage.px(2) - type_.line_height("body") // 2
    type_.draw(surface, SIDE_NAMES[side], (left, top), colour=LIGHT[side])


def _head_height(stage: Stage) -> int:
    return stage.type_.line_height("body") + stage.px(6)


def _rows(stage: Stage, scene: Scene, side: Side, rect: pygame.Rect) -> Iterator[tuple[Figure, pygame.Rect]]:
    head = _head_height(stage)
    figures = [figure for figure in scene.figures if figure.side == side]
    height = min(stage.px(_MOST_ROW), (rect.height - head) // max(1, len(figures)))
    for number, figure in enumerate(figures):
        row = pygame.Rect(rect.left, rect.top + head + number * height, rect.width, height - max(1, stage.px(4)))
        if row.bottom <= rect.bottom + 1 and height >= 8:
            yield figure, row


def _draw_row(surface: pygame.Surface, stage: Stage, scene: Scene, figure: Figure, row: pygame.Rect) -> None:
    type_, is_down = stage.type_, figure.fallen_ms is not None
    edge = GOLD if figure.is_selected else None
    draw_panel(surface, row, colour=PANEL if is_down else PANEL_LIGHT, edge=edge, radius=stage.px(6))
    face = portrait(figure.side, figure.role, max(8, min(row.height - stage.px(4), stage.px(60))))
    at = face.get_rect(midleft=(row.left + stage.px(3), row.centery))
    blit_faded(surface, face, at, 80 if is_down else 255)
    left, right = at.right + stage.px(8), row.right - stage.px(8)
    lines = 2 * type_.line_height("small")
    bar = stage.px(5)
    is_high = row.height >= lines + bar + stage.px(6)
    top = row.centery - (lines + (bar + stage.px(3) if is_high else 0)) // 2
    if row.height < lines:
        top = row.centery - type_.line_height("small") // 2
    type_.draw(
        surface, figure.name, (left, top), size="small", colour=FAINT if is_down else INK, width=(right - left) * 0.72
    )
    type_.draw(surface, figure.role, (right, top), size="tiny", colour=FAINT if is_down else DIM, align="right")
    if row.height < lines:
        return
    _draw_deed(surface, stage, scene, figure, pygame.Rect(left, top + lines // 2, right - left, lines // 2))
    if is_high and not is_down:
        draw_health(surface, pygame.Rect(left, top + lines + stage.px(3), right - left, bar), figure.health)


def _draw_deed(surface: pygame.Surface, stage: Stage, scene: Scene, figure: Figure, line: pygame.Rect) -> None:
    """Draw what somebody does, with the sign of who decided it, and how long that took or three dots."""
    type_, left, size = stage.type_, line.left, stage.px(12)
    if figure.fallen_ms is not None:
        type_.draw(surface, deed(scene, figure), line.topleft, size="small", colour=FAINT)
        return
    name = source_sign(figure.source)
    if name is not None and figure.verb is not None:
        icon = sign(name, size)
        surface.blit(icon, icon.get_rect(midleft=(left, line.centery)))
        left += size + stage.px(4)
    taken = 0
    if figure.is_thinking:
        taken = _draw_dots(surface, stage, line.right, line.centery, scene.tick_progress)
    elif figure.latency_ms is not None and figure.source == "model":
        text = f"{min(99_999.0, max(0.0, figure.latency_ms)):.0f} ms"
        taken = type_.draw(surface, text, line.topright, size="tiny", colour=GOLD, align="right").width
    colour = CORAL if figure.is_shaken else mixed(INK, DIM, 0.5)
    text = f"shaken, {deed(scene, figure)}" if figure.is_shaken else deed(scene, figure)
    type_.draw(surface, text, (left, line.top), size="small", colour=colour, width=line.right - left - taken - 4)


def _draw_dots(surface: pygame.Surface, stage: Stage, right: int, middle: int, progress: float) -> int:
    size = stage.px(2.4)
    lit = int(progress * 9) % 3
    for number in range(3):
        dot = disc(size, GOLD if number == lit else mixed(GOLD, SHADOW, 0.55))
        surface.blit(dot, dot.get_rect(center=(right - (2 - number) * 3 * size - size, middle)))
    return 9 * size


def _draw_legend(surface: pygame.Surface, stage: Stage, rect: pygame.Rect) -> None:
    """Draw what the signs of those who decide mean, as many as there is room for."""
    type_, left = stage.type_, rect.left
    line = rect.bottom - type_.line_height("tiny")
    for name, text in _LEGEND:
        icon = sign(name, stage.px(11))
        width = icon.get_width() + stage.px(3) + type_.measure(text, "tiny")[0]
        if left + width > rect.right:
            return
        surface.blit(icon, icon.get_rect(midleft=(left, line + type_.line_height("tiny") // 2)))
        type_.draw(surface, text, (left + icon.get_width() + stage.px(3), line), size="tiny", colour=DIM)
        left += width + stage.px(9)
