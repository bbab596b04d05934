"""Draws a moment of a battle on a surface of any size."""

from __future__ import annotations

import pygame

from ..drawing.layout import Size
from .field import Field
from .painting.bars import draw_bottom, draw_top
from .painting.crowd import draw_bases, draw_bodies, draw_states
from .painting.effects import draw_intents, draw_marks, draw_shots
from .painting.meadow import meadow
from .painting.roster import draw_roster, roster_rows
from .painting.screen import Screen
from .painting.speech import Speech
from .painting.talk import draw_talk, talk_parts
from .painting.terrain import terrain
from .painting.verdict import draw_verdict
from .scene import Point, Scene

_KEPT_SCREENS = 2


class Picture:
    """Draws scenes. Not thread-safe: it belongs to the thread that draws.

    What does not move is painted once: grass for each size, walls for each battle.
    """

    def __init__(self) -> None:
        self._screens: dict[tuple[Size, Size], Screen] = {}
        self._meadow: pygame.Surface | None = None
        self._meadow_key: tuple[Size, Size] | None = None
        self._ground: pygame.Surface | None = None
        self._ground_key: Field | None = None
        self._speech = Speech()
        # The field that was drawn last; clicks refer to it.
        self._cells: Size = (Field().width, Field().height)

    def draw(self, surface: pygame.Surface, scene: Scene) -> None:
        """Draw a scene over all of a surface.

        Args:
            surface: Of any size from one pixel on.
            scene: The moment.
        """
        self._cells = (scene.ground.width, scene.ground.height)
        screen = self._screen(surface.get_size())
        surface.blit(self._terrain(surface, screen, scene), (0, 0))
        kept = surface.get_clip()
        surface.set_clip(screen.layout.stage.clip(kept))
        draw_bases(surface, screen, scene)
        draw_intents(surface, screen, scene)
        draw_bodies(surface, screen, scene)
        draw_shots(surface, screen, scene)
        draw_states(surface, screen, scene)
        draw_marks(surface, screen, scene)
        self._speech.draw(surface, screen, scene)
        draw_verdict(surface, screen, scene)
        surface.set_clip(kept)
        draw_top(surface, screen, scene)
        draw_bottom(surface, screen, scene)
        if scene.talk is not None:
            draw_talk(surface, screen, scene, scene.talk)
        else:
            draw_roster(surface, screen, scene)

    def cell_at(self, size: Size, position: Size) -> Point | None:
        """Return the place on the field, in cells, of a pixel; None beside the field.

        Args:
            size: Of the window.
            position: The pixel.
        """
        return self._screen(size).point(position)

    def listed_at(self, size: Size, position: Size, scene: Scene) -> Point | None:
        """Return the place of the living soldier in whose row of the list a pixel is; None beside the list.

        Args:
            size: Of the window.
            position: The pixel.
            scene: What is drawn.
        """
        if scene.talk is not None:
            return None
        rows = roster_rows(self._screen(size), scene)
        return next((who.at for who, row in rows if row.collidepoint(position) and who.fallen_ms is None), None)

    def choice_at(self, size: Size, position: Size, scene: Scene) -> int | None:
        """Return which choice of the open panel a pixel belongs to; None when to none.

        Args:
            size: Of the window.
            position: The pixel.
            scene: What is drawn.
        """
        if scene.talk is None:
            return None
        rows = talk_parts(self._screen(size), len(scene.talk.choices)).choices
        return next((number for number, row in enumerate(rows) if row.collidepoint(position)), None)

    def _screen(self, size: Size) -> Screen:
        key = (size, self._cells)
        if key not in self._screens:
            while len(self._screens) >= _KEPT_SCREENS:
                del self._screens[next(iter(self._screens))]
            self._screens[key] = Screen.of(size, self._cells)
        return self._screens[key]

    def _terrain(self, surface: pygame.Surface, screen: Screen, scene: Scene) -> pygame.Surface:
        size = surface.get_size()
        if self._meadow is None or self._meadow_key != (size, self._cells):
            # In the format of the surface it is copied without looking at each pixel.
            self._meadow = meadow(screen.layout, self._cells).convert(surface)
            self._meadow_key, self._ground = (size, self._cells), None
        if self._ground is None or self._ground_key != scene.ground:
            self._ground, self._ground_key = terrain(self._meadow, screen.layout, scene.ground), scene.ground
        return self._ground
