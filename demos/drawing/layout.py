"""Where the parts of a window lie: bars above and below, the stage with the field, and the side panel."""

from __future__ import annotations

from dataclasses import dataclass

import pygame

Size = tuple[int, int]

LEAST_SCALE, MOST_SCALE = 0.62, 4.0
_USUAL_WIDTH, _USUAL_HEIGHT = 1280, 720
_TOP, _BOTTOM, _SIDE, _MOST_SIDE = 54, 32, 288, 420
_SIDE_BELOW_SHARE = 0.36
_PORTRAIT_SCALE = 0.85
# Room above the first row for the heads of those who stand in it, in cells.
HEADROOM = 0.45


@dataclass(frozen=True, slots=True)
class Layout:
    """The parts of a window of one size, in pixels; no two of them overlap but the field, which lies on the stage.

    Args:
        window: All of it.
        scale: How large a letter or an edge is against the same in a window of 1280 by 720.
        top: The bar above.
        bottom: The bar below.
        side: The panel, on the right of the stage or below it.
        stage: What the field lies on.
        field: The cells.
        cell: Pixels of a cell's side.
    """

    window: pygame.Rect
    scale: float
    top: pygame.Rect
    bottom: pygame.Rect
    side: pygame.Rect
    stage: pygame.Rect
    field: pygame.Rect
    cell: int

    @classmethod
    def of(cls, size: Size, cells: Size = (16, 10)) -> Layout:
        """Return the layout of a window.

        Args:
            size: Its width and height in pixels; anything from one pixel on gives a layout.
            cells: Columns and rows of the field.
        """
        width, height = max(1, size[0]), max(1, size[1])
        scale = _scale(width, height)
        top = pygame.Rect(0, 0, width, min(round(_TOP * scale), height // 4))
        low = min(round(_BOTTOM * scale), height // 6)
        bottom = pygame.Rect(0, height - low, width, low)
        middle = pygame.Rect(0, top.bottom, width, max(1, bottom.top - top.bottom))
        stage, side = _split(middle, scale, cells)
        cell = _cell(stage.size, cells)
        field = pygame.Rect(0, 0, cell * cells[0], cell * cells[1])
        field.centerx = stage.centerx
        spare = stage.height - field.height
        field.top = stage.top + max(spare // 2, min(spare, round(HEADROOM * cell)))
        return cls(pygame.Rect(0, 0, width, height), scale, top, bottom, side, stage, field, cell)

    def px(self, length: float) -> int:
        """Return a length, given for a window of 1280 by 720, in pixels of this one; at least one."""
        return max(1, round(length * self.scale))


def _scale(width: int, height: int) -> float:
    long, short = max(width, height), min(width, height)
    scale = min(long / _USUAL_WIDTH, short / _USUAL_HEIGHT) * (_PORTRAIT_SCALE if height > width else 1.0)
    return min(MOST_SCALE, max(LEAST_SCALE, scale))


def _cell(size: Size, cells: Size) -> int:
    return max(1, min(size[0] // cells[0], int(size[1] / (cells[1] + HEADROOM))))


def _split(middle: pygame.Rect, scale: float, cells: Size) -> tuple[pygame.Rect, pygame.Rect]:
    """Return stage and side panel, placed so that the cells become as large as they can."""
    beside = min(_beside(middle, scale, cells), middle.width - 1)
    below = min(_below(middle, scale, cells), middle.height - 1)
    by_side = _cell((middle.width - beside, middle.height), cells)
    by_below = _cell((middle.width, middle.height - below), cells)
    if by_side >= by_below:
        stage = pygame.Rect(middle.left, middle.top, middle.width - beside, middle.height)
        return stage, pygame.Rect(stage.right, middle.top, beside, middle.height)
    stage = pygame.Rect(middle.left, middle.top, middle.width, middle.height - below)
    return stage, pygame.Rect(middle.left, stage.bottom, middle.width, below)


def _beside(middle: pygame.Rect, scale: float, cells: Size) -> int:
    spare = middle.width - _cell((middle.width, middle.height), (1, cells[1])) * cells[0]
    least, most = min(round(_SIDE * scale), middle.width // 2), round(_MOST_SIDE * scale)
    return max(least, min(spare, most))


def _below(middle: pygame.Rect, scale: float, cells: Size) -> int:
    spare = middle.height - round(middle.width // cells[0] * (cells[1] + HEADROOM))
    return max(round(middle.height * _SIDE_BELOW_SHARE), min(spare, round(middle.height * 0.62)))
