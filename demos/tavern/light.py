"""The light of the room: how bright the candle makes each place, and the flame, which never stands still."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pygame

from ..drawing.palette import Colour
from ..drawing.shapes import glow
from .brush import Brush, Point

_GRID = (64, 40)
WARM: Colour = (255, 176, 92)
_OUTER: Colour = (255, 150, 40)
_INNER: Colour = (255, 206, 84)
_CORE: Colour = (255, 250, 222)


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light.

    Args:
        at: Where, in units.
        colour: Its colour at the middle, 1 being white.
        reach: How far away it has half its strength.
    """

    at: Point
    colour: tuple[float, float, float]
    reach: float


def light_map(
    size: tuple[int, int], origin: Point, scale: float, ambient: tuple[float, float, float], lamps: Sequence[Lamp]
) -> pygame.Surface:
    """Return a picture to multiply another with, so that it is lit.

    Args:
        size: In pixels.
        origin: The unit at the upper left.
        scale: Pixels of a unit.
        ambient: The light that is everywhere.
        lamps: What shines.
    """
    columns, rows = _GRID
    grid = pygame.Surface(_GRID)
    for row in range(rows):
        y = origin[1] + (row + 0.5) / rows * size[1] / scale
        for column in range(columns):
            x = origin[0] + (column + 0.5) / columns * size[0] / scale
            grid.set_at((column, row), _light((x, y), ambient, lamps))
    return pygame.transform.smoothscale(grid, (max(1, size[0]), max(1, size[1])))


def _light(at: Point, ambient: tuple[float, float, float], lamps: Sequence[Lamp]) -> Colour:
    shares = list(ambient)
    for lamp in lamps:
        strength = 1 / (1 + (math.dist(at, lamp.at) / lamp.reach) ** 2)
        shares = [share + part * strength for share, part in zip(shares, lamp.colour, strict=True)]
    red, green, blue = (min(255, round(255 * share)) for share in shares)
    return red, green, blue


def flicker(now_ms: float) -> float:
    """Return how bright the flame is at a moment, about 1."""
    t = now_ms / 1000
    return 1 + 0.05 * math.sin(7.3 * t) + 0.04 * math.sin(12.7 * t + 1) + 0.05 * math.sin(2.1 * t + 2)


def sway(now_ms: float) -> float:
    """Return how far the flame leans at a moment, from -1 to 1."""
    t = now_ms / 1000
    return 0.55 * math.sin(1.7 * t) + 0.3 * math.sin(4.3 * t + 0.7) + 0.15 * math.sin(9.1 * t)


def draw_glow(surface: pygame.Surface, at: tuple[float, float], radius: float, now_ms: float) -> None:
    """Add the light around the flame."""
    # Steps, so that a few pictures serve for all moments.
    strength = 0.20 + 0.02 * round((flicker(now_ms) - 1) * 30)
    for reach, share in ((radius, 1.0), (radius * 0.24, 1.2)):
        image = glow(max(2, round(reach)), WARM, round(strength * share, 3))
        place = image.get_rect(center=(round(at[0] + sway(now_ms) * radius * 0.012), round(at[1])))
        surface.blit(image, place, special_flags=pygame.BLEND_RGB_ADD)


def draw_flame(surface: pygame.Surface, at: tuple[float, float], high: float, now_ms: float) -> None:
    """Draw the flame, its foot at a place in pixels."""
    factor = 3
    size = (max(4, round(high * 1.6)), max(4, round(high * 1.3)))
    canvas = pygame.Surface((size[0] * factor, size[1] * factor), pygame.SRCALPHA)
    canvas.fill((*_OUTER, 0))
    unit = high * factor
    brush = Brush(canvas, unit, (-0.8, -1.2))
    lean, tall = 0.16 * sway(now_ms), 0.92 + 0.35 * (flicker(now_ms) - 1)
    for share, colour in ((1.0, _OUTER), (0.74, _INNER), (0.46, _CORE)):
        brush.shape(_tear(share, lean, tall), colour)
    surface.blit(pygame.transform.smoothscale(canvas, size), (round(at[0] - 0.8 * high), round(at[1] - 1.2 * high)))


def _tear(share: float, lean: float, tall: float) -> list[Point]:
    wide, top = 0.24 * share, -tall * share * 0.94
    return [
        (lean * 1.5 * share, top),
        (wide * 0.55 + lean * 0.6 * share, top * 0.55),
        (wide, -0.2 * share),
        (wide * 0.6, 0.03),
        (0.0, 0.06),
        (-wide * 0.6, 0.03),
        (-wide, -0.2 * share),
        (-wide * 0.55 + lean * 0.6 * share, top * 0.55),
    ]
