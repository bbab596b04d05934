"""Smooth shapes: rounded panels, shadows, bars, discs, glows, arrows and dashed lines. What can be cached is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

import pygame
import pygame.gfxdraw

from .palette import PANEL, PANEL_EDGE, SHADOW, Colour, mixed

Point: TypeAlias = "tuple[float, float]"

_FACTOR = 4
_LARGE_PIXELS = 260


def painted(size: tuple[int, int], paint: Callable[[pygame.Surface, int], None], ground: Colour) -> pygame.Surface:
    """Return a smooth, see-through picture: painted large, then made small.

    Args:
        size: Its width and height.
        paint: Gets the large canvas and how many of its pixels one pixel has.
        ground: The colour at the edges, where the picture ends; it is mixed in there.
    """
    factor = _FACTOR if max(size) < _LARGE_PIXELS else _FACTOR // 2
    width, height = max(1, size[0]), max(1, size[1])
    canvas = pygame.Surface((width * factor, height * factor), pygame.SRCALPHA)
    canvas.fill((*ground, 0))
    paint(canvas, factor)
    return pygame.transform.smoothscale(canvas, (width, height))


@lru_cache(maxsize=256)
def disc(radius: int, colour: Colour, alpha: int = 255) -> pygame.Surface:
    """Return a smooth disc; do not change it, it is shared."""

    def paint(canvas: pygame.Surface, factor: int) -> None:
        middle = canvas.get_width() / 2
        pygame.draw.circle(canvas, (*colour, alpha), (middle, middle), radius * factor)

    return painted((2 * radius + 2, 2 * radius + 2), paint, colour)


@lru_cache(maxsize=64)
def glow(radius: int, colour: Colour, strength: float = 1.0) -> pygame.Surface:
    """Return light that fades outwards, to be added with ``BLEND_RGB_ADD``; do not change it, it is shared."""
    image = pygame.Surface((2 * radius, 2 * radius))
    for ring in range(radius, 0, -1):
        light = strength * (1 - ring / radius) ** 2
        pygame.draw.circle(image, mixed((0, 0, 0), colour, light), (radius, radius), ring)
    return image


@lru_cache(maxsize=256)
def rounded(
    size: tuple[int, int], radius: int, colour: Colour, edge: Colour | None = None, edge_width: int = 1
) -> pygame.Surface:
    """Return a rectangle with round corners; do not change it, it is shared."""
    width, height = max(1, size[0]), max(1, size[1])
    image = pygame.Surface((width, height), pygame.SRCALPHA)
    image.fill((*(edge or colour), 0))
    if edge is None:
        _fill_rounded(image, image.get_rect(), radius, colour)
        return image
    _fill_rounded(image, image.get_rect(), radius, edge)
    inner = image.get_rect().inflate(-2 * edge_width, -2 * edge_width)
    if inner.width > 0 and inner.height > 0:
        _fill_rounded(image, inner, max(0, radius - edge_width), colour)
    return image


def _fill_rounded(image: pygame.Surface, rect: pygame.Rect, radius: int, colour: Colour) -> None:
    radius = min(radius, rect.width // 2, rect.height // 2)
    image.fill(colour, rect.inflate(-2 * radius, 0))
    image.fill(colour, rect.inflate(0, -2 * radius))
    if radius <= 0:
        return
    corner = _corner(radius, colour)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        part = pygame.Rect(right * radius, down * radius, radius, radius)
        at = (rect.right - radius if right else rect.left, rect.bottom - radius if down else rect.top)
        image.blit(corner, at, part)


@lru_cache(maxsize=128)
def _corner(radius: int, colour: Colour) -> pygame.Surface:
    """Return a disc of exactly two radii, of which each quarter is a corner."""

    def paint(canvas: pygame.Surface, factor: int) -> None:
        pygame.draw.circle(canvas, colour, (radius * factor, radius * factor), radius * factor)

    return painted((2 * radius, 2 * radius), paint, colour)


@lru_cache(maxsize=64)
def shadow(size: tuple[int, int], radius: int, reach: int, alpha: int = 90) -> pygame.Surface:
    """Return a soft shadow of a rounded rectangle, larger than it by ``reach`` on each side; shared."""
    image = pygame.Surface((size[0] + 2 * reach, size[1] + 2 * reach), pygame.SRCALPHA)
    image.fill((*SHADOW, 0))
    steps = max(2, min(6, reach))
    for step in range(steps):
        grown = round(reach * (1 - step / steps))
        layer = rounded((size[0] + 2 * grown, size[1] + 2 * grown), radius + grown, SHADOW).copy()
        layer.set_alpha(round(alpha / steps * (1 + step / steps)))
        image.blit(layer, (reach - grown, reach - grown))
    return image


def draw_panel(
    surface: pygame.Surface,
    rect: pygame.Rect,
    *,
    colour: Colour = PANEL,
    edge: Colour | None = PANEL_EDGE,
    radius: int = 8,
    edge_width: int = 1,
    alpha: int = 255,
) -> pygame.Rect:
    """Draw a rounded panel and return where it is."""
    if rect.width <= 0 or rect.height <= 0:
        return rect
    return blit_faded(surface, rounded(rect.size, radius, colour, edge, edge_width), rect, alpha)


def blit_faded(
    surface: pygame.Surface, image: pygame.Surface, at: pygame.Rect | tuple[int, int], alpha: int
) -> pygame.Rect:
    """Draw a shared picture with an alpha from 0 to 255, and leave it as it was."""
    if alpha >= 255:
        return surface.blit(image, at)
    image.set_alpha(max(0, alpha))
    drawn = surface.blit(image, at)
    image.set_alpha(255)
    return drawn


def draw_shadow(surface: pygame.Surface, rect: pygame.Rect, radius: int, reach: int, alpha: int = 90) -> None:
    """Draw the soft shadow of a panel, a little below it."""
    surface.blit(shadow(rect.size, radius, reach, alpha), (rect.left - reach, rect.top - reach + reach // 2))


def draw_bar(
    surface: pygame.Surface,
    rect: pygame.Rect,
    share: float,
    colour: Colour,
    *,
    back: Colour = SHADOW,
    from_right: bool = False,
) -> None:
    """Draw a rounded bar that is filled to a share from 0 to 1."""
    draw_panel(surface, rect, colour=back, edge=None, radius=rect.height // 2)
    width = round(rect.width * min(1.0, max(0.0, share)))
    if width <= 0:
        return
    full = rounded(rect.size, rect.height // 2, colour)
    left = rect.width - width if from_right else 0
    surface.blit(full, (rect.left + left, rect.top), pygame.Rect(left, 0, width, rect.height))


def draw_polygon(surface: pygame.Surface, points: Sequence[Point], colour: Colour, alpha: int = 255) -> None:
    """Draw a filled polygon with smooth edges; alpha works on any surface."""
    whole = [(round(x), round(y)) for x, y in points]
    if len(whole) < 3 or any(abs(x) > 30_000 or abs(y) > 30_000 for x, y in whole):
        return
    pygame.gfxdraw.aapolygon(surface, whole, (*colour, alpha))
    pygame.gfxdraw.filled_polygon(surface, whole, (*colour, alpha))


def draw_line(
    surface: pygame.Surface, start: Point, end: Point, colour: Colour, *, width: float = 2.0, alpha: int = 255
) -> None:
    """Draw a straight line of any width."""
    (x, y), length = start, math.dist(start, end)
    if length < 0.5:
        return
    across = ((y - end[1]) / length * width / 2, (end[0] - x) / length * width / 2)
    corners = [
        (x + across[0], y + across[1]),
        (end[0] + across[0], end[1] + across[1]),
        (end[0] - across[0], end[1] - across[1]),
        (x - across[0], y - across[1]),
    ]
    draw_polygon(surface, corners, colour, alpha)


def draw_dashes(
    surface: pygame.Surface,
    start: Point,
    end: Point,
    colour: Colour,
    *,
    width: float = 2.0,
    dash: float = 8.0,
    shift: float = 0.0,
    alpha: int = 255,
) -> None:
    """Draw a dashed line.

    Args:
        surface: What to draw on.
        start: Where it begins.
        end: Where it ends.
        colour: In which colour.
        width: How thick.
        dash: Length of a dash and of the gap after it.
        shift: How far the dashes have moved on, from 0 to 1.
        alpha: 0 cannot be seen, 255 is solid.
    """
    length = math.dist(start, end)
    if length < 1 or dash <= 0:
        return
    step = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    place = ((shift % 1.0) - 1.0) * 2 * dash
    while place < length:
        low, high = max(0.0, place), min(length, place + dash)
        if high > low:
            one = (start[0] + step[0] * low, start[1] + step[1] * low)
            other = (start[0] + step[0] * high, start[1] + step[1] * high)
            draw_line(surface, one, other, colour, width=width, alpha=alpha)
        place += 2 * dash


def draw_arrow_head(
    surface: pygame.Surface, start: Point, end: Point, colour: Colour, *, size: float = 8.0, alpha: int = 255
) -> None:
    """Draw the head of an arrow whose point is ``end`` and that comes from ``start``."""
    length = math.dist(start, end)
    if length < 0.5:
        return
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    back = (end[0] - along[0] * size, end[1] - along[1] * size)
    across = (-along[1] * size * 0.6, along[0] * size * 0.6)
    wings = [(back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])]
    draw_polygon(surface, [end, *wings], colour, alpha)
