"""Curves of the last moments: how long frames took, and how long decisions took."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import pygame

from .palette import AMBER, CORAL, GREEN, Colour, mixed
from .shapes import disc

SHOWN_FRAMES = 240
_ROOM = 2.0
_FILL: Colour = mixed(GREEN, (0, 0, 0), 0.62)


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value that a share of all does not exceed, or None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def draw_frames(surface: pygame.Surface, rect: pygame.Rect, frames_ms: Sequence[float], target_ms: float) -> None:
    """Draw the times of the last frames as a curve, newest on the right, with the target in the middle of the height.

    Args:
        surface: What to draw on.
        rect: Where.
        frames_ms: Oldest first; only the last ones are drawn.
        target_ms: What a frame may take; frames that took longer are bars of another colour.
    """
    if rect.width < 4 or rect.height < 4:
        return
    times = frames_ms[-SHOWN_FRAMES:]
    step = (rect.width - 1) / (SHOWN_FRAMES - 1)
    right, bottom = rect.right - 1, rect.bottom - 1
    first = right - step * (len(times) - 1)
    slope, top = (rect.height - 1) / (target_ms * _ROOM), rect.top
    points = [(first + step * place, max(top, bottom - time * slope)) for place, time in enumerate(times)]
    if len(points) > 1:
        pygame.draw.polygon(surface, _FILL, [(first, bottom), *points, (right, bottom)])
        pygame.draw.lines(surface, GREEN, False, points, max(1, rect.height // 48))
        wide = max(2, round(step))
        for (x, y), time in zip(points, times, strict=True):
            if time > target_ms:
                pygame.draw.line(surface, CORAL, (x, bottom), (x, y), wide)
    height = bottom - target_ms * slope
    pygame.draw.line(surface, AMBER, (rect.left, height), (right, height), max(1, rect.height // 64))


def draw_decisions(
    surface: pygame.Surface,
    rect: pygame.Rect,
    times_ms: Sequence[float],
    in_time: Sequence[bool],
    most_ms: float,
    *,
    shown: int,
) -> None:
    """Draw the times of the last decisions as dots, newest on the right.

    Args:
        surface: What to draw on.
        rect: Where.
        times_ms: Oldest first.
        in_time: Whether each came in time; what is not said was.
        most_ms: The time at the upper edge; longer ones are drawn there.
        shown: How many have room.
    """
    radius = max(1, round(rect.height / 18))
    box = rect.inflate(-4 * radius, -4 * radius)
    if most_ms <= 0 or box.width <= 0 or box.height <= 0:
        return
    times = times_ms[-shown:]
    flags = [True] * (len(times) - len(in_time)) + list(in_time)[-len(times) :] if times else []
    step = box.width / max(1, shown - 1)
    for place, (time, is_in_time) in enumerate(zip(reversed(times), reversed(flags), strict=False)):
        height = min(1.0, time / most_ms) * box.height
        dot = disc(radius, GREEN) if is_in_time else disc(radius + 1, CORAL)
        middle = dot.get_width() / 2
        surface.blit(dot, (round(box.right - step * place - middle), round(box.bottom - height - middle)))
