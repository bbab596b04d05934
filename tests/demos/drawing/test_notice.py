"""News are coloured by how they are to be taken."""

from __future__ import annotations

from demos.drawing.notice import Notice, notice_colour
from demos.drawing.palette import CORAL, GOLD, GREEN


def test_each_kind_has_its_colour() -> None:
    assert [notice_colour(kind, GOLD) for kind in ("news", "good", "trouble")] == [GOLD, GREEN, CORAL]
    assert notice_colour(Notice(text="x").kind, GOLD) == GOLD
