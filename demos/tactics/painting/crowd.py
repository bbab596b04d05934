"""The soldiers on the field: who stands where, how they are, what they are about, and whether they think."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pygame

from ...drawing.palette import AMBER, CORAL, DIM, GOLD, GREEN, INK, NIGHT, PAPER, SHADOW, VIOLET, Colour, mixed
from ...drawing.shapes import blit_faded, disc, draw_bar, draw_panel, draw_polygon
from ..field import Cell
from ..rules import MAX_HEALTH, MAX_MORALE, ROLES
from ..scene import Scene, Soldier, Source
from . import props
from .bases import base, ring
from .icons import sign, source_sign, verb_icon
from .screen import Screen
from .sprites import FEET, fallen, standing, weapon

# Where the feet of somebody are below the middle of his cell, and how large he is, in cells.
FOOT = 0.3
SIZE = 0.98
_BAR_ABOVE_FEET = 1.13
_BOB = 0.05
_FALL_MS = 500.0
SOURCE_COLOURS: dict[Source, Colour] = {"model": GOLD, "fallback": AMBER, "said": PAPER, "game": DIM, "": DIM}


def head_of(screen: Screen, soldier: Soldier) -> tuple[float, float]:
    """Return the pixel above a soldier that bubbles point to."""
    x, y = screen.place(soldier.at)
    above = -0.75 if soldier.fallen_ms is not None else 0.32 if soldier.is_selected else 0.08
    return x, y + (FOOT - _BAR_ABOVE_FEET - above) * screen.cell


def body_of(screen: Screen, soldier: Soldier) -> pygame.Rect:
    """Return what a soldier and the bar above it cover."""
    x, y = screen.place(soldier.at)
    height = (_BAR_ABOVE_FEET + 0.06) * screen.cell
    rect = pygame.Rect(0, 0, round(0.7 * screen.cell), round(height))
    rect.midbottom = (round(x), round(y + (FOOT + 0.05) * screen.cell))
    return rect


def draw_bases(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw the fallen, and what the living stand on."""
    for soldier in scene.soldiers:
        if soldier.fallen_ms is not None:
            _draw_fallen(surface, screen, soldier)
    for soldier in _living(scene):
        x, y = screen.place(soldier.at)
        image = base(soldier.side, screen.cell)
        foot = y + FOOT * screen.cell
        surface.blit(image, image.get_rect(center=(round(x), round(foot - 0.02 * screen.cell))))
        if soldier.is_selected:
            pulse = 1.0 + 0.06 * math.sin(scene.tick_progress * 4 * math.pi)
            gold = ring(screen.cell, round(pulse * 50))
            surface.blit(gold, gold.get_rect(center=(round(x), round(foot - 0.02 * screen.cell))))


def draw_bodies(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw the living and the covers, those in front over those behind."""
    parts: list[tuple[float, Soldier | Cell]] = [(soldier.at[1] + FOOT, soldier) for soldier in _living(scene)]
    parts += [(cell[1] + props.BASE, cell) for cell in scene.ground.cover]
    for _, part in sorted(parts, key=lambda numbered: numbered[0]):
        if isinstance(part, Soldier):
            _draw_body(surface, screen, part, scene)
        else:
            _draw_cover(surface, screen, part, scene)


def draw_states(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw what floats at each living soldier: health, morale, shots, the deed and the dots of a thought."""
    for soldier in sorted(_living(scene), key=lambda one: one.at[1]):
        _draw_bars(surface, screen, soldier)
        if soldier.is_thinking:
            _draw_thought(surface, screen, soldier, scene.tick_progress)
        else:
            _draw_badge(surface, screen, soldier)
        if soldier.is_selected:
            _draw_pointer(surface, screen, soldier, scene.tick_progress)


def _living(scene: Scene) -> Iterable[Soldier]:
    return (soldier for soldier in scene.soldiers if soldier.fallen_ms is None)


def _draw_cover(surface: pygame.Surface, screen: Screen, cell: Cell, scene: Scene) -> None:
    image = props.cover(props.cover_kind(cell, scene.seed, scene.ground.width), screen.cell)
    x, y = screen.place((cell[0] + 0.5, cell[1] + props.BASE))
    surface.blit(image, image.get_rect(midbottom=(round(x), round(y + 0.1 * screen.cell))))


def _looks_left(soldier: Soldier) -> bool:
    if soldier.looks_at is not None and abs(soldier.looks_at[0] - soldier.at[0]) > 0.05:
        return soldier.looks_at[0] < soldier.at[0]
    return soldier.side == "red"


def _walked(soldier: Soldier) -> float:
    """Return how far between two cells a soldier is, 0 when it stands in one."""
    parts = [abs((value - 0.5) - round(value - 0.5)) for value in soldier.at]
    return max(parts)


def _draw_body(surface: pygame.Surface, screen: Screen, soldier: Soldier, scene: Scene) -> None:
    size, is_left, walked = round(SIZE * screen.cell), _looks_left(soldier), _walked(soldier)
    is_walking = walked > 0.04
    step = math.sin((soldier.at[0] + soldier.at[1]) * 2 * math.pi)
    stride = (1 if step > 0 else -1) if is_walking else 0
    lift = abs(step) * _BOB * screen.cell if is_walking else 0.0
    # Who waits breathes a little, each in its own time.
    breath = (
        0.0 if is_walking else 0.012 * math.sin(2 * math.pi * scene.tick_progress + len(soldier.name) + soldier.at[1])
    )
    x, y = screen.place(soldier.at)
    foot = y + FOOT * screen.cell - lift - max(0.0, breath) * screen.cell
    image = standing(soldier.side, soldier.role, size, is_left, stride)
    left = x - (1.16 - FEET[0] if is_left else FEET[0]) * size
    surface.blit(image, (round(left), round(foot - FEET[1] * size)))
    _draw_weapon(surface, screen, soldier, (x + (-0.08 if is_left else 0.08) * size, foot - 0.3 * size), is_left)


def _draw_weapon(
    surface: pygame.Surface, screen: Screen, soldier: Soldier, hand: tuple[float, float], is_left: bool
) -> None:
    angle = 180 if is_left else 0
    if soldier.verb == "attack" and soldier.looks_at is not None:
        across, down = soldier.looks_at[0] - soldier.at[0], soldier.looks_at[1] - soldier.at[1]
        if math.hypot(across, down) > 0.05:
            angle = round(math.degrees(math.atan2(down, across)) / 10) * 10 % 360
    elif soldier.verb in ("heal", "bandage", "reload", "retreat"):
        angle = 135 if is_left else 45
    image = weapon(soldier.role, round(SIZE * screen.cell), angle)
    surface.blit(image, image.get_rect(center=(round(hand[0]), round(hand[1]))))


def _draw_fallen(surface: pygame.Surface, screen: Screen, soldier: Soldier) -> None:
    image = fallen(soldier.side, soldier.role, round(SIZE * screen.cell))
    share = min(1.0, (soldier.fallen_ms or 0.0) / _FALL_MS)
    x, y = screen.place(soldier.at)
    drop = (1 - share) ** 2 * -0.3 * screen.cell
    place = image.get_rect(center=(round(x), round(y + 0.12 * screen.cell + drop)))
    blit_faded(surface, image, place, round(255 - 95 * share))


def health_colour(health: int) -> Colour:
    """Return green, amber or red for a soldier's health."""
    if health > MAX_HEALTH * 2 / 3:
        return GREEN
    return AMBER if health > MAX_HEALTH / 3 else CORAL


def _draw_bars(surface: pygame.Surface, screen: Screen, soldier: Soldier) -> None:
    cell = screen.cell
    x, y = screen.place(soldier.at)
    width, height = max(14, round(0.66 * cell)), max(3, round(0.085 * cell))
    line = max(2, round(0.05 * cell))
    left, top = round(x - width / 2), round(y + (FOOT - _BAR_ABOVE_FEET) * cell)
    edge = max(1, cell // 40)
    back = pygame.Rect(left - edge, top - edge, width + 2 * edge, height + line + 3 * edge)
    draw_panel(surface, back, colour=NIGHT, edge=None, radius=max(1, cell // 24), alpha=225)
    full = round(width * min(1.0, max(0.0, soldier.health / MAX_HEALTH)))
    colour = health_colour(soldier.health)
    surface.fill(mixed(colour, SHADOW, 0.72), (left, top, width, height))
    surface.fill(colour, (left, top, full, height))
    surface.fill(mixed(colour, INK, 0.45), (left, top, full, max(1, height // 3)))
    if cell >= 40:
        for part in range(3, MAX_HEALTH, 3):
            surface.fill(NIGHT, (left + round(width * part / MAX_HEALTH), top, 1, height))
    _draw_supplies(surface, soldier, pygame.Rect(left, top + height + edge, width, line))
    if soldier.is_shaken:
        icon = sign("shaken", max(9, round(0.26 * cell)))
        surface.blit(icon, icon.get_rect(midleft=(left + width + edge * 2, top + height // 2)))


def _draw_supplies(surface: pygame.Surface, soldier: Soldier, row: pygame.Rect) -> None:
    """Draw morale on the left half of a thin row, and one dot for each shot left on the right half."""
    half = row.width * 5 // 9
    share = min(1.0, max(0.0, soldier.morale / MAX_MORALE))
    surface.fill(mixed(VIOLET, SHADOW, 0.75), (row.left, row.top, half, row.height))
    surface.fill(CORAL if soldier.is_shaken else VIOLET, (row.left, row.top, round(half * share), row.height))
    most = ROLES[soldier.role].shots
    room = row.width - half - 2
    wide = max(1, min(row.height + 1, room // most - 1))
    for number in range(most):
        colour = GOLD if number < soldier.shots else mixed(GOLD, SHADOW, 0.8)
        surface.fill(colour, (row.right - (number + 1) * (wide + 1) + 1, row.top, wide, row.height))


def _draw_badge(surface: pygame.Surface, screen: Screen, soldier: Soldier) -> None:
    if soldier.verb is None:
        return
    radius = max(6, round(0.165 * screen.cell))
    x, y = screen.place(soldier.at)
    side = -1 if _looks_left(soldier) else 1
    middle = (round(x - side * 0.36 * screen.cell), round(y + (FOOT - 0.06) * screen.cell))
    colour = SOURCE_COLOURS[soldier.source]
    for image in (disc(radius, colour), disc(radius - max(1, radius // 6), NIGHT)):
        surface.blit(image, image.get_rect(center=middle))
    icon = verb_icon(soldier.verb, round(radius * 1.35), GREEN if soldier.verb in ("heal", "bandage") else INK)
    surface.blit(icon, icon.get_rect(center=middle))
    name = source_sign(soldier.source)
    if name in ("model", "fallback", "said"):
        mark = sign(name, max(8, round(radius * 1.15)))
        surface.blit(mark, mark.get_rect(center=(middle[0] - side * radius, middle[1] - radius)))


def _draw_thought(surface: pygame.Surface, screen: Screen, soldier: Soldier, progress: float) -> None:
    cell = screen.cell
    x, y = screen.place(soldier.at)
    dot = max(1, round(0.045 * cell))
    side = -1 if _looks_left(soldier) else 1
    pill = pygame.Rect(0, 0, 12 * dot, max(7, 6 * dot))
    pill.center = (round(x - side * 0.34 * cell), round(y + (FOOT - 0.06) * cell))
    draw_panel(surface, pill, colour=PAPER, edge=NIGHT, radius=pill.height // 2, edge_width=max(1, cell // 40))
    for number in range(3):
        swing = max(0.0, math.sin(2 * math.pi * (3 * progress - number / 6)))
        image = disc(dot, mixed((190, 178, 150), (60, 50, 40), swing))
        surface.blit(image, image.get_rect(center=(pill.centerx + (number - 1) * 3 * dot, pill.centery - round(swing))))


def _draw_pointer(surface: pygame.Surface, screen: Screen, soldier: Soldier, progress: float) -> None:
    """Draw a golden wedge above who is selected."""
    x, y = screen.place(soldier.at)
    size = max(5.0, 0.15 * screen.cell)
    tip = y + (FOOT - _BAR_ABOVE_FEET - 0.06) * screen.cell + size * 0.25 * math.sin(progress * 4 * math.pi)
    for grown, colour in ((1.45, NIGHT), (1.0, GOLD)):
        low = tip + size * (grown - 1) * 0.5
        wing = size * grown
        draw_polygon(surface, [(x, low), (x - wing, low - 1.25 * wing), (x + wing, low - 1.25 * wing)], colour)


def draw_health(surface: pygame.Surface, rect: pygame.Rect, health: int) -> None:
    """Draw the health of a soldier as a bar in a list."""
    colour = health_colour(health)
    draw_bar(surface, rect, health / MAX_HEALTH, colour, back=mixed(colour, SHADOW, 0.78))
