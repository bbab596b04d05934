"""The room: wall, window, shelves and floor behind the guests, and the table before them. 160 by 100 units."""

from __future__ import annotations

import random
from typing import Final

import pygame

from ..drawing.palette import Colour, mixed
from .brush import Brush, Point
from .light import Lamp

WIDE: Final = 160.0
HIGH: Final = 100.0
FLAME: Final[Point] = (80.0, 65.5)
LANTERN: Final[Point] = (57.5, 13.0)
PANE: Final = (8.0, 11.0, 21.0, 29.0)
TABLE: Final[Point] = (80.0, 83.0)
TABLE_WIDE: Final = 64.0
TABLE_HIGH: Final = 14.5
FLOOR_TOP: Final = 72.0

CANDLE: Final = Lamp(FLAME, (0.74, 0.52, 0.31), 38.0)
LAMP: Final = Lamp(LANTERN, (0.60, 0.38, 0.18), 15.0)
MOON: Final = Lamp((18.0, 26.0), (0.10, 0.18, 0.32), 14.0)
WALL_LIGHT: Final = (0.20, 0.17, 0.22)
FRONT_LIGHT: Final = (0.40, 0.35, 0.38)

_PLASTER: Colour = (186, 146, 108)
_BEAM: Colour = (96, 62, 40)
_BEAM_DARK: Colour = (70, 44, 30)
_FLOOR: Colour = (120, 80, 52)
_NIGHT_SKY: Colour = (62, 92, 150)
_WOOD: Colour = (166, 108, 62)
_WOOD_DARK: Colour = (104, 64, 38)
_BRASS: Colour = (214, 160, 78)
_COPPER: Colour = (216, 120, 66)
_WAX: Colour = (246, 234, 206)
_BOTTLES: tuple[Colour, ...] = ((84, 140, 98), (150, 82, 58), (92, 112, 150), (176, 146, 74), (132, 84, 128))


def paint_wall(brush: Brush, left: float, top: float, right: float, bottom: float) -> None:
    """Paint what is behind the guests, wherever the window's edges are.

    Args:
        brush: What to paint with.
        left: The unit at the left edge.
        top: That at the upper edge.
        right: That at the right edge.
        bottom: That at the lower edge.
    """
    brush.box(left, top, right - left, bottom - top, _PLASTER)
    _plaster(brush, left, top, right)
    _floor(brush, left, right, bottom)
    brush.box(left, 57, right - left, FLOOR_TOP - 57, _BEAM)
    for x in range(int(left // 7) * 7, int(right) + 7, 7):
        brush.box(x, 57.6, 0.35, FLOOR_TOP - 57.6, _BEAM_DARK)
    brush.box(left, 56, right - left, 1.9, mixed(_BEAM, _WOOD, 0.4))
    brush.box(left, top, right - left, max(0.5, 4.5 - top), _BEAM)
    brush.box(left, 4.0, right - left, 0.8, _BEAM_DARK)
    for post in (-20.0, 39.0, 101.0, 160.0):
        brush.box(post, top, 5.0, 57 - top, _BEAM)
        brush.box(post + 4.3, top, 0.7, 57 - top, _BEAM_DARK)
    _window(brush)
    _shelves(brush)
    _lantern(brush, top)
    _barrel(brush)


def _plaster(brush: Brush, left: float, top: float, right: float) -> None:
    dice = random.Random(3)
    for _ in range(60):
        at = (dice.uniform(left, right), dice.uniform(top, 56))
        brush.oval(at, dice.uniform(3, 9), dice.uniform(0.6, 1.6), mixed(_PLASTER, _BEAM, dice.uniform(0.04, 0.1)))


def _floor(brush: Brush, left: float, right: float, bottom: float) -> None:
    brush.box(left, FLOOR_TOP, right - left, bottom - FLOOR_TOP, _FLOOR)
    for row in range(1, 5):
        brush.box(left, FLOOR_TOP + row * row * 1.6, right - left, 0.3, mixed(_FLOOR, _BEAM_DARK, 0.7))


def _window(brush: Brush) -> None:
    left, top, wide, high = PANE
    brush.box(left - 2, top - 2, wide + 4, high + 4, _BEAM, 0.8)
    brush.box(left, top, wide, high, _NIGHT_SKY)
    brush.oval((left + 15, top + 7), 3.2, 3.2, (198, 212, 236))
    brush.oval((left + 16.4, top + 6.4), 2.9, 2.9, mixed(_NIGHT_SKY, (198, 212, 236), 0.12))
    hills = [(left, top + high), (left, top + 21), (left + 6, top + 18), (left + 12, top + 22), (left + wide, top + 19)]
    brush.polygon([*hills, (left + wide, top + high)], (28, 42, 78))
    brush.polygon([(left + 4, top + 20), (left + 6.2, top + 14.5), (left + 8.4, top + 20)], (24, 36, 68))
    brush.line([(left + 3.2, top + 12.6), (left + 9.2, top + 17.6)], (24, 36, 68), 0.5)
    brush.line([(left + 3.4, top + 17.4), (left + 9.0, top + 12.8)], (24, 36, 68), 0.5)


def paint_bars(brush: Brush) -> None:
    """Paint the bars of the window, which lie before the rain."""
    left, top, wide, high = PANE
    brush.box(left + wide / 2 - 0.6, top, 1.2, high, _BEAM)
    brush.box(left, top + high / 2 - 0.6, wide, 1.2, _BEAM)
    brush.box(left - 3, top + high + 1.6, wide + 6, 1.8, mixed(_BEAM, _WOOD, 0.5))


def _shelves(brush: Brush) -> None:
    dice = random.Random(11)
    for y in (22.0, 39.0):
        x = 111.0
        while x < 151:
            kind, high, wide = dice.randrange(3), dice.uniform(6, 10), dice.uniform(2.6, 3.8)
            colour = _BOTTLES[dice.randrange(len(_BOTTLES))]
            if kind == 2:
                _mug(brush, (x + 2.2, y), 4.6, 4.4, mixed(_WOOD, _WOOD_DARK, 0.3))
                x += 6.6
                continue
            brush.box(x, y - high * 0.66, wide, high * 0.66, colour, 0.7)
            brush.box(x + wide * 0.32, y - high, wide * 0.36, high * 0.5, colour)
            brush.box(x + wide * 0.2, y - high * 0.58, wide * 0.2, high * 0.45, mixed(colour, (255, 255, 255), 0.35))
            x += wide + dice.uniform(1.2, 2.6)
        brush.box(108.5, y, 46, 1.6, _WOOD)
        brush.box(108.5, y + 1.6, 46, 0.6, _BEAM_DARK)
        for bracket in (113.0, 148.0):
            brush.polygon([(bracket, y + 2), (bracket + 2, y + 2), (bracket, y + 5)], _BEAM_DARK)


def _lantern(brush: Brush, top: float) -> None:
    x, y = LANTERN
    brush.line([(x, min(top, 0.0)), (x, y - 5.5)], _BEAM_DARK, 0.5)
    brush.polygon([(x - 3.6, y - 3.4), (x, y - 6.4), (x + 3.6, y - 3.4)], _COPPER)
    brush.box(x - 3.0, y - 3.4, 6.0, 7.4, (255, 220, 140), 0.5)
    brush.oval((x, y + 0.6), 1.1, 2.0, (255, 246, 214))
    for shift in (-3.2, -0.3, 2.6):
        brush.box(x + shift, y - 3.4, 0.6, 7.4, _COPPER)
    brush.box(x - 4.0, y + 4.0, 8.0, 1.5, _COPPER, 0.5)


def _barrel(brush: Brush) -> None:
    for x, y in ((146.0, 64.0), (157.0, 66.0), (3.0, 66.0)):
        edge: list[Point] = [(x - 5.5, y - 8), (x + 5.5, y - 8), (x + 6.8, y), (x + 5.5, y + 8), (x - 5.5, y + 8)]
        brush.shape([*edge, (x - 6.8, y)], mixed(_WOOD, _WOOD_DARK, 0.25))
        for shift in (-3.4, 0.0, 3.4):
            brush.line([(x + shift, y - 8), (x + shift * 1.2, y), (x + shift, y + 8)], _WOOD_DARK, 0.35)
        for shift in (-4.6, 4.6):
            brush.box(x - 6.6, y + shift - 0.7, 13.2, 1.4, (98, 92, 92), 0.4)


def paint_table(brush: Brush) -> None:
    """Paint the table and what stands on it, but for the flame."""
    x, y = TABLE
    brush.oval((x, y + 4.2), TABLE_WIDE, TABLE_HIGH, mixed(_WOOD_DARK, (20, 10, 6), 0.45))
    brush.oval((x, y + 2.0), TABLE_WIDE, TABLE_HIGH, _WOOD_DARK)
    brush.oval((x, y), TABLE_WIDE, TABLE_HIGH, _WOOD)
    brush.oval((x, y), TABLE_WIDE * 0.965, TABLE_HIGH * 0.94, mixed(_WOOD, _WOOD_DARK, 0.14))
    brush.oval((x, y), TABLE_WIDE * 0.95, TABLE_HIGH * 0.92, _WOOD)
    dice = random.Random(5)
    for _ in range(26):
        shift = dice.uniform(-0.86, 0.86)
        half = TABLE_WIDE * 0.9 * (1 - shift * shift) ** 0.5
        start = dice.uniform(-half, half * 0.4)
        grain = mixed(_WOOD, _WOOD_DARK, dice.uniform(0.12, 0.3))
        down = y + shift * TABLE_HIGH * 0.9
        brush.line([(x + start, down), (x + min(half, start + dice.uniform(8, 30)), down)], grain, 0.25)
    _candle(brush)
    _mug(brush, (60.0, 83.0), 6.0, 6.4, (150, 148, 150))
    _mug(brush, (103.5, 82.5), 5.8, 6.0, (150, 148, 150))
    _bowl(brush, (69.5, 93.0))
    _bread(brush, (90.5, 92.0))
    _small_candles(brush, (110.0, 90.0))
    _pipe(brush, (49.0, 90.5))


def _candle(brush: Brush) -> None:
    x, y = FLAME
    foot = y + 13.5
    brush.oval((x, foot + 1.1), 7.2, 2.4, mixed(_WOOD_DARK, (20, 10, 6), 0.3))
    brush.oval((x, foot), 6.4, 2.2, mixed(_BRASS, _WOOD_DARK, 0.35))
    brush.oval((x, foot - 0.5), 5.6, 1.8, _BRASS)
    brush.box(x - 2.0, foot - 3.2, 4.0, 3.0, mixed(_BRASS, _WOOD_DARK, 0.2), 0.6)
    brush.box(x - 1.7, y + 1.4, 3.4, foot - y - 3.6, _WAX, 0.5)
    brush.oval((x, y + 1.5), 1.7, 0.6, mixed(_WAX, (255, 190, 110), 0.5))
    brush.box(x - 2.0, y + 1.6, 0.9, 5.2, _WAX, 0.4)
    brush.box(x + 1.2, y + 1.7, 0.8, 3.4, _WAX, 0.4)
    brush.line([(x, y + 1.4), (x + 0.1, y - 0.2)], (60, 40, 30), 0.35)


def _mug(brush: Brush, foot: Point, wide: float, high: float, colour: Colour) -> None:
    x, y = foot
    dark, light = mixed(colour, (20, 12, 8), 0.45), mixed(colour, (255, 240, 220), 0.35)
    handle = [(x + wide * 0.45, y - high * 0.8), (x + wide * 0.85, y - high * 0.6), (x + wide * 0.45, y - high * 0.2)]
    brush.line(handle, dark, 0.8)
    brush.box(x - wide / 2, y - high, wide, high, colour, 0.5)
    brush.oval((x, y), wide / 2, wide * 0.15, colour)
    brush.box(x - wide * 0.38, y - high * 0.9, wide * 0.14, high * 0.8, light, 0.3)
    brush.oval((x, y - high), wide / 2, wide * 0.16, dark)
    brush.oval((x, y - high), wide * 0.42, wide * 0.12, (240, 222, 180))


def _bowl(brush: Brush, at: Point) -> None:
    x, y = at
    brush.shape([(x - 6, y - 2), (x + 6, y - 2), (x + 4, y + 2.4), (x - 4, y + 2.4)], (124, 84, 56))
    brush.oval((x, y - 2), 6.2, 1.7, (98, 64, 42))
    brush.oval((x, y - 1.9), 5.4, 1.3, (206, 126, 62))
    brush.oval((x - 1.6, y - 2.1), 0.9, 0.35, (140, 170, 90))
    brush.oval((x + 2.0, y - 1.7), 0.8, 0.3, (236, 196, 120))


def _bread(brush: Brush, at: Point) -> None:
    x, y = at
    brush.oval((x, y + 1.2), 8.2, 2.4, _WOOD_DARK)
    brush.oval((x, y + 0.7), 8.0, 2.2, (192, 138, 84))
    brush.shape([(x - 5.6, y), (x - 3, y - 3.2), (x + 2.6, y - 3.4), (x + 5.8, y - 0.4), (x, y + 1.4)], (204, 138, 66))
    for shift in (-2.6, 0.0, 2.6):
        brush.line([(x + shift - 0.5, y - 2.6), (x + shift + 0.7, y - 0.8)], (244, 206, 146), 0.5)


def _small_candles(brush: Brush, at: Point) -> None:
    x, y = at
    for shift, down in ((0.0, 0.0), (0.8, 1.4), (-0.4, 2.6)):
        brush.line([(x - 5 + shift, y + down), (x + 4 + shift, y + down - 1.2)], _WAX, 1.2)
        brush.line([(x + 4 + shift, y + down - 1.2), (x + 5 + shift, y + down - 1.5)], (90, 70, 50), 0.3)
    brush.line([(x - 0.6, y - 1.6), (x + 0.6, y + 3.4)], (168, 70, 54), 0.7)


def _pipe(brush: Brush, at: Point) -> None:
    x, y = at
    brush.line([(x - 5, y + 0.4), (x, y + 0.8), (x + 3, y + 0.2)], (62, 38, 26), 0.8)
    brush.box(x + 2.2, y - 2.2, 2.6, 3.0, (98, 54, 34), 0.7)
    brush.oval((x + 3.5, y - 2.1), 1.3, 0.5, (40, 24, 18))


def paint_rain(surface: pygame.Surface, brush: Brush, now_ms: float) -> None:
    """Paint rain behind the window's bars."""
    left, top, wide, high = PANE
    for number in range(22):
        speed = 30 + number * 7 % 11
        y = (number * 37 % 29 + now_ms / 1000 * speed) % (high + 4) - 2
        x = left + (number * 5.3 - y * 0.12) % wide
        start, end = max(top, top + y - 2.2), min(top + high, top + y)
        if end > start:
            pygame.draw.line(surface, (96, 116, 150), brush.at((x, start)), brush.at((x - 0.3, end)), 1)
