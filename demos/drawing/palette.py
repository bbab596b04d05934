"""The colours of the demos, as red, green and blue; sides differ by shape too, never by colour alone."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, TypeAlias

Colour: TypeAlias = "tuple[int, int, int]"

# The window and what lies on it.
NIGHT: Final[Colour] = (15, 18, 25)
PANEL: Final[Colour] = (25, 30, 40)
PANEL_LIGHT: Final[Colour] = (37, 43, 56)
PANEL_EDGE: Final[Colour] = (54, 62, 79)
INK: Final[Colour] = (233, 237, 243)
DIM: Final[Colour] = (150, 160, 178)
FAINT: Final[Colour] = (96, 105, 123)
SHADOW: Final[Colour] = (7, 9, 13)

# The sides.
BLUE: Final[Colour] = (82, 157, 255)
BLUE_LIGHT: Final[Colour] = (160, 205, 255)
BLUE_DARK: Final[Colour] = (27, 62, 122)
RED: Final[Colour] = (247, 104, 66)
RED_LIGHT: Final[Colour] = (255, 180, 148)
RED_DARK: Final[Colour] = (124, 38, 22)

# What something means.
GOLD: Final[Colour] = (255, 207, 92)
GREEN: Final[Colour] = (104, 211, 140)
AMBER: Final[Colour] = (255, 172, 66)
CORAL: Final[Colour] = (255, 98, 112)
VIOLET: Final[Colour] = (179, 157, 255)

# Speech.
PAPER: Final[Colour] = (251, 247, 236)
PAPER_EDGE: Final[Colour] = (205, 195, 172)
PAPER_INK: Final[Colour] = (40, 37, 34)
PAPER_DIM: Final[Colour] = (122, 112, 98)

# The ground and what stands on it.
GROUND_A: Final[Colour] = (134, 158, 104)
GROUND_B: Final[Colour] = (112, 138, 92)
EARTH: Final[Colour] = (176, 150, 104)
LEAF: Final[Colour] = (94, 136, 76)
WALL: Final[Colour] = (168, 163, 152)
WALL_DARK: Final[Colour] = (102, 98, 94)
COVER: Final[Colour] = (184, 158, 112)
COVER_DARK: Final[Colour] = (118, 96, 64)
WOOD: Final[Colour] = (150, 106, 66)
WOOD_DARK: Final[Colour] = (92, 62, 38)
SKIN: Final[Colour] = (240, 200, 164)
STEEL: Final[Colour] = (190, 198, 210)


@lru_cache(maxsize=4096)
def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour between two.

    Args:
        one: The colour at 0.
        other: The colour at 1.
        share: How far towards the other; values beyond 0 and 1 are taken as those.
    """
    share = min(1.0, max(0.0, share))
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue
