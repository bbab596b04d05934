"""The room with its guests at one size: what stands still is painted once, what moves is put together each frame."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import pygame

from ..drawing.palette import GOLD
from ..drawing.shapes import disc
from .brush import Brush, Point
from .costumes import LOOKS
from .costumes.look import Look
from .easel import Easel, Part, Sides
from .light import draw_flame, draw_glow, sway
from .people import paint_eyes, paint_head, paint_mouth
from .pose import GAZE_STEPS, blinks, gaze, mouth, turn
from .room import FLAME, WIDE, paint_bars, paint_rain, paint_table
from .scene import Mood, Scene, Who

# The sides of a guest's parts around the middle of its head, in units: left, top, width and height.
_BODY: Final = (-25.0, -16.0, 52.0, 70.0)
_HEAD: Final = (-15.0, -16.0, 30.0, 34.0)
_FACE: Final = (-7.0, -6.0, 14.0, 16.0)
_HANDS: Final = (-24.0, 22.0, 48.0, 18.0)
_SHADOW_SHIFT: Final = 2.6


class PaintedRoom:
    """The painted room of one size. Not thread-safe: it belongs to the thread that draws.

    Args:
        size: In pixels.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self._easel = easel = Easel(size)
        self.size, self.scale = size, easel.scale
        self._parts: dict[object, Part] = {}
        self._wall = easel.wall()
        self._table = easel.part((0.0, 60.0, WIDE, 42.0), paint_table)
        self._bars = easel.part((2.0, 6.0, 34.0, 42.0), paint_bars, is_behind=True)

    def at(self, point: Point) -> tuple[int, int]:
        """Return where a point of the room is, in pixels of this room."""
        return self._easel.at(point)

    def guest_at(self, at: tuple[int, int]) -> str | None:
        """Return who is at a place in pixels."""
        x, y = self._easel.unit(at)
        for key, look in LOOKS.items():
            across, down = abs(x - look.head[0]), y - look.head[1]
            if across < 12 and -13 < down < 12 or across < 19 and 12 <= down < 42:
                return key
        return None

    def head_top(self, key: str) -> tuple[int, int]:
        """Return what a guest's bubble points to."""
        head = LOOKS[key].head
        return self.at((head[0], head[1] - 14.6))

    def name_at(self, key: str) -> tuple[int, int]:
        """Return where the middle of a guest's name is."""
        return self.at((LOOKS[key].head[0], 86.2))

    def head_rect(self, key: str) -> pygame.Rect:
        """Return what a bubble must not cover."""
        head = LOOKS[key].head
        left, top = self.at((head[0] - 9, head[1] - 11))
        right, bottom = self.at((head[0] + 9, head[1] + 9))
        return pygame.Rect(left, top, right - left, bottom - top)

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw a moment; the surface has the size of this room."""
        now_ms = scene.now_ms
        surface.blit(self._wall, (0, 0))
        paint_rain(surface, self._easel.brush(surface), now_ms)
        self._easel.put(surface, self._bars)
        for who in scene.who:
            self._draw_shadow(surface, who, now_ms)
        for who in scene.who:
            self._draw_guest(surface, who, now_ms)
        self._easel.put(surface, self._table)
        for who in scene.who:
            look = LOOKS[who.key]
            self._draw_part(surface, ("hands", who.key), _HANDS, look, look.hands)
        if not scene.loading:
            flame = self.at(FLAME)
            draw_glow(surface, flame, 34 * self.scale, now_ms)
            draw_flame(surface, (flame[0], flame[1] + self.scale), 7.2 * self.scale, now_ms)
        for who in scene.who:
            if who.mood == "thinking":
                self._draw_thought(surface, who, now_ms)

    def _draw_guest(self, surface: pygame.Surface, who: Who, now_ms: float) -> None:
        look, key = LOOKS[who.key], who.key
        breath = 0.18 * math.sin(now_ms / 900 + who.seat * 2)
        self._draw_part(surface, ("body", key), _BODY, look, look.body, (0.0, breath))
        across, down = turn(who, now_ms)
        down += breath * 1.5
        self._draw_part(surface, ("head", key), _HEAD, look, partial(paint_head, look=look), (across, down))
        mood: Mood = who.mood if who.mood in ("annoyed", "thinking") else "calm"
        eyes, is_shut, shape = gaze(who, now_ms), blinks(who, now_ms), mouth(who, now_ms)
        towards = (eyes[0] / GAZE_STEPS, eyes[1] / GAZE_STEPS)
        paint = partial(paint_eyes, look=look, gaze=towards, mood=mood, is_shut=is_shut)
        # Eyes and mouth go further than the head: that makes it look round.
        inside = (across * 1.35, down)
        self._draw_part(surface, ("eyes", key, eyes, mood, is_shut), _FACE, look, paint, inside)
        paint = partial(paint_mouth, look=look, mouth=shape, mood=mood)
        self._draw_part(surface, ("mouth", key, shape, mood), _FACE, look, paint, inside)

    def _draw_shadow(self, surface: pygame.Surface, who: Who, now_ms: float) -> None:
        """Draw a guest's shadow on the wall; it moves with the flame."""
        look = LOOKS[who.key]
        if ("shadow", who.key) not in self._parts:
            self._parts["shadow", who.key] = self._easel.shadow(_around(look, _BODY), partial(_paint_outline, look))
        away = 1 if look.head[0] > FLAME[0] else -1 if look.head[0] < FLAME[0] else 0
        shift = (away * 9.0 - sway(now_ms) * _SHADOW_SHIFT, -5.0 + 0.5 * math.sin(now_ms / 240))
        self._easel.put(surface, self._parts["shadow", who.key], shift)

    def _draw_thought(self, surface: pygame.Surface, who: Who, now_ms: float) -> None:
        x, y = LOOKS[who.key].head
        for number in range(3):
            beat = 0.5 + 0.5 * math.sin(now_ms / 180 - number * 1.1)
            dot = disc(max(2, round((0.75 + 0.35 * beat) * self.scale)), GOLD, 150 + round(105 * beat))
            surface.blit(dot, dot.get_rect(center=self.at((x - 3.2 + number * 3.2, y - 16.5 - beat * 0.6))))

    def _draw_part(
        self,
        surface: pygame.Surface,
        key: object,
        sides: Sides,
        look: Look,
        paint: Callable[[Brush], None],
        shift: Point = (0.0, 0.0),
    ) -> None:
        if key not in self._parts:
            dark_side = (look.head[0] < FLAME[0]) - (look.head[0] > FLAME[0])
            self._parts[key] = self._easel.part(_around(look, sides), paint, dark_side=-dark_side)
        self._easel.put(surface, self._parts[key], shift)


def _around(look: Look, sides: Sides) -> Sides:
    return look.head[0] + sides[0], look.head[1] + sides[1], sides[2], sides[3]


def _paint_outline(look: Look, brush: Brush) -> None:
    look.body(brush)
    paint_head(brush, look)
