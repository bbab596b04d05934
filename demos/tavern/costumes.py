"""What the guests wear and how they hold themselves: what is drawn before, behind and around their faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..drawing.palette import Colour, mixed
from .brush import Brush, Point

_INK: Colour = (48, 30, 26)
_WHITE: Colour = (250, 244, 232)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a guest looks.

    Args:
        head: Middle of the head, in units of the room.
        accent: The colour of its name and of its bubbles.
        skin: Of its face.
        brow: Of its brows.
        eye: How large its eyes are.
        mouth: Where its mouth is, below the middle of the head.
        body: Paints what is behind the table.
        hair: Paints what is behind the face.
        crown: Paints what is before the face: hair, a beard, a hat.
        hands: Paints what lies on the table.
    """

    head: Point
    accent: Colour
    skin: Colour
    brow: Colour
    eye: float
    mouth: float
    body: Callable[[Brush], None]
    hair: Callable[[Brush], None]
    crown: Callable[[Brush], None]
    hands: Callable[[Brush], None]


def skin_in_shadow(dark: float, skin: Colour) -> Colour:
    """Return the colour of skin that light hardly reaches.

    Args:
        dark: How dark, from 0 to 1.
        skin: In light.
    """
    return mixed(skin, (120, 50, 40), dark)


# Odo: broad, grey, a sailor's cap and a navy coat.
_ODO: Point = (37.0, 45.5)
_NAVY: Colour = (64, 84, 124)
_GREY: Colour = (196, 192, 186)
_ODO_SKIN: Colour = (222, 164, 128)


def _odo_body(brush: Brush) -> None:
    x, y = _ODO
    dark = mixed(_NAVY, (10, 12, 24), 0.4)
    brush.shape(
        [
            (x - 21, y + 54),
            (x - 20, y + 20),
            (x - 13, y + 11),
            (x - 5, y + 8),
            (x + 5, y + 8),
            (x + 13, y + 11),
            (x + 20, y + 20),
            (x + 21, y + 54),
        ],
        _NAVY,
    )
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


def _odo_hair(brush: Brush) -> None:
    x, y = _ODO
    brush.oval((x - 8.4, y + 0.8), 1.8, 2.6, skin_in_shadow(0.12, _ODO_SKIN))
    brush.oval((x + 8.4, y + 0.8), 1.8, 2.6, skin_in_shadow(0.12, _ODO_SKIN))
    brush.oval((x, y + 1), 9.0, 8.4, mixed(_GREY, (60, 60, 66), 0.35))
    brush.box(x - 4, y + 5, 8, 6, skin_in_shadow(0.25, _ODO_SKIN))


def _odo_crown(brush: Brush) -> None:
    x, y = _ODO
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
        [(x - 7.6, y - 3.8), (x, y - 4.6), (x + 7.6, y - 3.8), (x + 5.6, y - 2.0), (x, y - 1.6), (x - 5.6, y - 2.0)],
        (28, 32, 46),
    )
    brush.oval((x, y - 7.9), 1.3, 1.3, (222, 176, 92))


def _odo_hands(brush: Brush) -> None:
    x, y = _ODO
    for side in (-1, 1):
        elbow: Point = (x + side * 18.5, y + 28.5)
        wrist: Point = (x + side * 9.5, y + 32.5)
        brush.line([elbow, ((elbow[0] + wrist[0]) / 2, wrist[1] + 0.8), wrist], mixed(_NAVY, (10, 12, 24), 0.12), 7.6)
        brush.oval((x + side * 7.6, y + 33.0), 4.2, 3.4, _ODO_SKIN)
        for finger in range(3):
            at = x + side * (5.0 + finger * 2.0)
            brush.line([(at, y + 32.6), (at - side * 0.4, y + 35.4)], skin_in_shadow(0.18, _ODO_SKIN), 0.45)


# Anna: red hair, a kerchief, a green dress with an apron, rosy cheeks.
_ANNA: Point = (80.0, 39.0)
_GREEN_DRESS: Colour = (92, 146, 104)
_RED_HAIR: Colour = (196, 96, 48)
_ANNA_SKIN: Colour = (246, 204, 170)


def _anna_body(brush: Brush) -> None:
    x, y = _ANNA
    dark = mixed(_GREEN_DRESS, (16, 30, 22), 0.4)
    brush.shape(
        [
            (x - 15, y + 40),
            (x - 14.5, y + 20),
            (x - 10, y + 12),
            (x - 3.6, y + 9),
            (x + 3.6, y + 9),
            (x + 10, y + 12),
            (x + 14.5, y + 20),
            (x + 15, y + 40),
        ],
        _GREEN_DRESS,
    )
    brush.polygon([(x - 4, y + 6), (x + 4, y + 6), (x + 5.4, y + 10.6), (x, y + 15.5), (x - 5.4, y + 10.6)], _ANNA_SKIN)
    brush.oval((x - 12.6, y + 17), 4.8, 6.0, _WHITE)
    brush.oval((x + 12.6, y + 17), 4.8, 6.0, _WHITE)
    brush.line([(x - 9.6, y + 21.4), (x - 12.8, y + 23), (x - 16, y + 21.6)], (206, 192, 176), 0.6)
    brush.line([(x + 9.6, y + 21.4), (x + 12.8, y + 23), (x + 16, y + 21.6)], (206, 192, 176), 0.6)
    brush.polygon([(x - 7.6, y + 16), (x + 7.6, y + 16), (x + 10, y + 40), (x - 10, y + 40)], (214, 204, 190))
    brush.line([(x - 7.2, y + 16.4), (x - 5.4, y + 10.6)], (214, 204, 190), 1.6)
    brush.line([(x + 7.2, y + 16.4), (x + 5.4, y + 10.6)], (214, 204, 190), 1.6)
    brush.line([(x - 7.4, y + 17.6), (x, y + 18.2), (x + 7.4, y + 17.6)], dark, 0.5)
    brush.oval((x, y + 12.6), 0.9, 0.9, (226, 120, 74))


def _anna_hair(brush: Brush) -> None:
    x, y = _ANNA
    brush.oval((x, y - 10.4), 4.4, 3.8, mixed(_RED_HAIR, (60, 20, 10), 0.25))
    brush.shape(
        [
            (x - 9.8, y - 1),
            (x - 8, y - 8.4),
            (x, y - 11),
            (x + 8, y - 8.4),
            (x + 9.8, y - 1),
            (x + 10.4, y + 8),
            (x + 6.6, y + 10.4),
            (x, y + 7),
            (x - 6.6, y + 10.4),
            (x - 10.4, y + 8),
        ],
        _RED_HAIR,
    )
    brush.box(x - 3, y + 5, 6, 5, skin_in_shadow(0.2, _ANNA_SKIN))


def _anna_crown(brush: Brush) -> None:
    x, y = _ANNA
    for side in (-1, 1):
        brush.oval((x + side * 4.9, y + 2.6), 2.0, 1.3, mixed(_ANNA_SKIN, (236, 110, 96), 0.5))
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
    brush.shape(
        [
            (x - 9.0, y - 4.6),
            (x - 7.4, y - 8.6),
            (x, y - 11.2),
            (x + 7.4, y - 8.6),
            (x + 9.0, y - 4.6),
            (x + 5.6, y - 6.9),
            (x, y - 8.0),
            (x - 5.6, y - 6.9),
        ],
        teal,
    )
    brush.line([(x - 7.8, y - 6.6), (x, y - 9.4), (x + 7.8, y - 6.6)], mixed(teal, (255, 255, 255), 0.35), 0.5)
    brush.shape([(x + 8.2, y - 6.2), (x + 12.6, y - 8.6), (x + 12.0, y - 5.4), (x + 13.0, y - 3.0)], teal)


def _anna_hands(brush: Brush) -> None:
    x, y = _ANNA
    for side in (-1, 1):
        brush.line([(x + side * 16, y + 23), (x + side * 15.5, y + 30), (x + side * 11, y + 33.4)], _WHITE, 4.6)
        brush.line([(x + side * 12.6, y + 32.4), (x + side * 9.4, y + 34)], skin_in_shadow(0.05, _ANNA_SKIN), 3.0)
        brush.oval((x + side * 8.4, y + 34.2), 2.9, 2.2, _ANNA_SKIN)
        for finger in range(2):
            at = x + side * (7.2 + finger * 1.5)
            brush.line([(at, y + 34), (at - side * 0.4, y + 35.8)], skin_in_shadow(0.2, _ANNA_SKIN), 0.35)


# Pip: thin and pale, a plum hood, dark locks, a pack with candles behind the shoulder.
_PIP: Point = (122.5, 47.0)
_PLUM: Colour = (124, 86, 134)
_DARK_HAIR: Colour = (70, 52, 48)
_PIP_SKIN: Colour = (238, 198, 172)


def _pip_body(brush: Brush) -> None:
    x, y = _PIP
    dark = mixed(_PLUM, (20, 10, 26), 0.45)
    for number, (shift, tall) in enumerate(((11.5, 12.5), (14.0, 10.5), (16.4, 12.0))):
        brush.box(x + shift, y + 14 - tall, 1.7, tall + 2, (244, 232, 206), 0.4)
        brush.line([(x + shift + 0.85, y + 14 - tall), (x + shift + 1.1, y + 12.6 - tall)], _INK, 0.3)
        brush.oval((x + shift + 0.85, y + 14 - tall + number * 0.1), 0.85, 0.3, (228, 206, 170))
    brush.shape([(x + 8, y + 14), (x + 20, y + 12), (x + 22, y + 36), (x + 8, y + 38)], (146, 106, 66))
    brush.line([(x + 10, y + 18), (x + 20.4, y + 17)], (94, 64, 40), 0.9)
    brush.shape(
        [
            (x - 15, y + 40),
            (x - 14, y + 22),
            (x - 9, y + 13),
            (x - 2, y + 9),
            (x + 2, y + 9),
            (x + 9, y + 13),
            (x + 14, y + 22),
            (x + 15, y + 40),
        ],
        _PLUM,
    )
    brush.shape([(x + 15, y + 40), (x + 14, y + 22), (x + 9, y + 16), (x + 8, y + 28), (x + 9, y + 40)], dark)
    brush.shape(
        [(x - 15, y + 40), (x - 14, y + 22), (x - 10, y + 17), (x - 9.6, y + 28), (x - 10, y + 40)],
        mixed(_PLUM, dark, 0.5),
    )
    brush.line([(x - 1, y + 15), (x - 0.4, y + 26), (x - 1, y + 40)], dark, 0.7)
    brush.line([(x + 11, y + 14), (x + 5, y + 22), (x + 3, y + 40)], (94, 64, 40), 1.5)


def _pip_hair(brush: Brush) -> None:
    x, y = _PIP
    brush.shape(
        [
            (x - 11.4, y + 6),
            (x - 11, y - 4),
            (x - 6, y - 11),
            (x, y - 13),
            (x + 6, y - 11),
            (x + 11, y - 4),
            (x + 11.4, y + 6),
            (x + 9, y + 13),
            (x, y + 16),
            (x - 9, y + 13),
        ],
        _PLUM,
    )
    brush.shape(
        [
            (x - 9.2, y + 5),
            (x - 9, y - 3),
            (x - 5, y - 9),
            (x, y - 10.6),
            (x + 5, y - 9),
            (x + 9, y - 3),
            (x + 9.2, y + 5),
            (x + 6, y + 11),
            (x, y + 13),
            (x - 6, y + 11),
        ],
        mixed(_PLUM, (14, 8, 20), 0.65),
    )
    brush.box(x - 2.4, y + 5, 4.8, 5, skin_in_shadow(0.3, _PIP_SKIN))


def _pip_crown(brush: Brush) -> None:
    x, y = _PIP
    locks: list[Point] = [(x - 7.8, y + 0.6), (x - 8.0, y - 5.0), (x - 4, y - 9.2), (x + 1, y - 9.8), (x + 6, y - 7.6)]
    locks += [(x + 8.0, y - 3.4), (x + 7.8, y + 0.4), (x + 5.8, y - 3.8), (x + 4.0, y - 2.6), (x + 2.2, y - 5.2)]
    brush.polygon([*locks, (x - 0.6, y - 2.8), (x - 2.4, y - 5.4), (x - 4.4, y - 2.6), (x - 6.0, y - 4.0)], _DARK_HAIR)
    for at in ((-4.6, 2.2), (-3.4, 3.0), (3.4, 3.0), (4.6, 2.2), (-4.0, 3.8), (4.0, 3.8)):
        brush.oval((x + at[0], y + at[1]), 0.32, 0.28, (188, 130, 100))


def _pip_hands(brush: Brush) -> None:
    x, y = _PIP
    for side in (-1, 1):
        brush.line(
            [(x + side * 13.5, y + 26), (x + side * 11, y + 31.5), (x + side * 5.4, y + 32.6)],
            mixed(_PLUM, (20, 10, 26), 0.12),
            5.4,
        )
        brush.oval((x + side * 2.6, y + 32.4), 2.9, 2.2, _PIP_SKIN)
    for finger in range(4):
        at = x - 2.4 + finger * 1.6
        brush.line([(at, y + 30.9), (at + 0.2, y + 33.4)], skin_in_shadow(0.22, _PIP_SKIN), 0.35)


LOOKS: Mapping[str, Look] = {
    "odo": Look(
        head=_ODO,
        accent=(120, 176, 236),
        skin=_ODO_SKIN,
        brow=(236, 232, 226),
        eye=0.92,
        mouth=6.2,
        body=_odo_body,
        hair=_odo_hair,
        crown=_odo_crown,
        hands=_odo_hands,
    ),
    "anna": Look(
        head=_ANNA,
        accent=(244, 152, 96),
        skin=_ANNA_SKIN,
        brow=(142, 66, 34),
        eye=1.05,
        mouth=5.0,
        body=_anna_body,
        hair=_anna_hair,
        crown=_anna_crown,
        hands=_anna_hands,
    ),
    "pip": Look(
        head=_PIP,
        accent=(198, 150, 214),
        skin=_PIP_SKIN,
        brow=(58, 42, 40),
        eye=1.25,
        mouth=5.4,
        body=_pip_body,
        hair=_pip_hair,
        crown=_pip_crown,
        hands=_pip_hands,
    ),
}
