"""The bar above the field, with both sides and the time, and the bar below, with news and keys."""

from __future__ import annotations

from collections.abc import Iterable

import pygame

from ...drawing.notice import Notice, notice_colour
from ...drawing.palette import DIM, FAINT, GOLD, INK, NIGHT, PANEL, PANEL_EDGE, PANEL_LIGHT, SHADOW, mixed
from ...drawing.shapes import blit_faded, disc, draw_bar, draw_panel
from ..player_names import has_model
from ..rules import MAX_HEALTH, SIDES, Side
from ..scene import Scene
from .icons import emblem, sign
from .screen import Screen
from .sprites import COLOURS, DARK, LIGHT
from .words import SIDE_NAMES, player_name

KEYS = (
    ("F1", "figures"),
    ("V", "take VRAM"),
    ("K", "kill engine"),
    ("P", "pacing"),
    ("R", "restart"),
    ("Space", "pause"),
)
_NOTICE_MS, _FADE_MS = 8000.0, 1200.0
_MIDDLE = 190


def draw_top(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw the sides with their health, the tick, and the number of the battle."""
    bar = screen.layout.top
    surface.fill(PANEL, bar)
    surface.fill(PANEL_EDGE, (bar.left, bar.bottom - 1, bar.width, 1))
    middle = pygame.Rect(0, bar.top, min(screen.px(_MIDDLE), bar.width // 3), bar.height)
    middle.centerx = bar.centerx
    _draw_time(surface, screen, scene, middle)
    pad = screen.px(10)
    left = pygame.Rect(bar.left + pad, bar.top, middle.left - bar.left - 2 * pad, bar.height)
    right = pygame.Rect(middle.right + pad, bar.top, bar.right - middle.right - 2 * pad, bar.height)
    for side, rect in zip(SIDES, (left, right), strict=True):
        _draw_side(surface, screen, scene, side, rect)


def _draw_time(surface: pygame.Surface, screen: Screen, scene: Scene, rect: pygame.Rect) -> None:
    type_ = screen.type_
    top = rect.top + screen.px(4)
    type_.draw(surface, f"Tick {scene.tick} / {scene.limit}", (rect.centerx, top), size="large", align="center")
    for side, x in zip(SIDES, (rect.left + screen.px(14), rect.right - screen.px(14)), strict=True):
        wins = str(min(999, scene.wins.get(side, 0)))
        type_.draw(surface, wins, (x, top), size="title", colour=LIGHT[side], align="center")
        type_.draw(surface, "wins", (x, top + screen.px(25)), size="tiny", colour=DIM, align="center")
    bar = pygame.Rect(0, 0, rect.width - screen.px(76), max(3, screen.px(5)))
    bar.midtop = (rect.centerx, top + screen.px(22))
    draw_bar(surface, bar, scene.tick_progress, GOLD, back=mixed(GOLD, SHADOW, 0.85))
    line = f"battle {scene.seed}"
    type_.draw(surface, line, (rect.centerx, bar.bottom + screen.px(4)), size="tiny", colour=DIM, align="center")


def _draw_side(surface: pygame.Surface, screen: Screen, scene: Scene, side: Side, rect: pygame.Rect) -> None:
    """Draw one side; the right one is the mirror image of the left one."""
    is_right = side == "red"
    size = screen.px(38)
    icon = emblem(side, size)
    place = icon.get_rect(midright=(rect.right, rect.centery)) if is_right else icon.get_rect(midleft=rect.midleft)
    surface.blit(icon, place)
    room = pygame.Rect(
        rect.left + (0 if is_right else size + screen.px(9)), rect.top, rect.width - size - screen.px(9), rect.height
    )
    _draw_health(surface, screen, scene, side, room)
    _draw_names(surface, screen, scene, side, room)


def _draw_health(surface: pygame.Surface, screen: Screen, scene: Scene, side: Side, room: pygame.Rect) -> None:
    is_right = side == "red"
    own = [soldier for soldier in scene.soldiers if soldier.side == side]
    health, most = sum(max(0, soldier.health) for soldier in own), max(1, MAX_HEALTH * len(own))
    bar = pygame.Rect(room.left, 0, room.width, screen.px(14))
    bar.bottom = room.bottom - screen.px(8)
    draw_bar(surface, bar, health / most, COLOURS[side], back=mixed(DARK[side], NIGHT, 0.45), from_right=is_right)
    for number in range(1, len(own)):
        x = bar.left + round(bar.width * number / len(own))
        surface.fill(mixed(DARK[side], NIGHT, 0.6), (x, bar.top, max(1, screen.px(1.5)), bar.height))
    alive = sum(soldier.fallen_ms is None for soldier in own)
    line = f"{health} health   {alive} of {len(own)}"
    x = bar.right - screen.px(8) if is_right else bar.left + screen.px(8)
    top = bar.centery - screen.type_.line_height("tiny") / 2
    screen.type_.draw(
        surface, line, (x, top), size="tiny", align="right" if is_right else "left", outline=DARK[side], width=bar.width
    )


def _draw_names(surface: pygame.Surface, screen: Screen, scene: Scene, side: Side, room: pygame.Rect) -> None:
    """Draw who the side is, who plays it, and what its captain wants."""
    type_, is_right = screen.type_, side == "red"
    top = room.top + screen.px(5)
    x = room.right if is_right else room.left
    name = type_.draw(
        surface, SIDE_NAMES[side], (x, top), size="large", colour=LIGHT[side], align="right" if is_right else "left"
    )
    chip = _draw_chip(surface, screen, scene.players.get(side, ""), name, is_right)
    order = scene.orders.get(side, "")
    if not order:
        return
    gap, flag = screen.px(10), sign("flag", screen.px(16))
    if is_right:
        left, width = room.left, chip.left - gap - room.left
    else:
        left, width = chip.right + gap, room.right - chip.right - gap
    width -= flag.get_width() + screen.px(4)
    if width < screen.px(40):
        return
    text = type_.cut(order, "small", width)
    if not is_right:
        left += width - type_.measure(text, "small")[0]
    surface.blit(flag, flag.get_rect(midleft=(left, name.centery)))
    line = name.centery - type_.line_height("small") / 2
    type_.draw(surface, text, (left + flag.get_width() + screen.px(4), line), size="small", colour=GOLD)


def _draw_chip(surface: pygame.Surface, screen: Screen, player: str, name: pygame.Rect, is_right: bool) -> pygame.Rect:
    """Draw who plays a side as a small label beside its name."""
    text, is_model = player_name(player)[:24], has_model(player)
    spark = sign("model", screen.px(12)) if is_model else None
    gap, pad = screen.px(4), screen.px(7)
    width = screen.type_.measure(text, "small")[0] + 2 * pad + (spark.get_width() + gap if spark else 0)
    chip = pygame.Rect(0, 0, width, screen.px(18))
    chip.centery = name.centery
    if is_right:
        chip.right = name.left - screen.px(9)
    else:
        chip.left = name.right + screen.px(9)
    draw_panel(surface, chip, colour=PANEL_LIGHT, edge=GOLD if is_model else PANEL_EDGE, radius=chip.height // 2)
    left = chip.left + pad
    if spark is not None:
        surface.blit(spark, spark.get_rect(midleft=(left, chip.centery)))
        left += spark.get_width() + gap
    line = chip.centery - screen.type_.line_height("small") / 2
    screen.type_.draw(surface, text, (left, line), size="small", colour=GOLD if is_model else DIM)
    return chip


def draw_bottom(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw the last news on the left and the keys on the right, as far as there is room."""
    bar = screen.layout.bottom
    surface.fill(PANEL, bar)
    surface.fill(PANEL_EDGE, (bar.left, bar.top, bar.width, 1))
    fresh = [notice for notice in scene.notices if notice.age_ms < _NOTICE_MS]
    left = bar.left + screen.px(12)
    left = _draw_notices(surface, screen, reversed(fresh[-2:]), left)
    _draw_keys(surface, screen, bar, left + screen.px(16))


def _draw_notices(surface: pygame.Surface, screen: Screen, notices: Iterable[Notice], left: int) -> int:
    bar = screen.layout.bottom
    line = bar.centery - screen.type_.line_height("body") / 2
    for notice in notices:
        room = bar.right - screen.px(12) - left
        if room < screen.px(60):
            break
        alpha = round(255 * min(1.0, (_NOTICE_MS - notice.age_ms) / _FADE_MS))
        colour = notice_colour(notice.kind, GOLD)
        dot = disc(screen.px(4.5), colour)
        blit_faded(surface, dot, dot.get_rect(midleft=(left, bar.centery)), alpha)
        left += dot.get_width() + screen.px(6)
        ink = colour if notice.kind == "trouble" else INK
        drawn = screen.type_.draw(
            surface, notice.text, (left, line), colour=ink, width=room - screen.px(20), alpha=alpha
        )
        left = drawn.right + screen.px(22)
    return left


def _draw_keys(surface: pygame.Surface, screen: Screen, bar: pygame.Rect, least: int) -> None:
    """Draw the keys from the right on, and leave out those that would come too far to the left."""
    type_ = screen.type_
    right = bar.right - screen.px(10)
    line = bar.centery - type_.line_height("small") / 2
    for key, text in reversed((("Click", "a soldier to talk"), *KEYS)):
        cap = pygame.Rect(0, 0, type_.measure(key, "small")[0] + screen.px(11), screen.px(18))
        width = type_.measure(text, "small")[0] + cap.width + screen.px(6)
        if right - width < least:
            return
        type_.draw(surface, text, (right, line), size="small", colour=DIM, align="right")
        cap.midleft = (right - width, bar.centery)
        draw_panel(surface, cap, colour=PANEL_LIGHT, edge=FAINT, radius=screen.px(4))
        type_.draw(surface, key, (cap.centerx, line), size="small", align="center")
        right -= width + screen.px(14)
