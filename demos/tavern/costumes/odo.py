"""Odo: broad, grey, a sailor's cap and a navy coat."""

from __future__ import annotations

from typing import Final

from ...drawing.palette import Colour, mixed
from ..brush import Brush, Point
from .look import Look, both_sides, skin_in_shadow

_NAVY: Final[Colour] = (64, 84, 124)
_GREY: Final[Colour] = (196, 192, 186)


class Odo(Look):
    """How Odo looks."""

    head = (37.0, 45.5)
    accent = (120, 176, 236)
    skin = (222, 164, 128)
    brow = (236, 232, 226)
    eye = 0.92
    mouth = 6.2

    def body(self, brush: Brush) -> None:
        """Paint the coat over a striped shirt."""
        x, y = self.head
        dark = mixed(_NAVY, (10, 12, 24), 0.4)
        brush.shape(both_sides(self.head, [(21, 54), (20, 20), (13, 11), (5, 8)]), _NAVY)
        brush.shape([(x - 21, y + 54), (x - 20, y + 20), (x - 14, y + 14), (x - 13, y + 28), (x - 12, y + 54)], dark)
        brush.shape(
            [(x + 21, y + 54), (x + 20, y + 20), (x + 14, y + 15), (x + 14, y + 28), (x + 13, y + 54)],
            mixed(_NAVY, dark, 0.6),
        )
        brush.polygon([(x - 6, y + 7), (x + 6, y + 7), (x + 3, y + 30), (x - 3, y + 30)], (206, 196, 172))
        for row in range(5):
            brush.box(x - 5, y + 12 + row * 3.6, 10, 1.3, (150, 70, 60))
        collar = mixed(_NAVY, (255, 255, 255), 0.1)
        for side in (-1, 1):
            tips = ((8, 6), (12, 14), (2, 32), (5, 12))
            brush.polygon([(x + side * across, y + down) for across, down in tips], collar)
        for row in range(3):
            brush.oval((x + 7.5, y + 18 + row * 5.5), 1.0, 1.0, (222, 176, 92))

    def hair(self, brush: Brush) -> None:
        """Paint ears, hair and neck."""
        x, y = self.head
        brush.oval((x - 8.4, y + 0.8), 1.8, 2.6, skin_in_shadow(0.12, self.skin))
        brush.oval((x + 8.4, y + 0.8), 1.8, 2.6, skin_in_shadow(0.12, self.skin))
        brush.oval((x, y + 1), 9.0, 8.4, mixed(_GREY, (60, 60, 66), 0.35))
        brush.box(x - 4, y + 5, 8, 6, skin_in_shadow(0.25, self.skin))

    def crown(self, brush: Brush) -> None:
        """Paint the beard and the cap."""
        x, y = self.head
        beard: list[Point] = [(x - 8.6, y + 0.5), (x - 8.8, y + 6), (x - 5.8, y + 12), (x, y + 14.6), (x + 5.8, y + 12)]
        beard += [(x + 8.8, y + 6), (x + 8.6, y + 0.5), (x + 6.0, y + 3.0), (x + 3.6, y + 4.2), (x, y + 3.5)]
        brush.shape([*beard, (x - 3.6, y + 4.2), (x - 6.0, y + 3.0)], _GREY)
        for shift in (-5.0, -1.8, 1.6, 4.8):
            lock = [(x + shift, y + 9.2), (x + shift * 0.9, y + 11.4), (x + shift * 0.7, y + 12.6)]
            brush.line(lock, mixed(_GREY, (90, 90, 96), 0.5), 0.4)
        brush.shape(
            [(x - 9.4, y - 4.6), (x - 8.8, y - 9.6), (x, y - 12.8), (x + 8.8, y - 9.6), (x + 9.4, y - 4.6)],
            mixed(_NAVY, (16, 20, 36), 0.25),
        )
        brush.box(x - 9.4, y - 6.4, 18.8, 3.0, mixed(_NAVY, (16, 20, 36), 0.5), 1.0)
        brush.shape(
            [
                (x - 7.6, y - 3.8),
                (x, y - 4.6),
                (x + 7.6, y - 3.8),
                (x + 5.6, y - 2.0),
                (x, y - 1.6),
                (x - 5.6, y - 2.0),
            ],
            (28, 32, 46),
        )
        brush.oval((x, y - 7.9), 1.3, 1.3, (222, 176, 92))

    def hands(self, brush: Brush) -> None:
        """Paint both arms on the table."""
        x, y = self.head
        for side in (-1, 1):
            elbow: Point = (x + side * 18.5, y + 28.5)
            wrist: Point = (x + side * 9.5, y + 32.5)
            brush.line(
                [elbow, ((elbow[0] + wrist[0]) / 2, wrist[1] + 0.8), wrist], mixed(_NAVY, (10, 12, 24), 0.12), 7.6
            )
            brush.oval((x + side * 7.6, y + 33.0), 4.2, 3.4, self.skin)
            for finger in range(3):
                at = x + side * (5.0 + finger * 2.0)
                brush.line([(at, y + 32.6), (at - side * 0.4, y + 35.4)], skin_in_shadow(0.18, self.skin), 0.45)
