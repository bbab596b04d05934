"""Where things are drawn: the layout of a window with the letters and measures that belong to it."""

from __future__ import annotations

from dataclasses import dataclass

from ...drawing.layout import Layout, Size
from ...drawing.type import Type
from ..scene import Point


@dataclass(frozen=True, slots=True)
class Screen:
    """A window of one size.

    Args:
        layout: Where its parts are.
        type_: Draws its letters.
    """

    layout: Layout
    type_: Type

    @classmethod
    def of(cls, size: Size, cells: Size = (16, 10)) -> Screen:
        """Return the screen of a window with a field of so many cells."""
        layout = Layout.of(size, cells)
        return cls(layout, Type(layout.scale))

    @property
    def cell(self) -> int:
        """Pixels of a cell's side."""
        return self.layout.cell

    def px(self, length: float) -> int:
        """Return a length, given for a window of 1280 by 720, in pixels of this one."""
        return self.layout.px(length)

    def place(self, at: Point) -> tuple[float, float]:
        """Return the pixel of a place on the field."""
        return self.layout.field.left + at[0] * self.cell, self.layout.field.top + at[1] * self.cell

    def point(self, position: tuple[float, float]) -> Point | None:
        """Return the place on the field of a pixel, or None beside it; the inverse of :meth:`place`."""
        field = self.layout.field
        across, down = position[0] - field.left, position[1] - field.top
        if not (0 <= across < field.width and 0 <= down < field.height):
            return None
        return across / self.cell, down / self.cell
