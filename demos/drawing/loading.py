"""The screen before a demo begins."""

from __future__ import annotations

import pygame

from .palette import CORAL, DIM, GOLD, INK, NIGHT, PANEL_LIGHT
from .type import Type


class LoadingScreen:
    """Says what is being waited for. Not thread safe."""

    def __init__(self) -> None:
        self._type = Type(1.0)

    def draw(
        self, surface: pygame.Surface, title: str, text: str, share: float, *, now_ms: float, error: str = ""
    ) -> None:
        """Draw the screen.

        Args:
            surface: What to draw on, of any size.
            title: What is about to begin.
            text: What is being done.
            share: How much of it is done, from 0 to 1.
            now_ms: Lets the bar breathe, so that nobody takes the window for dead.
            error: Why it goes no further; empty when it does.
        """
        width, height = surface.get_size()
        scale = max(0.5, min(width / 1280, height / 720))
        if abs(self._type.scale - scale) > 1e-6:
            self._type = Type(scale)
        surface.fill(NIGHT)
        middle, top = width / 2, height * 0.4
        self._type.draw(surface, title, (middle, top), size="title", colour=INK, align="center", width=width * 0.9)
        bar = pygame.Rect(0, 0, round(min(width * 0.5, 420 * scale)), max(4, round(6 * scale)))
        bar.center = round(middle), round(top + 60 * scale)
        _draw_bar(surface, bar, share, now_ms)
        line, colour = (error, CORAL) if error else (text, DIM)
        self._type.draw(
            surface,
            line,
            (middle, bar.bottom + 14 * scale),
            size="body",
            colour=colour,
            align="center",
            width=width * 0.9,
        )


def _draw_bar(surface: pygame.Surface, bar: pygame.Rect, share: float, now_ms: float) -> None:
    radius = bar.height // 2
    pygame.draw.rect(surface, PANEL_LIGHT, bar, border_radius=radius)
    done = bar.copy()
    done.width = max(bar.height, round(bar.width * min(1.0, max(0.0, share))))
    pygame.draw.rect(surface, GOLD, done, border_radius=radius)
    left = bar.left + (bar.width - bar.height) * abs((now_ms / 900.0) % 2.0 - 1.0)
    pygame.draw.circle(surface, INK, (round(left + radius), bar.centery), radius)
