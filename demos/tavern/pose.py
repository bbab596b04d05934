"""How the guests move: where they turn and look, when they blink, and how a mouth goes while it talks."""

from __future__ import annotations

import math
from typing import Final

from .brush import Point
from .costumes import LOOKS
from .people import MOUTHS, Mouth
from .scene import Who

GAZE_STEPS: Final = 2


def turn(who: Who, now_ms: float) -> Point:
    """Return how far a head is turned, in units."""
    across, down = _towards(who)
    if who.mood == "talking":
        down += 0.25 * math.sin(now_ms / 130)
    if who.key == "pip":
        across += 0.12 * math.sin(now_ms / 45)
    return across * 0.9, down * 0.5


def _towards(who: Who) -> Point:
    """Return where somebody looks, each from -1 to 1."""
    if who.looks_at in LOOKS and who.looks_at != who.key:
        return (1.0 if LOOKS[who.looks_at].head[0] > LOOKS[who.key].head[0] else -1.0), 0.0
    if who.looks_at == "player":
        return 0.12 * (1 - who.seat), 0.35
    return 0.55 * (1 - who.seat), 0.8


def gaze(who: Who, now_ms: float) -> tuple[int, int]:
    """Return where eyes look: steps to the right and down."""
    across, down = _towards(who)
    if not who.looks_at and int(now_ms / 2300 + who.seat * 3) % 4 == 0:
        across, down = -across, 0.0
    if who.mood == "thinking":
        across, down = 0.5, -1.0
    return round(across * GAZE_STEPS), round(down * GAZE_STEPS)


def blinks(who: Who, now_ms: float) -> bool:
    """Return whether somebody's eyes are shut."""
    every_ms = (3700, 3100, 1900)[who.seat % 3]
    return (now_ms + who.seat * 1300) % every_ms < 120


def mouth(who: Who, now_ms: float) -> Mouth:
    """Return the shape of a mouth; it moves while words come out."""
    if who.mood != "talking" or who.bubble is None or who.bubble.is_whole:
        return "shut"
    return MOUTHS[int(now_ms / 95 + who.seat) % len(MOUTHS)]
