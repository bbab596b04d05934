"""The soldiers as small pictures: one silhouette a role, one dress a side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import pygame

from ...drawing.palette import (
    BLUE,
    BLUE_DARK,
    BLUE_LIGHT,
    GOLD,
    INK,
    RED,
    RED_DARK,
    RED_LIGHT,
    SKIN,
    STEEL,
    WOOD,
    WOOD_DARK,
    Colour,
    mixed,
)
from ..rules import RoleName, Side
from .brush import Brush, picture

# Size of a picture in cells, and where the feet stand in it.
WIDTH, HEIGHT = 1.16, 1.3
FEET = (0.58, 1.16)
COLOURS: Mapping[Side, Colour] = {"blue": BLUE, "red": RED}
DARK: Mapping[Side, Colour] = {"blue": BLUE_DARK, "red": RED_DARK}
LIGHT: Mapping[Side, Colour] = {"blue": BLUE_LIGHT, "red": RED_LIGHT}
_WHITE: Colour = (240, 240, 234)
_LEATHER: Colour = (96, 70, 50)
_FUR: Colour = (214, 196, 168)
_BONE: Colour = (244, 234, 208)
_GREY: Colour = (112, 114, 120)


@lru_cache(maxsize=160)
def standing(side: Side, role: RoleName, cell: int, is_left: bool = False, stride: int = 0) -> pygame.Surface:
    """Return a soldier, standing or in one of two strides; shared, do not change it.

    Args:
        side: Whose it is.
        role: What it does.
        cell: Pixels of a cell.
        is_left: Whether it looks to the left.
        stride: 0 stands, 1 and -1 have one leg forward.
    """
    image = picture(
        (math.ceil(WIDTH * cell), math.ceil(HEIGHT * cell)),
        cell,
        (FEET[0] * cell, FEET[1] * cell),
        lambda brush: _paint_soldier(brush, side, role, stride),
    )
    return pygame.transform.flip(image, True, False) if is_left else image


@lru_cache(maxsize=64)
def fallen(side: Side, role: RoleName, cell: int) -> pygame.Surface:
    """Return a soldier on the ground; shared, do not change it."""
    lying = pygame.transform.rotozoom(standing(side, role, cell, False), 82 if side == "red" else -82, 0.86)
    grey = pygame.Surface(lying.get_size(), pygame.SRCALPHA)
    grey.fill((*mixed(_GREY, COLOURS[side], 0.25), 255))
    lying.blit(grey, (0, 0), special_flags=pygame.BLEND_RGB_MULT)
    return lying


@lru_cache(maxsize=256)
def weapon(role: RoleName, cell: int, angle: int) -> pygame.Surface:
    """Return a weapon turned by an angle in degrees, around the middle of the picture; shared, do not change it."""
    side = math.ceil(1.5 * cell)
    image = picture((side, side), cell, (side / 2, side / 2), _WEAPONS[role])
    if 90 < angle % 360 < 270:
        image = pygame.transform.flip(image, False, True)
    return pygame.transform.rotozoom(image, -angle, 1.0)


@lru_cache(maxsize=64)
def portrait(side: Side, role: RoleName, pixels: int) -> pygame.Surface:
    """Return head and shoulders of a soldier on a disc of its side; shared, do not change it."""
    cell = round(pixels * 1.36)

    def disc(brush: Brush) -> None:
        brush.circle(0, 0, 0.335, mixed(DARK[side], (0, 0, 0), 0.15), outline=False)
        brush.arc(0, 0, 0.335, (0, 1), COLOURS[side], 0.035)

    image = picture((pixels, pixels), cell, (pixels / 2, pixels / 2), disc)
    whole = standing(side, role, cell, side == "red")
    body = pygame.Surface((pixels, pixels), pygame.SRCALPHA)
    body.blit(whole, (pixels / 2 - whole.get_width() / 2, pixels * 0.62 - 0.62 * cell))
    mask = picture(
        (pixels, pixels), cell, (pixels / 2, pixels / 2), lambda brush: brush.circle(0, 0, 0.33, INK, outline=False)
    )
    mask.fill((255, 255, 255, 0), special_flags=pygame.BLEND_RGBA_MAX)
    body.blit(mask, (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
    image.blit(body, (0, 0))
    return image


# Painting. Feet at (0, 0), up is negative, looking to the right.


def _paint_soldier(brush: Brush, side: Side, role: RoleName, stride: int) -> None:
    if role == "captain":
        _paint_cape(brush, side)
    if role == "medic":
        brush.box(-0.27, -0.36, 0.16, 0.2, _LEATHER, radius=0.04)
    if role == "archer":
        brush.line([(-0.2, -0.52), (-0.09, -0.2)], _LEATHER, 0.1)
        brush.line([(-0.235, -0.6), (-0.21, -0.53)], INK, 0.035, outline=False)
    _paint_legs(brush, stride)
    _paint_body(brush, side, role)
    _paint_head(brush, side, role)


def _paint_legs(brush: Brush, stride: int) -> None:
    for sign in (-1, 1):
        forward = 0.07 * stride * sign
        lift = 0.035 if stride * sign > 0 else 0.0
        brush.box(sign * 0.085 - 0.06 + forward, -0.19 - lift, 0.12, 0.19, (58, 54, 60), radius=0.05)
        brush.box(sign * 0.085 - 0.06 + forward, -0.075 - lift, 0.155, 0.075, (40, 34, 34), radius=0.035)


def _paint_body(brush: Brush, side: Side, role: RoleName) -> None:
    coat = _WHITE if role == "medic" else COLOURS[side]
    shade = mixed(coat, DARK[side] if role != "medic" else (90, 96, 110), 0.42)
    broad = {"captain": 0.215, "soldier": 0.205, "scout": 0.165}.get(role, 0.185)
    body = [(-broad, -0.4), (-0.12, -0.49), (0.12, -0.49), (broad, -0.4), (broad * 0.96, -0.15), (-broad * 0.96, -0.15)]
    brush.polygon(body, coat)
    brush.polygon(
        [(0.05, -0.49), (0.12, -0.49), (broad, -0.4), (broad * 0.96, -0.15), (0.08, -0.15)], shade, outline=False
    )
    belt = _LEATHER if role != "medic" else COLOURS[side]
    brush.polygon([(-broad, -0.25), (broad, -0.25), (broad, -0.195), (-broad, -0.195)], belt, outline=False)
    brush.box(-0.03, -0.255, 0.06, 0.065, GOLD, radius=0.01, outline=False)
    if side == "red":
        for x in (-0.15, -0.05, 0.05, 0.15):
            brush.circle(x, -0.455, 0.058, _FUR, outline=True)
        brush.box(-0.17, -0.48, 0.34, 0.05, _FUR, outline=False)
    elif role != "medic":
        brush.line([(-0.14, -0.44), (0.13, -0.24)], INK, 0.042, outline=False)
    if role == "medic":
        _paint_cross(brush, 0.0, -0.345, 0.075, (52, 158, 92))
    if role == "captain":
        for sign in (-1, 1):
            brush.ellipse(sign * broad, -0.41, 0.075, 0.045, GOLD)


def _paint_cape(brush: Brush, side: Side) -> None:
    brush.polygon([(-0.16, -0.5), (0.05, -0.5), (-0.12, -0.06), (-0.36, -0.08), (-0.31, -0.28)], DARK[side])


def _paint_head(brush: Brush, side: Side, role: RoleName) -> None:
    brush.circle(0, -0.62, 0.165, SKIN)
    brush.polygon([(-0.16, -0.6), (-0.06, -0.47), (-0.13, -0.5)], mixed(SKIN, WOOD_DARK, 0.35), outline=False)
    for x in (0.035, 0.115):
        brush.ellipse(x, -0.605, 0.02, 0.032, (30, 28, 34), outline=False)
    _HATS[role](brush, side)


def _hat_captain(brush: Brush, side: Side) -> None:
    dark = DARK[side]
    if side == "red":
        _horns(brush, 0.0)
        brush.polygon(_dome(0.185, -0.65, 0.2), STEEL)
        brush.box(-0.195, -0.69, 0.39, 0.06, GOLD, radius=0.02)
        brush.polygon([(-0.03, -0.86), (-0.26, -1.0), (-0.3, -0.86), (-0.16, -0.78)], COLOURS[side])
        return
    brush.polygon([(-0.16, -0.82), (-0.34, -0.98), (-0.4, -0.84), (-0.28, -0.74)], INK)
    brush.polygon([(-0.31, -0.68), (-0.19, -0.86), (0.02, -0.92), (0.2, -0.85), (0.3, -0.68), (0.0, -0.735)], dark)
    brush.line([(-0.27, -0.7), (0.0, -0.755), (0.26, -0.7)], GOLD, 0.035, outline=False)
    brush.circle(0.03, -0.82, 0.045, GOLD, outline=False)


def _hat_soldier(brush: Brush, side: Side) -> None:
    if side == "red":
        _horns(brush, 0.02)
    brush.polygon(_dome(0.19, -0.66, 0.21), STEEL)
    brush.polygon(_dome(0.19, -0.66, 0.21, 0.12), mixed(STEEL, (90, 100, 116), 0.5), outline=False)
    brush.box(-0.225, -0.69, 0.45, 0.06, COLOURS[side], radius=0.03)


def _hat_archer(brush: Brush, side: Side) -> None:
    hood = mixed(COLOURS[side], DARK[side], 0.45)
    brush.polygon(
        [(0.16, -0.74), (0.02, -0.84), (-0.2, -0.95), (-0.2, -0.68), (-0.19, -0.49), (-0.07, -0.47), (-0.04, -0.66)],
        hood,
    )
    brush.line([(0.16, -0.735), (-0.03, -0.67), (-0.065, -0.49)], COLOURS[side], 0.045, outline=False)
    if side == "red":
        _horns(brush, -0.03, 0.7)


def _hat_scout(brush: Brush, side: Side) -> None:
    brush.polygon([(-0.16, -0.66), (-0.36, -0.58), (-0.33, -0.5), (-0.14, -0.6)], DARK[side])
    brush.polygon(_dome(0.178, -0.67, 0.15), mixed(_LEATHER, COLOURS[side], 0.15))
    brush.box(-0.18, -0.715, 0.36, 0.075, COLOURS[side], radius=0.02)
    if side == "red":
        _horns(brush, 0.02, 0.62)
    else:
        brush.polygon([(-0.1, -0.74), (-0.02, -1.02), (0.03, -0.78)], GOLD)


def _hat_medic(brush: Brush, side: Side) -> None:
    if side == "red":
        _horns(brush, 0.02, 0.75)
    brush.polygon(_dome(0.185, -0.65, 0.2), _WHITE)
    brush.box(-0.19, -0.69, 0.38, 0.05, COLOURS[side], radius=0.02, outline=False)
    _paint_cross(brush, 0.02, -0.765, 0.058, (52, 158, 92))


_HATS: Mapping[RoleName, Callable[[Brush, Side], None]] = {
    "captain": _hat_captain,
    "soldier": _hat_soldier,
    "archer": _hat_archer,
    "scout": _hat_scout,
    "medic": _hat_medic,
}


def _dome(radius: float, base: float, height: float, start: float = -9.0) -> list[tuple[float, float]]:
    """Return the upper half of an ellipse as a polygon; from ``start`` on only its right part."""
    angles = [math.pi * step / 14 for step in range(15)]
    points = [(radius * math.cos(angle), base - height * math.sin(angle)) for angle in angles]
    kept = [point for point in points if point[0] >= start]
    return [*kept, (max(start, -radius), base)]


def _horns(brush: Brush, shift: float, size: float = 1.0) -> None:
    for sign in (-1, 1):
        tip = (sign * (0.17 + 0.15 * size) + shift, -0.74 - 0.2 * size)
        bend = (sign * (0.17 + 0.13 * size) + shift, -0.72)
        brush.polygon([(sign * 0.12 + shift, -0.76), tip, bend, (sign * 0.13 + shift, -0.66)], _BONE)


def _paint_cross(brush: Brush, x: float, y: float, size: float, colour: Colour) -> None:
    arm = size * 0.38
    brush.box(x - arm, y - size, 2 * arm, 2 * size, colour, radius=0.005, outline=False)
    brush.box(x - size, y - arm, 2 * size, 2 * arm, colour, radius=0.005, outline=False)


# Weapons, pointing to the right, held at (0, 0).


def _pistol(brush: Brush) -> None:
    brush.line([(0.0, 0.05), (0.05, -0.01)], WOOD, 0.06)
    brush.line([(0.05, -0.02), (0.3, -0.02)], STEEL, 0.05)
    brush.circle(0.03, 0.02, 0.05, SKIN)


def _musket(brush: Brush) -> None:
    brush.line([(-0.24, 0.05), (-0.06, 0.0)], WOOD, 0.075)
    brush.line([(-0.06, 0.0), (0.24, 0.0)], WOOD, 0.05)
    brush.line([(0.1, -0.025), (0.47, -0.025)], STEEL, 0.04)
    brush.circle(0.0, 0.025, 0.05, SKIN)
    brush.circle(0.17, 0.02, 0.045, SKIN)


def _bow(brush: Brush) -> None:
    points = [(0.24 - 0.16 * (step / 6) ** 2, 0.33 * step / 6) for step in range(-6, 7)]
    brush.line([(0.08, -0.33), (0.03, 0.0), (0.08, 0.33)], (236, 236, 226), 0.012, outline=False)
    brush.line(points, WOOD, 0.045)
    brush.line([(0.02, 0.0), (0.4, 0.0)], WOOD_DARK, 0.022, outline=False)
    brush.polygon([(0.48, 0.0), (0.37, -0.045), (0.37, 0.045)], STEEL)
    brush.circle(0.2, 0.0, 0.045, SKIN)


def _carbine(brush: Brush) -> None:
    brush.line([(-0.13, 0.04), (0.0, 0.0)], WOOD, 0.07)
    brush.line([(0.0, -0.01), (0.32, -0.01)], STEEL, 0.045)
    brush.circle(0.0, 0.03, 0.048, SKIN)


_WEAPONS: Mapping[RoleName, Callable[[Brush], None]] = {
    "captain": _pistol,
    "soldier": _musket,
    "archer": _bow,
    "scout": _carbine,
    "medic": _pistol,
}
