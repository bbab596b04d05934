from __future__ import annotations

import pytest

pygame = pytest.importorskip("pygame")

from demos.tavern.brush import Brush  # noqa: E402
from demos.tavern.costumes import LOOKS  # noqa: E402
from demos.tavern.costumes.look import both_sides, ring, skin_in_shadow  # noqa: E402
from demos.tavern.guests import GUESTS  # noqa: E402


def test_every_guest_has_a_look_of_its_own() -> None:
    assert list(LOOKS) == [guest.key for guest in GUESTS]
    for part in ("body", "hair", "crown", "hands"):
        pictures = set()
        for look in LOOKS.values():
            surface = pygame.Surface((150, 100))
            getattr(look, part)(Brush(surface, 1.0))
            pictures.add(pygame.image.tobytes(surface, "RGB"))
        assert len(pictures) == len(LOOKS), part
    assert len({look.accent for look in LOOKS.values()}) == len(LOOKS)


def test_both_sides_are_alike() -> None:
    assert both_sides((10.0, 5.0), [(4, 3), (1, 0)]) == [(6.0, 8.0), (9.0, 5.0), (11.0, 5.0), (14.0, 8.0)]


def test_a_ring_goes_around() -> None:
    points = ring((0.0, 0.0), [(3, 1), (2, -4)], -5, [(4, 6)], 7)
    assert points == [(-3, 1), (-2, -4), (0, -5), (2, -4), (3, 1), (4, 6), (0, 7), (-4, 6)]


def test_skin_in_shadow_is_darker() -> None:
    assert skin_in_shadow(0.0, (200, 160, 140)) == (200, 160, 140)
    assert sum(skin_in_shadow(0.5, (200, 160, 140))) < 500
