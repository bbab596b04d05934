"""What makes a guest look like itself, and shapes that are the same on both sides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final

from ...drawing.palette import Colour, mixed
from ..brush import Brush, Point

INK: Final[Colour] = (48, 30, 26)
WHITE: Final[Colour] = (250, 244, 232)


class Look(ABC):
    """How a guest looks: what is drawn behind, around and before its face.

    Attributes:
        head: Middle of the head, in units of the room.
        accent: The colour of its name and of its bubbles.
        skin: Of its face.
        brow: Of its brows.
        eye: How large its eyes are.
        mouth: Where its mouth is, below the middle of the head.
    """

    head: Point
    accent: Colour
    skin: Colour
    brow: Colour
    eye: float
    mouth: float

    @abstractmethod
    def body(self, brush: Brush) -> None:
        """Paint what is behind the table."""

    @abstractmethod
    def hair(self, brush: Brush) -> None:
        """Paint what is behind the face."""

    @abstractmethod
    def crown(self, brush: Brush) -> None:
        """Paint what is before the face: hair, a beard, a hat."""

    @abstractmethod
    def hands(self, brush: Brush) -> None:
        """Paint what lies on the table."""


def skin_in_shadow(dark: float, skin: Colour) -> Colour:
    """Return the colour of skin that light hardly reaches.

    Args:
        dark: How dark, from 0 to 1.
        skin: In light.
    """
    return mixed(skin, (120, 50, 40), dark)


def both_sides(middle: Point, left: Sequence[Point]) -> list[Point]:
    """Return a shape that is the same on both sides.

    Args:
        middle: What the points are counted from.
        left: How far to the left and how far below that the points of the left side are.
    """
    x, y = middle
    return [
        *((x - across, y + down) for across, down in left),
        *((x + across, y + down) for across, down in reversed(left)),
    ]


def ring(middle: Point, upper: Sequence[Point], top: float, lower: Sequence[Point], bottom: float) -> list[Point]:
    """Return a closed shape that is the same on both sides, with a point of its own above and below.

    Args:
        middle: What the points are counted from.
        upper: How far to the left and how far below that the points on the way up are.
        top: How far below the middle the highest point is; above it is less than nothing.
        lower: How far to the right and how far below the points on the way down are.
        bottom: How far below the lowest point is.
    """
    x, y = middle
    return [
        *((x - across, y + down) for across, down in upper),
        (x, y + top),
        *((x + across, y + down) for across, down in reversed(upper)),
        *((x + across, y + down) for across, down in lower),
        (x, y + bottom),
        *((x - across, y + down) for across, down in reversed(lower)),
    ]
