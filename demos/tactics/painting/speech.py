"""What soldiers say, in bubbles that neither cover each other nor leave the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pygame

from ...drawing.bubble import Words, fitted, paint_bubble, place
from ..scene import Bubble, BubbleKind, Scene
from .crowd import body_of, head_of
from .screen import Screen

_RANKS: Mapping[BubbleKind, int] = {"talk": 0, "order": 1, "bark": 2}
_FADE_MS = 350.0
_WIDTH_CELLS, _LEAST_WIDTH = 3.7, 105


@dataclass(frozen=True, slots=True)
class _Placed:
    bubble: Bubble
    words: Words
    rect: pygame.Rect
    anchor: tuple[float, float]

    @property
    def tail(self) -> float:
        """How far the bubble is from its speaker."""
        across = max(self.rect.left - self.anchor[0], 0.0, self.anchor[0] - self.rect.right)
        return across + max(self.rect.top - self.anchor[1], 0.0, self.anchor[1] - self.rect.bottom)


class Speech:
    """Draws bubbles; remembers where each was, so that it does not jump from one side to the other."""

    def __init__(self) -> None:
        self._spots: dict[str, int] = {}

    def draw(self, surface: pygame.Surface, screen: Screen, scene: Scene) -> list[pygame.Rect]:
        """Draw all bubbles for which there is room; answers to the player first, then orders, then barks.

        Returns:
            Where they are.
        """
        bodies = [body_of(screen, soldier) for soldier in scene.soldiers if soldier.fallen_ms is None]
        speakers = {bubble.label for bubble in scene.bubbles}
        self._spots = {label: spot for label, spot in self._spots.items() if label in speakers}
        placed: list[_Placed] = []
        for bubble in sorted(scene.bubbles, key=lambda one: (_RANKS[one.kind], -one.age_ms, one.label)):
            soldier = scene.soldier(bubble.label)
            if soldier is not None:
                found = self._placed(screen, bubble, head_of(screen, soldier), [one.rect for one in placed], bodies)
                placed += [found] if found is not None else []
        # A long tail goes below the bubbles that are closer to their speakers.
        for one in sorted(placed, key=lambda one: -one.tail):
            _paint(surface, screen, one)
        return [one.rect for one in placed]

    def _placed(
        self,
        screen: Screen,
        bubble: Bubble,
        anchor: tuple[float, float],
        taken: list[pygame.Rect],
        bodies: list[pygame.Rect],
    ) -> _Placed | None:
        """Return a place that covers nobody; else one for fewer words; else one that covers no other bubble."""
        bounds = screen.layout.stage.inflate(-screen.px(6), -screen.px(6))
        width = max(_LEAST_WIDTH * screen.layout.scale, _WIDTH_CELLS * screen.cell)
        tail = max(4, round(0.16 * screen.cell))
        preferred = self._spots.get(bubble.label)
        for most_lines, avoid in ((5, [*taken, *bodies]), (2, [*taken, *bodies]), (2, taken)):
            words = fitted(screen.type_, bubble.text, width, most_lines=most_lines)
            apart = [rect.inflate(4, 4) for rect in avoid]
            placed = place(words.size, anchor, bounds=bounds, avoid=apart, tail=tail, preferred=preferred)
            if placed is not None:
                rect, self._spots[bubble.label] = placed
                return _Placed(bubble, words, rect, anchor)
        return None


def _paint(surface: pygame.Surface, screen: Screen, placed: _Placed) -> None:
    bubble = placed.bubble
    alpha = 255 if not bubble.is_whole else round(255 * min(1.0, max(0.0, bubble.left_ms / _FADE_MS)))
    paint_bubble(surface, screen.type_, placed.words, placed.rect, placed.anchor, kind=bubble.kind, alpha=alpha)
