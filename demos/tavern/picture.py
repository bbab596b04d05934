"""The picture of the evening: the room, the bubbles, and what is written around them, at any size."""

from __future__ import annotations

from typing import Final

import pygame

from ..drawing.bubble import draw_bubble
from ..drawing.layout import Layout
from ..drawing.palette import AMBER, DIM, GOLD, GREEN, INK, NIGHT, SHADOW
from ..drawing.shapes import disc, draw_panel
from ..drawing.type import Type
from .costumes import LOOKS
from .notices import draw_notices
from .painted_room import PaintedRoom
from .scene import Bubble, Scene, Who
from .side import accent, draw_card, draw_input, draw_transcript, heard_area
from .words import cut_off

# The room is as wide as it is high by so much; what is left beside it is for the transcript.
_CELLS: Final = (150, 100)
_HINTS: Final = (
    "Enter  speak",
    "Click  turn to somebody",
    "Esc  leave the line",
    "F1  figures",
    "K  kill the engine",
    "R  another evening",
)
_FADE_MS: Final = 350.0
_PLATE: Final = (46, 28, 18)


class Picture:
    """Draws scenes; keeps what it has painted for the last size. Not thread-safe: for the thread that draws."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None
        self._layout: Layout
        self._type: Type
        self._painted: PaintedRoom
        self._parts: _Parts

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw a moment, at the size that the surface has."""
        self._fit(surface.get_size())
        layout, type_, parts = self._layout, self._type, self._parts
        surface.fill(NIGHT)
        room = surface.subsurface(parts.room)
        self._painted.draw(room, scene)
        if scene.loading:
            self._draw_loading(room, scene)
        else:
            self._draw_names(room, scene)
            self._draw_bubbles(room, scene)
        left = draw_card(surface, type_, layout, parts.transcript, scene)
        draw_transcript(surface, type_, layout, left, scene)
        draw_notices(surface, type_, layout, heard_area(type_, layout, left), scene.notices)
        draw_input(surface, type_, layout, parts.line, scene)
        self._draw_top(surface, scene)
        self._draw_bottom(surface, scene)

    def guest_at(self, size: tuple[int, int], at: tuple[int, int]) -> str | None:
        """Return who is at a place of a window of a size, or None."""
        self._fit(size)
        room = self._parts.room
        return self._painted.guest_at((at[0] - room.left, at[1] - room.top)) if room.collidepoint(at) else None

    def is_line_at(self, size: tuple[int, int], at: tuple[int, int]) -> bool:
        """Return whether the player's line is at a place of a window of a size."""
        self._fit(size)
        return bool(self._parts.line.collidepoint(at))

    def _fit(self, size: tuple[int, int]) -> None:
        if size == self._size:
            return
        layout = Layout.of(size, _CELLS)
        if self._size is None or layout.scale != self._layout.scale:
            self._type = Type(layout.scale)
        self._layout, self._parts = layout, _Parts(layout)
        self._painted = PaintedRoom(self._parts.room.size)
        self._size = size

    def _draw_names(self, room: pygame.Surface, scene: Scene) -> None:
        layout, type_ = self._layout, self._type
        for who in scene.who:
            x, y = self._painted.name_at(who.key)
            wide = type_.measure(who.short, "body")[0] + layout.px(20)
            plate = pygame.Rect(x - wide // 2, y, wide, type_.line_height("body") + layout.px(6))
            edge = GOLD if who.is_selected else accent(who.key)
            draw_panel(room, plate, colour=_PLATE, edge=edge, radius=layout.px(6), alpha=225)
            type_.draw(room, who.short, (x, plate.top + layout.px(3)), colour=edge, align="center")

    def _draw_bubbles(self, room: pygame.Surface, scene: Scene) -> None:
        layout = self._layout
        bounds = room.get_rect().inflate(-layout.px(16), -layout.px(16))
        avoid = [self._painted.head_rect(key) for key in LOOKS]
        # The newest is drawn last and keeps away from the others.
        speaking = sorted((who for who in scene.who if who.bubble), key=_age, reverse=True)
        for who in speaking:
            bubble = who.bubble
            if bubble is None:
                continue
            text = cut_off(bubble.text) if bubble.is_cut else bubble.text
            alpha = round(255 * min(1.0, max(0.0, bubble.left_ms / _FADE_MS)))
            edge = AMBER if bubble.source == "fallback" else accent(who.key)
            place = draw_bubble(
                room,
                self._type,
                text,
                self._painted.head_top(who.key),
                bounds=bounds,
                kind="talk",
                avoid=avoid,
                accent=edge,
                width=room.get_width() / 3.6,
                letters="body",
                alpha=alpha,
            )
            avoid.append(place)

    def _draw_loading(self, room: pygame.Surface, scene: Scene) -> None:
        room.fill((96, 92, 104), special_flags=pygame.BLEND_RGB_MULT)
        dots = "." * (1 + int(scene.now_ms / 400) % 3)
        middle = (room.get_width() / 2, room.get_height() * 0.2)
        self._type.draw(room, scene.place, middle, size="title", colour=GOLD, align="center", outline=SHADOW)
        below = (middle[0], middle[1] + self._type.line_height("title") * 1.2)
        self._type.draw(room, scene.loading + dots, below, size="large", align="center", outline=SHADOW)

    def _draw_top(self, surface: pygame.Surface, scene: Scene) -> None:
        layout, type_ = self._layout, self._type
        bar, pad = layout.top, layout.px(16)
        y = bar.centery - type_.line_height("title") // 2
        title = type_.draw(surface, scene.place, (bar.left + pad, y), size="title", colour=GOLD, width=bar.width / 2)
        state = "thinking on this machine" if scene.is_awake else "waking up" if scene.loading else "lost in thought"
        colour = GREEN if scene.is_awake else AMBER
        low = bar.centery - type_.line_height("body") // 2
        end = type_.draw(surface, state, (bar.right - pad, low), colour=colour, align="right", width=bar.width / 3)
        dot = disc(layout.px(4), colour)
        surface.blit(dot, dot.get_rect(center=(end.left - layout.px(12), bar.centery)))
        left = title.right + layout.px(16)
        about = "three guests, and each knows what the others do not"
        type_.draw(surface, about, (left, low), colour=DIM, width=max(1, end.left - layout.px(30) - left))

    def _draw_bottom(self, surface: pygame.Surface, scene: Scene) -> None:
        layout, type_ = self._layout, self._type
        bar = layout.bottom
        x, y = bar.left + layout.px(16), bar.centery - type_.line_height("small") // 2
        for hint in _HINTS:
            key, _, words = hint.partition("  ")
            is_live = len(key) > 1 or not scene.is_typing
            width = type_.measure(hint, "small")[0]
            if x + width > bar.right - layout.px(8):
                break
            place = type_.draw(surface, key, (x, y), size="small", colour=INK if is_live else DIM)
            place = type_.draw(surface, words, (place.right + layout.px(6), y), size="small", colour=DIM)
            x = place.right + layout.px(20)


class _Parts:
    """Where the room, the transcript and the player's line lie."""

    def __init__(self, layout: Layout) -> None:
        gap, high = layout.px(8), layout.px(44)
        stage, side = layout.stage, layout.side
        high = min(high, max(1, stage.height // 3))
        self.line = pygame.Rect(stage.left + gap, stage.bottom - high, max(1, stage.width - 2 * gap), high)
        room = pygame.Rect(stage.left + gap, stage.top, max(1, stage.width - 2 * gap), self.line.top - gap - stage.top)
        self.room = room if room.height > 0 else pygame.Rect(stage.left, stage.top, 1, 1)
        self.transcript = pygame.Rect(side.left, side.top, max(1, side.width - gap), max(1, side.height))
        if side.top >= stage.bottom:
            self.transcript = pygame.Rect(side.left + gap, side.top + gap, side.width - 2 * gap, side.height - gap)


def _age(who: Who) -> float:
    bubble: Bubble | None = who.bubble
    return 0.0 if bubble is None else bubble.age_ms
