"""The faces of the guests: heads that turn, eyes that look and blink, mouths that talk."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from ..drawing.palette import Colour
from .brush import Brush, Point
from .costumes import LOOKS
from .costumes.look import INK, WHITE, Look, skin_in_shadow
from .scene import Mood

Mouth: TypeAlias = Literal["shut", "small", "wide", "round"]
MOUTHS: Final[tuple[Mouth, ...]] = ("small", "wide", "round", "small", "shut", "wide")

_TONGUE: Colour = (196, 96, 84)
_INSIDE: Colour = (94, 34, 34)


def paint_head(brush: Brush, look: Look) -> None:
    """Paint a head without its eyes and mouth."""
    x, y = look.head
    look.hair(brush)
    wide = 8.4 if look is LOOKS["odo"] else 7.9
    face: list[Point] = [(x - wide, y - 3), (x - wide * 0.93, y + 3.4), (x - wide * 0.55, y + 8), (x, y + 9.6)]
    face += [(x + wide * 0.55, y + 8), (x + wide * 0.93, y + 3.4), (x + wide, y - 3), (x + wide * 0.6, y - 8.6)]
    brush.shape([*face, (x, y - 9.6), (x - wide * 0.6, y - 8.6)], look.skin)
    look.crown(brush)
    brush.shape(
        [(x - 0.9, y + 0.4), (x + 0.9, y + 0.4), (x + 1.7, y + 3.2), (x, y + 3.9), (x - 1.7, y + 3.2)],
        skin_in_shadow(0.16, look.skin),
    )


def paint_eyes(brush: Brush, look: Look, gaze: Point, mood: Mood, is_shut: bool) -> None:
    """Paint eyes and brows.

    Args:
        brush: What to paint with.
        look: Whose they are.
        gaze: Where the eyes look, each from -1 to 1.
        mood: How the brows are.
        is_shut: Whether the guest blinks.
    """
    x, y = look.head
    size = look.eye
    for side in (-1, 1):
        at = (x + side * 3.3, y - 0.6)
        if is_shut:
            brush.line([(at[0] - 1.4, at[1] + 0.2), (at[0], at[1] + 0.6), (at[0] + 1.4, at[1] + 0.2)], INK, 0.5)
        else:
            brush.oval(at, 1.65 * size, 1.5 * size, WHITE)
            pupil = (at[0] + gaze[0] * 0.75 * size, at[1] + gaze[1] * 0.6 * size)
            brush.oval(pupil, 0.88 * size, 0.95 * size, INK)
            brush.oval((pupil[0] + 0.3, pupil[1] - 0.35), 0.3, 0.3, WHITE)
            brush.line(
                [(at[0] - 1.7 * size, at[1] - 0.7), (at[0], at[1] - 1.55 * size), (at[0] + 1.7 * size, at[1] - 0.7)],
                skin_in_shadow(0.45, look.skin),
                0.35,
            )
        inner, outer = _brow(look, mood, side)
        brush.line(
            [
                (at[0] - side * 1.7, at[1] - inner),
                (at[0], at[1] - (inner + outer) / 2 - 0.3),
                (at[0] + side * 2.0, at[1] - outer),
            ],
            look.brow,
            0.9 if look is LOOKS["odo"] else 0.6,
        )


def _brow(look: Look, mood: Mood, side: int) -> Point:
    """Return how high a brow is at its inner and its outer end."""
    if mood == "annoyed":
        return 2.0, 3.4
    if mood == "thinking" and look is not LOOKS["pip"]:
        return (3.6, 3.8) if side > 0 else (2.4, 2.8)
    if look is LOOKS["pip"]:
        return 3.7, 2.6
    return (2.5, 2.7) if look is LOOKS["odo"] else (3.0, 2.9)


def paint_mouth(brush: Brush, look: Look, mouth: Mouth, mood: Mood) -> None:
    """Paint a mouth."""
    x, y = look.head[0], look.head[1] + look.mouth
    if mouth == "shut":
        bend = {"annoyed": -0.8, "thinking": -0.1}.get(mood, 0.9 if look is LOOKS["anna"] else -0.25)
        half = 2.6 if look is LOOKS["anna"] else 1.8
        lips = [(x - half, y - bend * 0.5), (x, y + bend * 0.6), (x + half, y - bend * 0.5)]
        brush.line(lips, skin_in_shadow(0.62, look.skin), 0.55)
        return
    wide, high = {"small": (1.7, 0.8), "wide": (2.5, 1.5), "round": (1.35, 1.6)}[mouth]
    brush.oval((x, y), wide, high, _INSIDE)
    if mouth != "small":
        brush.oval((x, y + high * 0.55), wide * 0.6, high * 0.4, _TONGUE)
        brush.box(x - wide * 0.55, y - high * 0.92, wide * 1.1, high * 0.34, WHITE, 0.2)
