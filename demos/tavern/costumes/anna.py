"""Anna: red hair, a kerchief, a green dress with an apron, rosy cheeks."""

from __future__ import annotations

from typing import Final

from ...drawing.palette import Colour, mixed
from ..brush import Brush
from .look import WHITE, Look, both_sides, ring, skin_in_shadow

_GREEN_DRESS: Final[Colour] = (92, 146, 104)
_RED_HAIR: Final[Colour] = (196, 96, 48)


class Anna(Look):
    """How Anna looks."""

    head = (80.0, 39.0)
    accent = (244, 152, 96)
    skin = (246, 204, 170)
    brow = (142, 66, 34)
    eye = 1.05
    mouth = 5.0

    def body(self, brush: Brush) -> None:
        """Paint the dress with its sleeves, and the apron."""
        x, y = self.head
        dark = mixed(_GREEN_DRESS, (16, 30, 22), 0.4)
        brush.shape(both_sides(self.head, [(15, 40), (14.5, 20), (10, 12), (3.6, 9)]), _GREEN_DRESS)
        brush.polygon(
            [(x - 4, y + 6), (x + 4, y + 6), (x + 5.4, y + 10.6), (x, y + 15.5), (x - 5.4, y + 10.6)], self.skin
        )
        brush.oval((x - 12.6, y + 17), 4.8, 6.0, WHITE)
        brush.oval((x + 12.6, y + 17), 4.8, 6.0, WHITE)
        brush.line([(x - 9.6, y + 21.4), (x - 12.8, y + 23), (x - 16, y + 21.6)], (206, 192, 176), 0.6)
        brush.line([(x + 9.6, y + 21.4), (x + 12.8, y + 23), (x + 16, y + 21.6)], (206, 192, 176), 0.6)
        brush.polygon([(x - 7.6, y + 16), (x + 7.6, y + 16), (x + 10, y + 40), (x - 10, y + 40)], (214, 204, 190))
        brush.line([(x - 7.2, y + 16.4), (x - 5.4, y + 10.6)], (214, 204, 190), 1.6)
        brush.line([(x + 7.2, y + 16.4), (x + 5.4, y + 10.6)], (214, 204, 190), 1.6)
        brush.line([(x - 7.4, y + 17.6), (x, y + 18.2), (x + 7.4, y + 17.6)], dark, 0.5)
        brush.oval((x, y + 12.6), 0.9, 0.9, (226, 120, 74))

    def hair(self, brush: Brush) -> None:
        """Paint the bun, the hair and the neck."""
        x, y = self.head
        brush.oval((x, y - 10.4), 4.4, 3.8, mixed(_RED_HAIR, (60, 20, 10), 0.25))
        brush.shape(ring(self.head, [(9.8, -1), (8, -8.4)], -11, [(10.4, 8), (6.6, 10.4)], 7), _RED_HAIR)
        brush.box(x - 3, y + 5, 6, 5, skin_in_shadow(0.2, self.skin))

    def crown(self, brush: Brush) -> None:
        """Paint cheeks, fringe and kerchief."""
        x, y = self.head
        for side in (-1, 1):
            brush.oval((x + side * 4.9, y + 2.6), 2.0, 1.3, mixed(self.skin, (236, 110, 96), 0.5))
            brush.shape(
                [
                    (x + side * 0.4, y - 8.4),
                    (x + side * 6.0, y - 7.0),
                    (x + side * 8.6, y - 0.5),
                    (x + side * 7.6, y + 1.5),
                    (x + side * 6.4, y - 3.6),
                    (x + side * 2.6, y - 5.6),
                ],
                _RED_HAIR,
            )
        teal: Colour = (70, 140, 150)
        brush.shape(ring(self.head, [(9.0, -4.6), (7.4, -8.6)], -11.2, [(5.6, -6.9)], -8.0), teal)
        brush.line([(x - 7.8, y - 6.6), (x, y - 9.4), (x + 7.8, y - 6.6)], mixed(teal, (255, 255, 255), 0.35), 0.5)
        brush.shape([(x + 8.2, y - 6.2), (x + 12.6, y - 8.6), (x + 12.0, y - 5.4), (x + 13.0, y - 3.0)], teal)

    def hands(self, brush: Brush) -> None:
        """Paint both arms on the table."""
        x, y = self.head
        for side in (-1, 1):
            brush.line([(x + side * 16, y + 23), (x + side * 15.5, y + 30), (x + side * 11, y + 33.4)], WHITE, 4.6)
            brush.line([(x + side * 12.6, y + 32.4), (x + side * 9.4, y + 34)], skin_in_shadow(0.05, self.skin), 3.0)
            brush.oval((x + side * 8.4, y + 34.2), 2.9, 2.2, self.skin)
            for finger in range(2):
                at = x + side * (7.2 + finger * 1.5)
                brush.line([(at, y + 34), (at - side * 0.4, y + 35.8)], skin_in_shadow(0.2, self.skin), 0.35)
