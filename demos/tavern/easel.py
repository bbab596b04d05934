"""Paints the parts of the room at one size, and lights them: what stands still is painted only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import pygame

from .brush import Brush, Point
from .light import Lamp, light_map
from .room import CANDLE, FRONT_LIGHT, HIGH, LAMP, MOON, WALL_LIGHT, WIDE, paint_wall

# Left, top, width and height, in units.
Sides: TypeAlias = "tuple[float, float, float, float]"

_FACTOR: Final = 3
_LARGE_PIXELS: Final = 900
_LARGE_WALL_PIXELS: Final = 2200
_DARK_SHARE: Final = 0.62
_SHADOW_ALPHA: Final = 96
_SOFT: Final = 4.0
# What may be cut off at the edges of a window, in units.
_SPARE_WIDE, _SPARE_HIGH = 14.0, 4.0


@dataclass(frozen=True, slots=True)
class Part:
    """A painted part.

    Args:
        image: Without its empty edges.
        at: Where it is, in pixels.
    """

    image: pygame.Surface
    at: tuple[int, int]


class Easel:
    """Knows where the units of the room are in a picture of one size. Not thread-safe.

    Args:
        size: In pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self.scale = min(size[0] / (WIDE - _SPARE_WIDE), size[1] / (HIGH - _SPARE_HIGH))
        self.origin = (WIDE / 2 - size[0] / 2 / self.scale, HIGH - 1 - size[1] / self.scale)
        self._brush = self.brush(pygame.Surface((1, 1)))
        behind = Lamp(CANDLE.at, (0.50, 0.35, 0.21), 40.0)
        self._front = light_map(size, self.origin, self.scale, FRONT_LIGHT, (CANDLE,))
        self._behind = light_map(size, self.origin, self.scale, WALL_LIGHT, (behind, LAMP, MOON))

    def brush(self, surface: pygame.Surface) -> Brush:
        """Return a brush for the whole picture."""
        return Brush(surface, self.scale, self.origin)

    def at(self, point: Point) -> tuple[int, int]:
        """Return where a point of the room is, in pixels."""
        return self._brush.at(point)

    def unit(self, at: tuple[int, int]) -> Point:
        """Return which point of the room is at a place in pixels."""
        return at[0] / self.scale + self.origin[0], at[1] / self.scale + self.origin[1]

    def put(self, surface: pygame.Surface, part: Part, shift: Point = (0.0, 0.0)) -> None:
        """Draw a part.

        Args:
            surface: The picture.
            part: What.
            shift: How far from its place, in units.
        """
        surface.blit(part.image, (part.at[0] + round(shift[0] * self.scale), part.at[1] + round(shift[1] * self.scale)))

    def wall(self) -> pygame.Surface:
        """Return what is behind everything, lit."""
        factor = 2 if max(self.size) < _LARGE_WALL_PIXELS else 1
        canvas = pygame.Surface((self.size[0] * factor, self.size[1] * factor))
        right, bottom = self.unit(self.size)
        paint_wall(Brush(canvas, self.scale * factor, self.origin), *self.origin, right + 1, bottom + 1)
        wall = pygame.transform.smoothscale(canvas, self.size)
        wall.blit(self._behind, (0, 0), special_flags=pygame.BLEND_RGB_MULT)
        return wall

    def part(
        self, sides: Sides, paint: Callable[[Brush], None], *, is_behind: bool = False, dark_side: int = 0
    ) -> Part:
        """Return a painted and lit part.

        Args:
            sides: Where it may be.
            paint: Paints it.
            is_behind: Whether it hangs on the wall.
            dark_side: The side that the candle does not reach: -1 left, 1 right, 0 none.
        """
        left, top, wide, high = sides
        size = (max(1, round(wide * self.scale)), max(1, round(high * self.scale)))
        factor = _FACTOR if max(size) < _LARGE_PIXELS else 2
        canvas = pygame.Surface((size[0] * factor, size[1] * factor), pygame.SRCALPHA)
        canvas.fill((60, 40, 36, 0))
        paint(Brush(canvas, self.scale * factor, (left, top)))
        image = pygame.transform.smoothscale(canvas, size)
        x, y = self.at((left, top))
        light = self._behind if is_behind else self._front
        image.blit(light, (-x, -y), special_flags=pygame.BLEND_RGB_MULT)
        if dark_side:
            image.blit(_shade(size, dark_side), (0, 0), special_flags=pygame.BLEND_RGB_MULT)
        inside = image.get_bounding_rect()
        return Part(image.subsurface(inside).copy(), (x + inside.left, y + inside.top))

    def shadow(self, sides: Sides, paint: Callable[[Brush], None]) -> Part:
        """Return the soft shadow of something on the wall."""
        shape = self.part(sides, paint)
        # Room for what is soft around the edges.
        room = max(1, round(_SOFT * self.scale))
        width, height = shape.image.get_width() + 2 * room, shape.image.get_height() + 2 * room
        wide = pygame.Surface((width, height), pygame.SRCALPHA)
        wide.blit(shape.image, (room, room))
        small = pygame.transform.smoothscale(wide, (max(1, width // 10), max(1, height // 10)))
        soft = pygame.transform.smoothscale(small, (width, height))
        soft.fill((0, 0, 0), special_flags=pygame.BLEND_RGB_MULT)
        soft.fill((255, 255, 255, _SHADOW_ALPHA), special_flags=pygame.BLEND_RGBA_MULT)
        return Part(soft, (shape.at[0] - room, shape.at[1] - room))


def _shade(size: tuple[int, int], dark_side: int) -> pygame.Surface:
    """Return what darkens one side."""
    ramp = pygame.Surface((8, 1))
    for column in range(8):
        share = (column + 0.5) / 8 if dark_side > 0 else 1 - (column + 0.5) / 8
        light = round(255 * (1 - (1 - _DARK_SHARE) * max(0.0, share - 0.35) / 0.65))
        ramp.set_at((column, 0), (light, light, min(255, light + 10)))
    return pygame.transform.smoothscale(ramp, size)
