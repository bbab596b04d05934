"""Paints in the units of a picture instead of pixels, and smooth curves through points."""

from __future__ import annotations

from collections.abc import Sequence

import pygame

from ..drawing.palette import Colour

Point = tuple[float, float]
_STEPS = 8


class Brush:
    """Paints on a surface in units.

    Args:
        surface: What to paint on.
        scale: Pixels of a unit.
        origin: The unit that lies at the upper left of the surface.
    """

    def __init__(self, surface: pygame.Surface, scale: float, origin: Point = (0.0, 0.0)) -> None:
        self.surface, self.scale, self.origin = surface, scale, origin

    def at(self, point: Point) -> tuple[int, int]:
        """Return where a point is, in pixels."""
        return round((point[0] - self.origin[0]) * self.scale), round((point[1] - self.origin[1]) * self.scale)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a shape with straight edges."""
        pygame.draw.polygon(self.surface, colour, [self.at(point) for point in points])

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a shape with a smooth edge through the points."""
        self.polygon(curve(points), colour)

    def oval(self, middle: Point, wide: float, high: float, colour: Colour) -> None:
        """Fill an ellipse with two radii."""
        left, top = self.at((middle[0] - wide, middle[1] - high))
        right, bottom = self.at((middle[0] + wide, middle[1] + high))
        pygame.draw.ellipse(self.surface, colour, (left, top, max(1, right - left), max(1, bottom - top)))

    def box(self, left: float, top: float, wide: float, high: float, colour: Colour, radius: float = 0.0) -> None:
        """Fill a rectangle."""
        one, other = self.at((left, top)), self.at((left + wide, top + high))
        rect = (*one, max(1, other[0] - one[0]), max(1, other[1] - one[1]))
        pygame.draw.rect(self.surface, colour, rect, border_radius=round(radius * self.scale))

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Draw a smooth line through the points, with round ends."""
        pixels = max(1, round(width * self.scale))
        path = [self.at(point) for point in curve(points, is_closed=False)]
        for one, other in zip(path, path[1:], strict=False):
            pygame.draw.line(self.surface, colour, one, other, pixels)
        for point in path if pixels > 2 else []:
            pygame.draw.circle(self.surface, colour, point, pixels / 2)


def curve(points: Sequence[Point], *, is_closed: bool = True) -> list[Point]:
    """Return many points on a smooth curve through a few."""
    if len(points) < 3:
        return list(points)
    count = len(points)
    path: list[Point] = []
    for index in range(count if is_closed else count - 1):
        around = [_point(points, index + shift, is_closed) for shift in (-1, 0, 1, 2)]
        path += [_between(around, step / _STEPS) for step in range(_STEPS)]
    return path if is_closed else [*path, points[-1]]


def _point(points: Sequence[Point], index: int, is_closed: bool) -> Point:
    return points[index % len(points)] if is_closed else points[min(max(index, 0), len(points) - 1)]


def _between(around: Sequence[Point], share: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = around
    return _spline(ax, bx, cx, dx, share), _spline(ay, by, cy, dy, share)


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
