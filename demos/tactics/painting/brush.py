"""A brush for small pictures: shapes with a dark outline, in units of a cell, painted large and made small."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pygame

from ...drawing.palette import Colour
from ...drawing.shapes import Point, painted

OUTLINE: Colour = (22, 24, 32)


class Brush:
    """Paints on a canvas whose unit is a cell.

    Args:
        canvas: What to paint on.
        unit: Pixels of a cell.
        origin: Pixel that is ``(0, 0)``.
        line: Width of outlines, in cells.
    """

    def __init__(self, canvas: pygame.Surface, unit: float, origin: Point, line: float = 0.026) -> None:
        self.canvas = canvas
        self._unit = unit
        self._origin = origin
        self._line = line * unit

    def at(self, x: float, y: float) -> tuple[int, int]:
        """Return the pixel of a place."""
        return round(self._origin[0] + x * self._unit), round(self._origin[1] + y * self._unit)

    def polygon(self, points: Sequence[Point], colour: Colour, *, outline: bool = True) -> None:
        """Paint a filled polygon."""
        pixels = [self.at(*point) for point in points]
        if outline:
            self._stroke([*pixels, pixels[0]], OUTLINE, 2 * self._line)
        pygame.draw.polygon(self.canvas, colour, pixels)

    def circle(self, x: float, y: float, radius: float, colour: Colour, *, outline: bool = True) -> None:
        """Paint a disc."""
        if outline:
            pygame.draw.circle(self.canvas, OUTLINE, self.at(x, y), radius * self._unit + self._line)
        pygame.draw.circle(self.canvas, colour, self.at(x, y), radius * self._unit)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour, *, outline: bool = True) -> None:
        """Paint an ellipse around a place, given its two half widths."""
        for grown, ink in ((self._line, OUTLINE), (0.0, colour)) if outline else ((0.0, colour),):
            width, height = 2 * (across * self._unit + grown), 2 * (down * self._unit + grown)
            rect = pygame.Rect(0, 0, round(width), round(height))
            rect.center = self.at(x, y)
            pygame.draw.ellipse(self.canvas, ink, rect)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Colour,
        *,
        radius: float = 0.03,
        outline: bool = True,
    ) -> None:
        """Paint a rounded box whose upper left corner is a place."""
        left, top = self.at(x, y)
        rect = pygame.Rect(left, top, max(1, round(width * self._unit)), max(1, round(height * self._unit)))
        corner = round(radius * self._unit)
        if outline:
            edge = round(self._line)
            pygame.draw.rect(self.canvas, OUTLINE, rect.inflate(2 * edge, 2 * edge), border_radius=corner + edge)
        pygame.draw.rect(self.canvas, colour, rect, border_radius=corner)

    def line(self, points: Sequence[Point], colour: Colour, width: float, *, outline: bool = True) -> None:
        """Paint a line with round ends through some places."""
        pixels = [self.at(*point) for point in points]
        if outline:
            self._stroke(pixels, OUTLINE, width * self._unit + 2 * self._line)
        self._stroke(pixels, colour, width * self._unit)

    def arc(self, x: float, y: float, radius: float, turns: tuple[float, float], colour: Colour, width: float) -> None:
        """Paint a part of a circle, from one angle to another, in parts of a full turn from the right clockwise."""
        count = 24
        spin = [turns[0] + (turns[1] - turns[0]) * step / count for step in range(count + 1)]
        places = [pygame.Vector2(radius, 0).rotate(360 * turn) + pygame.Vector2(x, y) for turn in spin]
        self.line([(place.x, place.y) for place in places], colour, width, outline=False)

    def _stroke(self, pixels: Sequence[tuple[int, int]], colour: Colour, width: float) -> None:
        for one, other in zip(pixels, pixels[1:], strict=False):
            pygame.draw.line(self.canvas, colour, one, other, max(1, round(width)))
        for pixel in pixels:
            pygame.draw.circle(self.canvas, colour, pixel, width / 2)


def picture(
    size: tuple[int, int], unit: float, origin: Point, paint: Callable[[Brush], None], *, line: float = 0.026
) -> pygame.Surface:
    """Return a small see-through picture.

    Args:
        size: Its width and height in pixels.
        unit: Pixels of a cell.
        origin: Pixel that is ``(0, 0)`` for the brush.
        paint: What to paint.
        line: Width of outlines, in cells.
    """

    def large(canvas: pygame.Surface, factor: int) -> None:
        paint(Brush(canvas, unit * factor, (origin[0] * factor, origin[1] * factor), line))

    return painted(size, large, OUTLINE)
