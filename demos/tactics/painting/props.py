"""What one takes cover behind: sandbags, a bush, or crates."""

from __future__ import annotations

import math
from functools import lru_cache

import pygame

from ...drawing.palette import COVER, COVER_DARK, LEAF, SHADOW, WOOD, WOOD_DARK, mixed
from ..field import Cell
from .brush import Brush, picture

# Size of a picture in cells; its lower edge is the lower edge of the cell, a little below the feet.
WIDTH, HEIGHT = 1.1, 0.7
BASE = 0.95
_KINDS = 3


def cover_kind(cell: Cell, seed: int, width: int) -> int:
    """Return what stands on a cell; the same for both sides of a field."""
    x = min(cell[0], width - 1 - cell[0])
    return (x * 5 + cell[1] * 3 + seed) % _KINDS


@lru_cache(maxsize=12)
def cover(kind: int, cell: int) -> pygame.Surface:
    """Return the picture of a cover; shared, do not change it."""
    size = (math.ceil(WIDTH * cell), math.ceil(HEIGHT * cell))
    return picture(size, cell, (WIDTH / 2 * cell, (HEIGHT - 0.1) * cell), (_sandbags, _bush, _crates)[kind % _KINDS])


# The base is at (0, 0), up is negative.


def _shade(brush: Brush) -> None:
    brush.ellipse(0.04, -0.02, 0.5, 0.09, mixed(SHADOW, LEAF, 0.12), outline=False)


def _sandbags(brush: Brush) -> None:
    _shade(brush)
    for x, y, tone in (
        (-0.33, -0.09, 0.0),
        (0.0, -0.08, 0.12),
        (0.33, -0.09, 0.04),
        (-0.17, -0.225, 0.16),
        (0.17, -0.23, 0.08),
    ):
        brush.ellipse(x, y, 0.185, 0.09, mixed(COVER, COVER_DARK, 0.25 + tone))
        brush.ellipse(x - 0.02, y - 0.02, 0.15, 0.055, mixed(COVER, (255, 240, 205), 0.12 - tone / 2), outline=False)
        brush.line([(x + 0.1, y - 0.05), (x + 0.11, y + 0.05)], mixed(COVER_DARK, COVER, 0.3), 0.014, outline=False)


def _bush(brush: Brush) -> None:
    _shade(brush)
    spots = ((-0.31, -0.12, 0.15), (0.31, -0.12, 0.15), (-0.13, -0.19, 0.18), (0.15, -0.2, 0.17), (0.0, -0.1, 0.17))
    dark = mixed(LEAF, SHADOW, 0.42)
    for x, y, radius in spots:
        brush.circle(x, y, radius, dark)
    for x, y, radius in spots:
        brush.circle(x, y, radius, dark, outline=False)
    for x, y, radius in spots:
        brush.circle(x - 0.025, y - 0.035, radius * 0.72, mixed(LEAF, SHADOW, 0.12), outline=False)
        brush.circle(x - 0.05, y - 0.07, radius * 0.38, mixed(LEAF, (226, 240, 160), 0.3), outline=False)
    for x, y in ((-0.2, -0.1), (0.08, -0.2), (0.27, -0.08), (-0.02, -0.05)):
        brush.circle(x, y, 0.024, (226, 96, 100), outline=False)


def _crates(brush: Brush) -> None:
    _shade(brush)
    for x, y, width, height in ((-0.44, -0.33, 0.4, 0.33), (0.0, -0.27, 0.45, 0.27)):
        brush.box(x, y, width, height, WOOD, radius=0.02)
        brush.box(
            x + 0.045, y + 0.05, width - 0.09, height - 0.1, mixed(WOOD, WOOD_DARK, 0.5), radius=0.01, outline=False
        )
        inner = [(x + 0.06, y + height - 0.07), (x + width - 0.06, y + 0.07)]
        brush.line(inner, WOOD, 0.05, outline=False)
        brush.line(
            [(x + 0.02, y + 0.018), (x + width - 0.02, y + 0.018)],
            mixed(WOOD, (255, 232, 190), 0.4),
            0.02,
            outline=False,
        )
