"""What soldiers stand on: a round base for one side, a pointed one for the other, and a golden ring."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import pygame

from ...drawing.palette import GOLD, SHADOW, Colour, mixed
from ..rules import Side
from .brush import Brush, picture
from .sprites import COLOURS, DARK, LIGHT

_WIDTH, _HEIGHT = 1.1, 0.56


@lru_cache(maxsize=16)
def base(side: Side, cell: int) -> pygame.Surface:
    """Return the base of a side with the shadow of who stands on it; shared, do not change it."""

    def paint(brush: Brush) -> None:
        edge, inner = COLOURS[side], mixed(DARK[side], SHADOW, 0.25)
        if side == "blue":
            brush.ellipse(0, 0, 0.37, 0.155, edge)
            brush.ellipse(0, 0, 0.315, 0.115, inner, outline=False)
        else:
            brush.polygon(_diamond(0.42, 0.185), edge)
            brush.polygon(_diamond(0.33, 0.13), inner, outline=False)
        brush.ellipse(0.02, 0.0, 0.2, 0.065, SHADOW, outline=False)
        brush.arc(-0.1, -0.02, 0.02, (0, 1), mixed(LIGHT[side], inner, 0.8), 0.01)

    return _painted(cell, paint)


@lru_cache(maxsize=32)
def ring(cell: int, size: int) -> pygame.Surface:
    """Return the ring around who is selected, ``size`` hundredths of a cell wide on each side; shared."""

    def paint(brush: Brush) -> None:
        for across, width, colour in ((size / 100, 0.075, SHADOW), (size / 100, 0.045, GOLD)):
            _ellipse_line(brush, across, across * 0.46, colour, width)

    return _painted(cell, paint)


def _painted(cell: int, paint: Callable[[Brush], None]) -> pygame.Surface:
    size = (math.ceil(_WIDTH * cell), math.ceil(_HEIGHT * cell))
    return picture(size, cell, (size[0] / 2, size[1] / 2), paint)


def _ellipse_line(brush: Brush, across: float, down: float, colour: Colour, width: float) -> None:
    turns = [2 * math.pi * step / 40 for step in range(41)]
    points = [(across * math.cos(turn), down * math.sin(turn)) for turn in turns]
    brush.line(points, colour, width, outline=False)


def _diamond(across: float, down: float) -> list[tuple[float, float]]:
    return [(-across, 0), (0, -down), (across, 0), (0, down)]
