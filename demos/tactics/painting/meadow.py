"""The meadow: soft grass with a path, tufts and flowers, and the camps at both ends. Painted once for each size."""

from __future__ import annotations

import math
import random

import pygame

from ...drawing.layout import Layout, Size
from ...drawing.palette import BLUE, EARTH, GROUND_A, GROUND_B, LEAF, NIGHT, PAPER, RED, SHADOW, WALL, Colour, mixed
from ...drawing.shapes import blit_faded, draw_line
from ..field import CAMP
from .icons import emblem

_TUFTS_A_CELL, _PEBBLES_A_CELL = 1.7, 0.5
_SEED = "meadow"


def meadow(layout: Layout, cells: Size) -> pygame.Surface:
    """Return the picture of a whole window with nothing but grass on its stage; the same for every battle.

    Args:
        layout: Where the stage and the field are.
        cells: Columns and rows of the field.
    """
    rng = random.Random(_SEED)
    image = pygame.Surface(layout.window.size)
    image.fill(NIGHT)
    if layout.stage.width < 2 or layout.stage.height < 2:
        return image
    stage = image.subsurface(layout.stage)
    field = layout.field.move(-layout.stage.left, -layout.stage.top)
    _paint_grass(stage)
    _paint_path(stage, field, layout.cell, rng)
    _paint_grain(stage, layout.cell, rng)
    _paint_camps(stage, field, layout.cell)
    _paint_cells(stage, field, layout.cell, cells)
    _paint_growth(stage, layout.cell, rng)
    _paint_outside(stage, field, layout.cell)
    _paint_dusk(stage)
    return image


def _noise(size: tuple[int, int], grain: float, strength: int, rng: random.Random) -> pygame.Surface:
    """Return soft spots between white and ``255 - strength``, of about ``grain`` pixels."""
    across, down = (max(2, round(length / max(1.0, grain)) + 1) for length in size)
    shades = bytes(shade for _ in range(across * down) for shade in [255 - rng.randrange(strength + 1)] * 3)
    small = pygame.image.frombuffer(shades, (across, down), "RGB")
    return pygame.transform.smoothscale(small, size)


def _paint_grass(stage: pygame.Surface) -> None:
    gradient = pygame.Surface((1, 2))
    gradient.set_at((0, 0), mixed(GROUND_A, PAPER, 0.06))
    gradient.set_at((0, 1), mixed(GROUND_B, SHADOW, 0.1))
    stage.blit(pygame.transform.smoothscale(gradient, stage.get_size()), (0, 0))


def _paint_grain(stage: pygame.Surface, cell: int, rng: random.Random) -> None:
    for grain, strength in ((2.6 * cell, 58), (0.9 * cell, 34), (max(1.5, 0.07 * cell), 26)):
        stage.blit(_noise(stage.get_size(), grain, strength, rng), (0, 0), special_flags=pygame.BLEND_RGB_MULT)


def _paint_path(stage: pygame.Surface, field: pygame.Rect, cell: int, rng: random.Random) -> None:
    """Paint a trodden path from camp to camp, by way of a small mask that is made large and thereby soft."""
    size = stage.get_size()
    shrink = max(1.0, cell / 10)
    mask = pygame.Surface((max(2, round(size[0] / shrink)), max(2, round(size[1] / shrink))), pygame.SRCALPHA)
    mask.fill((*EARTH, 0))
    bends = [(rng.uniform(4, 9), rng.uniform(14, 34), rng.uniform(0, 6)) for _ in range(3)]
    for strength, alpha in ((1.0, 60), (0.75, 110), (0.5, 150)):
        for x in range(-8, mask.get_width() + 8):
            bend = sum(height * math.sin(x / length + start) for height, length, start in bends)
            pygame.draw.circle(mask, (*EARTH, alpha), (x, field.centery / shrink + bend), strength * 8)
    stage.blit(pygame.transform.smoothscale(mask, size), (0, 0))


def _paint_camps(stage: pygame.Surface, field: pygame.Rect, cell: int) -> None:
    for colour, is_right in ((BLUE, False), (RED, True)):
        tint = pygame.Surface((2, 1), pygame.SRCALPHA)
        tint.fill((*colour, 0))
        tint.set_at((1 if is_right else 0, 0), (*colour, 46))
        wide = pygame.transform.smoothscale(tint, (CAMP * cell, field.height))
        left = field.right - CAMP * cell if is_right else field.left
        stage.blit(wide, (left, field.top))
        mark = emblem("red" if is_right else "blue", round(2.2 * cell))
        middle = (left + CAMP * cell // 2, field.centery)
        blit_faded(stage, mark, mark.get_rect(center=middle), 54)


def _paint_cells(stage: pygame.Surface, field: pygame.Rect, cell: int, cells: Size) -> None:
    light = pygame.Surface((cell, cell))
    light.fill((7, 8, 6))
    for y in range(cells[1]):
        for x in range(y % 2, cells[0], 2):
            at = (field.left + x * cell, field.top + y * cell)
            stage.blit(light, at, special_flags=pygame.BLEND_RGB_ADD)


def _paint_growth(stage: pygame.Surface, cell: int, rng: random.Random) -> None:
    width, height = stage.get_size()
    area = width * height / (cell * cell)
    for _ in range(min(2500, round(area * _TUFTS_A_CELL))):
        at = (rng.uniform(0, width), rng.uniform(0, height))
        _paint_tuft(stage, at, cell * rng.uniform(0.05, 0.1), mixed(LEAF, SHADOW, rng.uniform(0.05, 0.35)), rng)
    for _ in range(min(800, round(area * _PEBBLES_A_CELL))):
        at = (rng.uniform(0, width), rng.uniform(0, height))
        _paint_pebble(stage, at, max(1.0, cell * rng.uniform(0.015, 0.035)), rng)


def _paint_tuft(
    stage: pygame.Surface, at: tuple[float, float], size: float, colour: Colour, rng: random.Random
) -> None:
    for lean in (-0.6, 0.0, 0.6):
        tip = (at[0] + lean * size, at[1] - size * rng.uniform(0.9, 1.5))
        draw_line(stage, at, tip, colour, width=max(1.0, size * 0.25), alpha=150)


def _paint_pebble(stage: pygame.Surface, at: tuple[float, float], size: float, rng: random.Random) -> None:
    x, y = at
    if rng.random() < 0.25:
        petal = rng.choice([(240, 226, 150), (232, 236, 240), (206, 178, 226)])
        pygame.draw.circle(stage, petal, (round(x), round(y)), max(1, round(size * 0.9)))
        return
    pygame.draw.ellipse(stage, mixed(GROUND_B, SHADOW, 0.5), (x - size, y, 2.4 * size, 1.5 * size))
    pygame.draw.ellipse(stage, mixed(WALL, GROUND_B, 0.45), (x - size, y - size / 2, 2 * size, 1.4 * size))


def _paint_outside(stage: pygame.Surface, field: pygame.Rect, cell: int) -> None:
    """Darken what lies beyond the field, and edge it."""
    dark = pygame.Surface(stage.get_size(), pygame.SRCALPHA)
    dark.fill((*SHADOW, 84))
    dark.fill((*SHADOW, 0), field)
    stage.blit(dark, (0, 0))
    pygame.draw.rect(stage, mixed(GROUND_B, SHADOW, 0.55), field.inflate(2, 2), max(1, cell // 30))


def _paint_dusk(stage: pygame.Surface) -> None:
    """Darken the corners a little."""
    small = pygame.Surface((33, 21))
    for x in range(33):
        for y in range(21):
            far = ((x - 16) / 16) ** 2 + ((y - 10) / 10) ** 2
            shade = round(255 - 52 * max(0.0, far - 0.55) / 1.45)
            small.set_at((x, y), (shade, shade, min(255, shade + 4)))
    stage.blit(pygame.transform.smoothscale(small, stage.get_size()), (0, 0), special_flags=pygame.BLEND_RGB_MULT)
