"""Small signs: what a soldier does, who decided that, whose side something is, and an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Literal, TypeAlias

import pygame

from ...drawing.palette import (
    AMBER,
    BLUE,
    BLUE_DARK,
    BLUE_LIGHT,
    CORAL,
    DIM,
    GOLD,
    GREEN,
    INK,
    PAPER,
    RED,
    RED_DARK,
    RED_LIGHT,
    Colour,
)
from ..rules import Side, Verb
from ..scene import Source
from .brush import Brush, picture

Sign: TypeAlias = Literal["model", "fallback", "said", "game", "flag", "shaken", "skull", "ammo", "heart"]


@lru_cache(maxsize=128)
def verb_icon(verb: Verb, pixels: int, colour: Colour = INK) -> pygame.Surface:
    """Return the sign of a verb; shared, do not change it."""
    return _icon(pixels, partial(_VERBS[verb], colour=colour))


@lru_cache(maxsize=128)
def sign(name: Sign, pixels: int, colour: Colour | None = None) -> pygame.Surface:
    """Return a sign; shared, do not change it.

    Args:
        name: Which one.
        pixels: Its width and height.
        colour: Its own when not given.
    """
    paint, usual = _SIGNS[name]
    return _icon(pixels, partial(paint, colour=colour or usual))


@lru_cache(maxsize=32)
def emblem(side: Side, pixels: int) -> pygame.Surface:
    """Return the emblem of a side: a round shield or a horned diamond; shared, do not change it."""
    return _icon(pixels, _shield if side == "blue" else _diamond)


def source_sign(source: Source) -> Sign | None:
    """Return the sign of who decided; nothing for an empty source."""
    return source or None


def _icon(pixels: int, paint: Callable[[Brush], None]) -> pygame.Surface:
    return picture((pixels, pixels), pixels, (pixels / 2, pixels / 2), paint, line=0.05)


# Everything from here on paints in a square of one unit around (0, 0).


def _attack(brush: Brush, colour: Colour) -> None:
    brush.arc(0, 0, 0.26, (0, 1), colour, 0.1)
    for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        brush.line([(x * 0.2, y * 0.2), (x * 0.42, y * 0.42)], colour, 0.1, outline=False)


def _approach(brush: Brush, colour: Colour) -> None:
    for x in (-0.22, 0.1):
        brush.line([(x - 0.08, -0.26), (x + 0.16, 0.0), (x - 0.08, 0.26)], colour, 0.13, outline=False)


def _retreat(brush: Brush, colour: Colour) -> None:
    brush.line([(0.36, 0.24), (0.36, -0.1), (-0.25, -0.1)], colour, 0.12, outline=False)
    brush.polygon([(-0.44, -0.1), (-0.14, -0.36), (-0.14, 0.16)], colour, outline=False)


def _heal(brush: Brush, colour: Colour) -> None:
    brush.box(-0.12, -0.38, 0.24, 0.76, colour, radius=0.03, outline=False)
    brush.box(-0.38, -0.12, 0.76, 0.24, colour, radius=0.03, outline=False)


def _reload(brush: Brush, colour: Colour) -> None:
    brush.arc(0, 0, 0.27, (0.06, 0.8), colour, 0.12)
    brush.polygon([(0.02, -0.47), (0.34, -0.27), (0.02, -0.07)], colour, outline=False)


def _cover(brush: Brush, colour: Colour) -> None:
    points = [(-0.32, -0.34), (0.0, -0.42), (0.32, -0.34), (0.3, 0.06), (0.0, 0.42), (-0.3, 0.06)]
    brush.polygon(points, colour, outline=False)


def _hold(brush: Brush, colour: Colour) -> None:
    for x in (-0.26, 0.08):
        brush.box(x, -0.32, 0.18, 0.64, colour, radius=0.04, outline=False)


_VERBS: Mapping[Verb, Callable[..., None]] = {
    "attack": _attack,
    "approach": _approach,
    "heal": _heal,
    "bandage": _heal,
    "reload": _reload,
    "cover": _cover,
    "retreat": _retreat,
    "hold": _hold,
}


def _spark(brush: Brush, colour: Colour) -> None:
    brush.polygon(
        [(0, -0.46), (0.12, -0.12), (0.46, 0), (0.12, 0.12), (0, 0.46), (-0.12, 0.12), (-0.46, 0), (-0.12, -0.12)],
        colour,
    )


def _late(brush: Brush, colour: Colour) -> None:
    brush.polygon([(0, -0.42), (0.44, 0.38), (-0.44, 0.38)], colour)
    brush.line([(0, -0.12), (0, 0.1)], (40, 28, 10), 0.11, outline=False)
    brush.circle(0, 0.25, 0.06, (40, 28, 10), outline=False)


def _said(brush: Brush, colour: Colour) -> None:
    brush.polygon([(-0.2, 0.1), (-0.24, 0.42), (0.1, 0.15)], colour)
    brush.ellipse(0, -0.06, 0.42, 0.3, colour)
    brush.polygon([(-0.17, 0.1), (-0.2, 0.33), (0.05, 0.14)], colour, outline=False)


def _gear(brush: Brush, colour: Colour) -> None:
    brush.box(-0.28, -0.28, 0.56, 0.56, colour, radius=0.1)


def _flag(brush: Brush, colour: Colour) -> None:
    brush.line([(-0.3, -0.42), (-0.3, 0.42)], INK, 0.08)
    brush.polygon([(-0.25, -0.4), (0.4, -0.28), (0.18, -0.1), (0.4, 0.08), (-0.25, 0.06)], colour)


def _shaken(brush: Brush, colour: Colour) -> None:
    points = [(-0.4, 0.1), (-0.22, -0.24), (-0.02, 0.12), (0.16, -0.24), (0.38, 0.1)]
    brush.line(points, colour, 0.14)


def _skull(brush: Brush, colour: Colour) -> None:
    brush.box(-0.18, 0.05, 0.36, 0.32, colour, radius=0.05)
    brush.circle(0, -0.08, 0.32, colour)
    brush.box(-0.16, 0.1, 0.32, 0.24, colour, radius=0.05, outline=False)
    for x in (-0.13, 0.13):
        brush.circle(x, -0.06, 0.085, (22, 24, 32), outline=False)
    brush.line([(0, 0.24), (0, 0.34)], (22, 24, 32), 0.05, outline=False)


def _ammo(brush: Brush, colour: Colour) -> None:
    brush.box(-0.14, -0.3, 0.28, 0.66, colour, radius=0.12)


def _heart(brush: Brush, colour: Colour) -> None:
    brush.polygon([(-0.4, -0.06), (0, 0.4), (0.4, -0.06)], colour)
    for x in (-0.2, 0.2):
        brush.circle(x, -0.14, 0.2, colour)
    brush.polygon([(-0.36, -0.06), (0, 0.34), (0.36, -0.06), (0, -0.2)], colour, outline=False)


_SIGNS: Mapping[Sign, tuple[Callable[..., None], Colour]] = {
    "model": (_spark, GOLD),
    "fallback": (_late, AMBER),
    "said": (_said, PAPER),
    "game": (_gear, DIM),
    "flag": (_flag, GOLD),
    "shaken": (_shaken, CORAL),
    "skull": (_skull, INK),
    "ammo": (_ammo, GOLD),
    "heart": (_heart, GREEN),
}


def _shield(brush: Brush) -> None:
    brush.circle(0, 0, 0.42, BLUE_DARK)
    brush.circle(0, 0, 0.34, BLUE, outline=False)
    brush.box(-0.06, -0.34, 0.12, 0.68, BLUE_LIGHT, radius=0, outline=False)
    brush.box(-0.34, -0.06, 0.68, 0.12, BLUE_LIGHT, radius=0, outline=False)
    brush.circle(0, 0, 0.11, INK)


def _diamond(brush: Brush) -> None:
    brush.polygon([(0, -0.46), (0.46, 0), (0, 0.46), (-0.46, 0)], RED_DARK)
    brush.polygon([(0, -0.34), (0.34, 0), (0, 0.34), (-0.34, 0)], RED, outline=False)
    brush.polygon(
        [(-0.2, -0.14), (-0.06, 0.02), (0.06, 0.02), (0.2, -0.14), (0.14, 0.1), (0, 0.24), (-0.14, 0.1)], RED_LIGHT
    )
