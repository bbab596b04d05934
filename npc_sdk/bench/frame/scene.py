"""A scene that is drawn in software: sprites, lines, text and a little game logic, the same for every run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import cos, sin
from random import Random
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from npc_sdk.bench.frame.times import quantile
from npc_sdk.models.extra import load_extra

if TYPE_CHECKING:
    import pygame

SIZE: Final = (960, 540)
SCENES: Final[dict[str, float]] = {"light": 3.0, "heavy": 12.0}
"""What a frame is to take with nothing beside it, in milliseconds."""

_SPRITE: Final = 28
_KINDS: Final = 8
_TEXT_EVERY: Final = 12
_SEES: Final = 6
_MOST_UNITS: Final = 100_000
_COLOURS: Final = ((86, 156, 214), (214, 96, 86), (226, 184, 92), (120, 190, 120))


def open_screen() -> pygame.Surface:
    """Return a surface that nobody sees; drawing happens in memory, by the CPU.

    Raises:
        RequestError: pygame is missing (``missing_extra``).
    """
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    os.environ["SDL_AUDIODRIVER"] = "dummy"
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    library = load_extra("pygame", "bench")
    library.display.init()
    library.font.init()
    surface: pygame.Surface = library.display.set_mode(SIZE)
    return surface


class Scene:
    """Figures that walk about, look at each other and are named. Not thread safe.

    What a frame costs depends on the number of figures alone; where they are depends on the number of the frame and
    the seed, so that every run draws the same pictures.

    Args:
        surface: Where to draw, from :func:`open_screen`.
        seed: Makes figures and ways.
        units: How many figures there are.
    """

    def __init__(self, surface: pygame.Surface, *, seed: int, units: int) -> None:
        self._library: ModuleType = load_extra("pygame", "bench")
        self._surface = surface
        self._chance = Random(seed)
        self._font: Any = self._library.font.Font(None, 18)
        self._ground = self._make_ground()
        self._sprites = [self._make_sprite(kind) for kind in range(_KINDS)]
        self._walkers: list[tuple[float, float, float, float]] = []
        self.units = units

    @property
    def units(self) -> int:
        """How many figures there are."""
        return len(self._walkers)

    @units.setter
    def units(self, count: int) -> None:
        chance = self._chance
        while len(self._walkers) < count:
            place = chance.uniform(0, SIZE[0]), chance.uniform(0, SIZE[1])
            self._walkers.append((*place, chance.uniform(-2, 2), chance.uniform(-2, 2)))
        del self._walkers[count:]

    def draw(self, number: int) -> None:
        """Draw a frame.

        Args:
            number: Of the frame; decides where everybody is.
        """
        self._surface.blit(self._ground, (0, 0))
        places = self._places(number)
        draw_line = self._library.draw.aaline
        for index, (x, y) in enumerate(places):
            self._surface.blit(self._sprites[index % _KINDS], (x - _SPRITE / 2, y - _SPRITE / 2))
            draw_line(self._surface, _COLOURS[index % 4], (x, y), self._nearest(places, index))
            if index % _TEXT_EVERY == 0:
                name = self._font.render(f"{index} {int(x)}:{int(y)}", True, (20, 24, 32))
                self._surface.blit(name, (x + _SPRITE / 2, y - _SPRITE))
        self._library.display.flip()

    def _places(self, number: int) -> list[tuple[float, float]]:
        places = []
        for index, (x, y, across, down) in enumerate(self._walkers):
            turn = 0.02 * number + index
            x = _back_and_forth(x + across * number + 9 * cos(turn), SIZE[0])
            y = _back_and_forth(y + down * number + 9 * sin(turn), SIZE[1])
            places.append((x, y))
        return places

    @staticmethod
    def _nearest(places: list[tuple[float, float]], index: int) -> tuple[float, float]:
        """Return the nearest of the few that a figure looks at."""
        x, y = places[index]
        seen = [places[(index + step) % len(places)] for step in range(1, _SEES)]
        return min(seen, key=lambda place: (place[0] - x) ** 2 + (place[1] - y) ** 2)

    def _make_ground(self) -> pygame.Surface:
        ground: pygame.Surface = self._library.Surface(SIZE).convert()
        ground.fill((214, 208, 190))
        for _ in range(400):
            spot = self._chance.randrange(SIZE[0]), self._chance.randrange(SIZE[1])
            self._library.draw.circle(ground, (204, 198, 178), spot, self._chance.randrange(2, 14))
        return ground

    def _make_sprite(self, kind: int) -> pygame.Surface:
        sprite: pygame.Surface = self._library.Surface((_SPRITE, _SPRITE), self._library.SRCALPHA)
        middle = (_SPRITE // 2, _SPRITE // 2)
        self._library.draw.circle(sprite, (0, 0, 0, 60), middle, _SPRITE // 2)
        self._library.draw.circle(sprite, (*_COLOURS[kind % 4], 235), middle, _SPRITE // 2 - 2)
        self._library.draw.circle(sprite, (250, 250, 245, 220), (middle[0] + kind - 4, middle[1] - 3), 4)
        return sprite.convert_alpha()


def undisturbed(took_ms: Sequence[float]) -> float:
    """Return what a frame takes when nothing comes between: a time that a quarter of them stay under."""
    return quantile(sorted(took_ms), 0.25) if len(took_ms) else 0.0


def next_units(units: int, took_ms: float, wanted_ms: float) -> int:
    """Return how many figures come nearer to a frame's time.

    Args:
        units: How many there were.
        took_ms: What a frame took with them.
        wanted_ms: What a frame is to take.
    """
    factor = wanted_ms / max(0.01, took_ms)
    return max(1, min(_MOST_UNITS, round(units * min(8.0, max(0.125, factor)))))


def _back_and_forth(value: float, limit: int) -> float:
    value %= 2 * limit
    return value if value < limit else 2 * limit - value
