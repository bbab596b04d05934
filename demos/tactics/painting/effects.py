"""What flies, flashes and fades: intentions as arrows, shots as tracers, and the numbers that rise."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping

import pygame

from ...drawing.palette import AMBER, CORAL, GREEN, INK, NIGHT, Colour, mixed
from ...drawing.shapes import blit_faded, draw_arrow_head, draw_dashes, draw_line, draw_polygon, glow
from ..scene import Mark, MarkKind, Scene, Shot, Soldier
from .crowd import FOOT
from .icons import sign
from .screen import Screen
from .sprites import COLOURS, LIGHT

_TRACER: Colour = (255, 244, 206)
_TAIL = 1.5
_MARK_COLOURS: Mapping[MarkKind, Colour] = {"hit": (255, 124, 118), "miss": (226, 230, 236), "heal": GREEN, "fall": INK}


def draw_intents(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw on the ground whom each soldier is about to attack, approach or heal."""
    for soldier in scene.soldiers:
        target = scene.soldier(soldier.target) if soldier.target else None
        if soldier.fallen_ms is None and target is not None and target.fallen_ms is None and target is not soldier:
            _draw_intent(surface, screen, soldier, target, scene.tick_progress)


def _draw_intent(surface: pygame.Surface, screen: Screen, soldier: Soldier, target: Soldier, progress: float) -> None:
    (x, y), (to_x, to_y) = screen.place(soldier.at), screen.place(target.at)
    foot = (FOOT - 0.02) * screen.cell
    length = math.hypot(to_x - x, to_y - y)
    short = 0.42 * screen.cell
    if length <= 2.2 * short:
        return
    across, down = (to_x - x) / length, (to_y - y) / length
    # A little to the right of its way, so that two who aim at each other have two lines.
    beside = 0.06 * screen.cell
    start = (x + across * short - down * beside, y + down * short + across * beside + foot)
    end = (to_x - across * short - down * beside, to_y - down * short + across * beside + foot)
    width = max(1.6, 0.045 * screen.cell)
    head = max(6.0, 0.2 * screen.cell)
    neck = (end[0] - across * head * 0.8, end[1] - down * head * 0.8)
    colour = GREEN if soldier.verb == "heal" else mixed(COLOURS[soldier.side], INK, 0.12)
    strong = soldier.is_selected
    if soldier.verb == "approach":
        shift = progress * 3 % 1.0
        dash = max(3.0, 0.13 * screen.cell)
        draw_dashes(surface, start, neck, colour, width=width, dash=dash, shift=shift, alpha=230 if strong else 120)
    else:
        draw_line(surface, start, neck, colour, width=width, alpha=240 if strong else 140)
    draw_arrow_head(surface, start, end, colour, size=head, alpha=255 if strong else 190)


def draw_shots(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw tracers with the flash at the muzzle and the sparks or dust at the end."""
    for shot in scene.shots:
        _draw_shot(surface, screen, shot)


def _draw_shot(surface: pygame.Surface, screen: Screen, shot: Shot) -> None:
    cell = screen.cell
    (x, y), (to_x, to_y) = screen.place(shot.start), screen.place(shot.end)
    length = max(1.0, math.hypot(to_x - x, to_y - y))
    across, down = (to_x - x) / length, (to_y - y) / length
    muzzle = (x + across * 0.5 * cell, y + down * 0.5 * cell)
    beyond = 0.0 if shot.is_hit else 0.45 * cell
    end = (to_x + across * beyond - down * beyond, to_y + down * beyond + across * beyond)
    share = min(1.0, max(0.0, shot.progress))
    if share < 0.35:
        _draw_flash(surface, muzzle, (across, down), cell, 1 - share / 0.35)
    flown = min(1.0, share / 0.85)
    far = math.dist(muzzle, end)
    tail = max(0.0, flown - _TAIL * cell / max(1.0, far))
    head = _between(muzzle, end, flown)
    back = _between(muzzle, end, tail)
    if share < 0.97:
        _draw_streak(surface, back, head, max(2.5, 0.12 * cell), LIGHT[shot.side], 130)
        _draw_streak(surface, _between(back, head, 0.35), head, max(2.0, 0.065 * cell), _TRACER, 240)
        _blit_glow(surface, glow(max(3, round(0.2 * cell)), _TRACER, 0.8), head)
    if share > 0.8:
        _draw_end(surface, end, cell, (share - 0.8) / 0.2, shot.is_hit)


def _draw_streak(
    surface: pygame.Surface,
    back: tuple[float, float],
    head: tuple[float, float],
    width: float,
    colour: Colour,
    alpha: int,
) -> None:
    """Draw a line that is pointed behind and as wide as ``width`` in front."""
    length = math.dist(back, head)
    if length < 1:
        return
    across = ((back[1] - head[1]) / length * width / 2, (head[0] - back[0]) / length * width / 2)
    wings = [(head[0] + across[0], head[1] + across[1]), (head[0] - across[0], head[1] - across[1])]
    draw_polygon(surface, [back, *wings], colour, alpha)


def _between(one: tuple[float, float], other: tuple[float, float], share: float) -> tuple[float, float]:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def _blit_glow(surface: pygame.Surface, image: pygame.Surface, at: tuple[float, float]) -> None:
    place = image.get_rect(center=(round(at[0]), round(at[1])))
    surface.blit(image, place, special_flags=pygame.BLEND_RGB_ADD)


def _draw_flash(
    surface: pygame.Surface, at: tuple[float, float], way: tuple[float, float], cell: int, strength: float
) -> None:
    _blit_glow(surface, glow(max(4, round(0.55 * cell)), AMBER, round(0.9 * strength, 1)), at)
    size = cell * (0.12 + 0.16 * strength)
    points = []
    for step in range(10):
        reach = size * (1.3 if step == 0 else 0.85 if step % 2 == 0 else 0.35)
        turned = pygame.Vector2(way).rotate(36 * step) * reach
        points.append((at[0] + turned.x, at[1] + turned.y))
    draw_polygon(surface, points, (255, 232, 150), round(255 * strength))


def _draw_end(surface: pygame.Surface, at: tuple[float, float], cell: int, share: float, is_hit: bool) -> None:
    colour = CORAL if is_hit else (196, 178, 140)
    if is_hit:
        _blit_glow(surface, glow(max(4, round(0.42 * cell)), CORAL, round(0.8 * (1 - share), 1)), at)
    for step in range(7):
        way = pygame.Vector2(1, 0).rotate(51.4 * step + 13)
        near, far = 0.1 + 0.22 * share, 0.2 + (0.26 if is_hit else 0.14) * share
        start = (at[0] + way.x * near * cell, at[1] + way.y * near * cell)
        end = (at[0] + way.x * far * cell, at[1] + way.y * far * cell)
        draw_line(surface, start, end, colour, width=max(1.5, 0.05 * cell), alpha=round(230 * (1 - share)))


def draw_marks(surface: pygame.Surface, screen: Screen, scene: Scene) -> None:
    """Draw the numbers that rise from where something happened; those of one place side by side."""
    seen: Counter[tuple[int, int]] = Counter()
    for mark in scene.marks:
        cell = (math.floor(mark.at[0]), math.floor(mark.at[1]))
        _draw_mark(surface, screen, mark, seen[cell])
        seen[cell] += 1


def _draw_mark(surface: pygame.Surface, screen: Screen, mark: Mark, number: int) -> None:
    age = min(1.0, max(0.0, mark.age))
    x, y = screen.place(mark.at)
    shift = (0, 0.5, -0.5, 1.0)[number % 4] * screen.cell
    y -= (1.15 + 0.5 * (1 - (1 - age) ** 2)) * screen.cell
    alpha = round(255 * min(1.0, (1 - age) / 0.4))
    if mark.kind == "fall":
        icon = sign("skull", max(12, round(0.42 * screen.cell)))
        blit_faded(surface, icon, icon.get_rect(center=(round(x + shift), round(y))), alpha)
        y += 0.2 * screen.cell
        if not mark.text:
            return
    screen.type_.draw(
        surface,
        mark.text[:24],
        (x + shift, y),
        size="title" if mark.kind in ("hit", "heal") else "body",
        colour=_MARK_COLOURS[mark.kind],
        align="center",
        outline=NIGHT,
        alpha=alpha,
    )
