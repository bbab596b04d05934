"""Every part of a stacked bar can be seen, and its legend stays where it belongs."""

from __future__ import annotations

import pytest

pygame = pytest.importorskip("pygame", exc_type=ImportError)

from demos.drawing.palette import NIGHT, STEEL, VIOLET  # noqa: E402
from demos.drawing.stacked import Part, draw_legend, draw_stack  # noqa: E402
from demos.drawing.type import Type  # noqa: E402


def share_of(surface: pygame.Surface, colour: tuple[int, int, int]) -> float:
    """Return how much of a surface has exactly this colour."""
    mask = pygame.mask.from_threshold(surface, colour, (1, 1, 1, 255))
    return mask.count() / (surface.get_width() * surface.get_height())


def test_a_part_that_is_small_can_be_seen() -> None:
    surface = pygame.Surface((100, 20))
    parts = [Part("game", 1e12, STEEL, ""), Part("weights", 1.0, VIOLET, "")]
    draw_stack(surface, surface.get_rect(), parts)
    assert share_of(surface, VIOLET) > 0.005


def test_nothing_is_an_empty_bar() -> None:
    surface = pygame.Surface((100, 20))
    surface.fill(NIGHT)
    draw_stack(surface, surface.get_rect(), [Part("game", 0, STEEL, "")])
    assert share_of(surface, STEEL) == 0


def test_a_legend_that_does_not_fit_ends_where_its_room_does() -> None:
    surface = pygame.Surface((120, 80))
    parts = [Part(f"part {number}", 1.0, STEEL, "100 MiB") for number in range(9)]
    draw_legend(surface, Type(1.0), pygame.Rect(0, 0, 120, 40), parts, row_height=16)
    surface.fill((0, 0, 0), pygame.Rect(0, 0, 120, 42))
    assert share_of(surface, (0, 0, 0)) == 1.0
