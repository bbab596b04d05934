"""Speech bubbles: rounded paper with a tail, inside given bounds and away from what must stay visible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import pygame

from .palette import AMBER, GOLD, PAPER, PAPER_EDGE, PAPER_INK, Colour
from .shapes import Point, draw_panel, draw_polygon, draw_shadow
from .type import SizeName, Type

Kind: TypeAlias = Literal["talk", "bark", "order"]

MOST_LINES = 5
_ORDER_PAPER: Colour = (72, 52, 16)
# Steps from the best place (above the speaker) to others, in shares of the bubble's size.
_SHIFTS = (0.0, -0.35, 0.35, -0.7, 0.7)


@dataclass(frozen=True, slots=True)
class _Look:
    paper: Colour
    edge: Colour
    ink: Colour


_LOOKS: Mapping[Kind, _Look] = {
    "talk": _Look(PAPER, GOLD, PAPER_INK),
    "bark": _Look(PAPER, PAPER_EDGE, PAPER_INK),
    "order": _Look(_ORDER_PAPER, AMBER, (255, 236, 200)),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a bubble, as they fit.

    Args:
        lines: What is shown; of a long text its end.
        size: Width and height of the bubble without its tail.
        pad: Room around the words.
    """

    lines: tuple[str, ...]
    size: tuple[int, int]
    pad: int


def fitted(type_: Type, text: str, width: float, *, most_lines: int = MOST_LINES, letters: SizeName = "small") -> Words:
    """Return a text as a bubble shows it.

    Args:
        type_: What draws the letters.
        text: Any string; an empty one gives three dots.
        width: Most room for a line.
        most_lines: Of a longer text only the end is shown, because that is what is being said.
        letters: How large.
    """
    lines = [line for line in type_.wrap(text, letters, max(1.0, width)) if line] or ["..."]
    if len(lines) > most_lines:
        lines = [type_.cut("… " + lines[-most_lines], letters, width), *lines[len(lines) - most_lines + 1 :]]
    pad = max(3, round(7 * type_.scale))
    widest = max(type_.measure(line, letters)[0] for line in lines)
    height = type_.line_height(letters) * len(lines)
    return Words(tuple(lines), (widest + 2 * pad + 2, height + 2 * pad - pad // 3), pad)


def place(
    size: tuple[int, int],
    anchor: Point,
    *,
    bounds: pygame.Rect,
    avoid: Sequence[pygame.Rect] = (),
    tail: int = 10,
    preferred: int | None = None,
) -> tuple[pygame.Rect, int] | None:
    """Return where a bubble goes, or None when no place near its speaker is free.

    Args:
        size: Of the bubble, without its tail.
        anchor: What the tail points to.
        bounds: What it must not leave.
        avoid: What it must not cover.
        tail: How far it is from the anchor.
        preferred: Number of the place that it had before, so that it does not jump.

    Returns:
        The place and its number.
    """
    if size[0] > bounds.width or size[1] > bounds.height:
        return None
    spots = list(enumerate(_spots(size, anchor, tail)))
    if preferred is not None:
        spots.sort(key=lambda numbered: numbered[0] != preferred)
    for number, spot in spots:
        rect = spot.clamp(bounds)
        if rect.collidelist(avoid) < 0 and _is_near(rect, anchor, tail):
            return rect, number
    return None


def _is_near(rect: pygame.Rect, anchor: Point, tail: int) -> bool:
    """Whether a bubble that was pushed back into its bounds is still at its speaker, and does not hide him."""
    inside = rect.left < anchor[0] < rect.right and rect.top - tail / 2 < anchor[1] < rect.bottom - 1
    across = max(rect.left - anchor[0], 0.0, anchor[0] - rect.right)
    down = max(rect.top - anchor[1], 0.0, anchor[1] - rect.bottom)
    return not inside and across < 10 * tail and down < 10 * tail


def _spots(size: tuple[int, int], anchor: Point, tail: int) -> Iterable[pygame.Rect]:
    width, height = size
    x, y = round(anchor[0]), round(anchor[1])
    for up in (1.0, 1.8, 2.7):
        for shift in _SHIFTS:
            left = x - width // 2 + round(shift * width)
            yield pygame.Rect(left, round(y - tail - height * up), width, height)
    for right in (x + 3 * tail, x - 3 * tail - width):
        for down in (0.5, 0.0, 1.0):
            yield pygame.Rect(right, round(y - height * down), width, height)
    for shift in _SHIFTS:
        yield pygame.Rect(x - width // 2 + round(shift * width), y + 9 * tail, width, height)


def paint_bubble(
    surface: pygame.Surface,
    type_: Type,
    words: Words,
    rect: pygame.Rect,
    anchor: Point,
    *,
    kind: Kind = "bark",
    accent: Colour | None = None,
    alpha: int = 255,
    letters: SizeName = "small",
) -> None:
    """Paint a bubble where it was placed.

    Args:
        surface: What to draw on.
        type_: What draws the letters.
        words: From :func:`fitted`.
        rect: From :func:`place`.
        anchor: What the tail points to.
        kind: An answer, a bark or an order.
        accent: A colour for the edge, such as that of the speaker's side.
        alpha: 0 cannot be seen, 255 is solid.
        letters: As for :func:`fitted`.
    """
    look = _LOOKS[kind]
    edge = accent or look.edge
    radius, line = max(3, round(9 * type_.scale)), max(1, round(1.6 * type_.scale))
    if alpha > 200:
        draw_shadow(surface, rect, radius, max(2, round(5 * type_.scale)), 80)
    _paint_tail(surface, rect, anchor, edge, alpha, radius, 0)
    draw_panel(surface, rect, colour=look.paper, edge=edge, radius=radius, edge_width=line, alpha=alpha)
    _paint_tail(surface, rect, anchor, look.paper, alpha, radius, line)
    y = rect.top + words.pad - words.pad // 4
    for row in words.lines:
        type_.draw(surface, row, (rect.left + words.pad + 1, y), size=letters, colour=look.ink, alpha=alpha)
        y += type_.line_height(letters)


def _paint_tail(
    surface: pygame.Surface, rect: pygame.Rect, anchor: Point, colour: Colour, alpha: int, radius: int, inset: int
) -> None:
    """Paint the tail from the nearest edge towards the anchor; with an inset it is the paper inside the edge."""
    half = max(2, radius * 2 // 3) - inset
    is_level = rect.top <= anchor[1] <= rect.bottom
    root_x: float
    root_y: float
    root: list[Point]
    if is_level:
        root_x = (rect.left + inset) if anchor[0] < rect.centerx else (rect.right - 1 - inset)
        root_y = min(max(anchor[1], rect.top + radius + half), rect.bottom - radius - half)
        root = [(root_x, root_y - half), (root_x, root_y + half)]
        middle = (float(root_x), root_y)
    else:
        root_y = (rect.top + inset) if anchor[1] < rect.top else (rect.bottom - 1 - inset)
        low, high = rect.left + radius + half, max(rect.left + radius + half, rect.right - radius - half)
        root_x = min(max(anchor[0], low), high)
        root = [(root_x - half, root_y), (root_x + half, root_y)]
        middle = (root_x, float(root_y))
    across, down = anchor[0] - middle[0], anchor[1] - middle[1]
    length = max(1.0, (across**2 + down**2) ** 0.5)
    # From below it would lie over the speaker.
    most = 1.8 if down < 0 and not is_level else 5.0
    reach = min(length, most * radius) - 2.0 * inset
    if reach <= 1:
        return
    tip = (middle[0] + across / length * reach, middle[1] + down / length * reach)
    draw_polygon(surface, [root[0], tip, root[1]], colour, alpha)


def draw_bubble(
    surface: pygame.Surface,
    type_: Type,
    text: str,
    anchor: Point,
    *,
    bounds: pygame.Rect,
    kind: Kind = "bark",
    avoid: Sequence[pygame.Rect] = (),
    accent: Colour | None = None,
    width: float | None = None,
    letters: SizeName = "small",
    alpha: int = 255,
) -> pygame.Rect:
    """Draw a bubble at a speaker.

    Args:
        surface: What to draw on.
        type_: What draws the letters.
        text: Any string; an empty one gives three dots.
        anchor: What the tail points to.
        bounds: What the bubble must not leave.
        kind: An answer, a bark or an order.
        avoid: What it must not cover, such as other bubbles.
        accent: A colour for its edge.
        width: Most room for a line; a third of the bounds when not given.
        letters: How large.
        alpha: 0 cannot be seen, 255 is solid.

    Returns:
        Where the bubble is, without its tail; an empty rectangle when there was no room for it.
    """
    for most_lines in (MOST_LINES, 2, 1):
        words = fitted(type_, text, width or bounds.width / 3, most_lines=most_lines, letters=letters)
        tail = max(4, round(9 * type_.scale))
        placed = place(words.size, anchor, bounds=bounds, avoid=avoid, tail=tail)
        if placed is not None:
            rect = placed[0]
            paint_bubble(surface, type_, words, rect, anchor, kind=kind, accent=accent, letters=letters, alpha=alpha)
            return rect
    return pygame.Rect(round(anchor[0]), round(anchor[1]), 0, 0)
