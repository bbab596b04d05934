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
from .painting.speech import Speech
from .painting.stage import Stage
from .painting.talk import draw_talk, talk_parts
from .painting.terrain import terrain
from .painting.verdict import draw_verdict
from .scene import Point, Scene

_KEPT_STAGES = 2


class Picture:
    """Draws scenes. Not thread-safe: it belongs to the thread that draws.

    What does not move is painted once: grass for each size, walls for each battle.
    """

    def __init__(self) -> None:
        self._stages: dict[tuple[Size, Size], Stage] = {}
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
        stage = self._stage(surface.get_size())
        surface.blit(self._terrain(surface, stage, scene), (0, 0))
        kept = surface.get_clip()
        surface.set_clip(stage.layout.stage.clip(kept))
        draw_bases(surface, stage, scene)
        draw_intents(surface, stage, scene)
        draw_bodies(surface, stage, scene)
        draw_shots(surface, stage, scene)
        draw_states(surface, stage, scene)
        draw_marks(surface, stage, scene)
        self._speech.draw(surface, stage, scene)
        draw_verdict(surface, stage, scene)
        surface.set_clip(kept)
        draw_top(surface, stage, scene)
        draw_bottom(surface, stage, scene)
        if scene.talk is not None:
            draw_talk(surface, stage, scene, scene.talk)
        else:
            draw_roster(surface, stage, scene)

    def cell_at(self, size: Size, position: Size) -> Point | None:
        """Return the place on the field, in cells, of a pixel; None beside the field.

        Args:
            size: Of the window.
            position: The pixel.
        """
        return self._stage(size).point(position)

    def listed_at(self, size: Size, position: Size, scene: Scene) -> Point | None:
        """Return the place of the living soldier in whose row of the list a pixel is; None beside the list.

        Args:
            size: Of the window.
            position: The pixel.
            scene: What is drawn.
        """
        if scene.talk is not None:
            return None
        rows = roster_rows(self._stage(size), scene)
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
        rows = talk_parts(self._stage(size), len(scene.talk.choices)).choices
        return next((number for number, row in enumerate(rows) if row.collidepoint(position)), None)

    def _stage(self, size: Size) -> Stage:
        key = (size, self._cells)
        if key not in self._stages:
            while len(self._stages) >= _KEPT_STAGES:
                del self._stages[next(iter(self._stages))]
            self._stages[key] = Stage.of(size, self._cells)
        return self._stages[key]

    def _terrain(self, surface: pygame.Surface, stage: Stage, scene: Scene) -> pygame.Surface:
        size = surface.get_size()
        if self._meadow is None or self._meadow_key != (size, self._cells):
            # In the format of the surface it is copied without looking at each pixel.
            self._meadow = meadow(stage.layout, self._cells).convert(surface)
            self._meadow_key, self._ground = (size, self._cells), None
        if self._ground is None or self._ground_key != scene.ground:
            self._ground, self._ground_key = terrain(self._meadow, stage.layout, scene.ground), scene.ground
        return self._ground
