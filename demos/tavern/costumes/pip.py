"""Pip: thin and pale, a plum hood, dark locks, a pack with candles behind the shoulder."""

from __future__ import annotations

from typing import Final

from ...drawing.palette import Colour, mixed
from ..brush import Brush, Point
from .look import INK, Look, both_sides, ring, skin_in_shadow

_PLUM: Final[Colour] = (124, 86, 134)
_DARK_HAIR: Final[Colour] = (70, 52, 48)


class Pip(Look):
    """How Pip looks."""

    head = (122.5, 47.0)
    accent = (198, 150, 214)
    skin = (238, 198, 172)
    brow = (58, 42, 40)
    eye = 1.25
    mouth = 5.4

    def body(self, brush: Brush) -> None:
        """Paint the pack with the candles, and the coat."""
        x, y = self.head
        dark = mixed(_PLUM, (20, 10, 26), 0.45)
        for number, (shift, tall) in enumerate(((11.5, 12.5), (14.0, 10.5), (16.4, 12.0))):
            brush.box(x + shift, y + 14 - tall, 1.7, tall + 2, (244, 232, 206), 0.4)
            brush.line([(x + shift + 0.85, y + 14 - tall), (x + shift + 1.1, y + 12.6 - tall)], INK, 0.3)
            brush.oval((x + shift + 0.85, y + 14 - tall + number * 0.1), 0.85, 0.3, (228, 206, 170))
        brush.shape([(x + 8, y + 14), (x + 20, y + 12), (x + 22, y + 36), (x + 8, y + 38)], (146, 106, 66))
        brush.line([(x + 10, y + 18), (x + 20.4, y + 17)], (94, 64, 40), 0.9)
        brush.shape(both_sides(self.head, [(15, 40), (14, 22), (9, 13), (2, 9)]), _PLUM)
        brush.shape([(x + 15, y + 40), (x + 14, y + 22), (x + 9, y + 16), (x + 8, y + 28), (x + 9, y + 40)], dark)
        brush.shape(
            [(x - 15, y + 40), (x - 14, y + 22), (x - 10, y + 17), (x - 9.6, y + 28), (x - 10, y + 40)],
            mixed(_PLUM, dark, 0.5),
        )
        brush.line([(x - 1, y + 15), (x - 0.4, y + 26), (x - 1, y + 40)], dark, 0.7)
        brush.line([(x + 11, y + 14), (x + 5, y + 22), (x + 3, y + 40)], (94, 64, 40), 1.5)

    def hair(self, brush: Brush) -> None:
        """Paint the hood and the neck."""
        x, y = self.head
        brush.shape(ring(self.head, [(11.4, 6), (11, -4), (6, -11)], -13, [(9, 13)], 16), _PLUM)
        shade = ring(self.head, [(9.2, 5), (9, -3), (5, -9)], -10.6, [(6, 11)], 13)
        brush.shape(shade, mixed(_PLUM, (14, 8, 20), 0.65))
        brush.box(x - 2.4, y + 5, 4.8, 5, skin_in_shadow(0.3, self.skin))

    def crown(self, brush: Brush) -> None:
        """Paint locks and freckles."""
        x, y = self.head
        locks: list[Point] = [
            (x - 7.8, y + 0.6),
            (x - 8.0, y - 5.0),
            (x - 4, y - 9.2),
            (x + 1, y - 9.8),
            (x + 6, y - 7.6),
        ]
        locks += [(x + 8.0, y - 3.4), (x + 7.8, y + 0.4), (x + 5.8, y - 3.8), (x + 4.0, y - 2.6), (x + 2.2, y - 5.2)]
        brush.polygon(
            [*locks, (x - 0.6, y - 2.8), (x - 2.4, y - 5.4), (x - 4.4, y - 2.6), (x - 6.0, y - 4.0)], _DARK_HAIR
        )
        for at in ((-4.6, 2.2), (-3.4, 3.0), (3.4, 3.0), (4.6, 2.2), (-4.0, 3.8), (4.0, 3.8)):
            brush.oval((x + at[0], y + at[1]), 0.32, 0.28, (188, 130, 100))

    def hands(self, brush: Brush) -> None:
        """Paint both arms and the fingers between them."""
        x, y = self.head
        for side in (-1, 1):
            brush.line(
                [(x + side * 13.5, y + 26), (x + side * 11, y + 31.5), (x + side * 5.4, y + 32.6)],
                mixed(_PLUM, (20, 10, 26), 0.12),
                5.4,
            )
            brush.oval((x + side * 2.6, y + 32.4), 2.9, 2.2, self.skin)
        for finger in range(4):
            at = x - 2.4 + finger * 1.6
            brush.line([(at, y + 30.9), (at + 0.2, y + 33.4)], skin_in_shadow(0.22, self.skin), 0.35)
