from __future__ import annotations

import pytest

from npc_sdk.bench.frame.cell import Cell, Course, cells_of, quick_course
from npc_sdk.errors import RequestError


def test_most_characters_come_first_and_the_scene_alone_around_them() -> None:
    cells = cells_of(Course(scenes=("light",), models=("starter",), characters=(1, 8), variants=("paced", "naive")))
    assert [(cell.variant, cell.characters) for cell in cells] == [
        ("off", 0),
        ("paced", 8),
        ("naive", 8),
        ("paced", 1),
        ("naive", 1),
        ("off", 0),
    ]


def test_everything_by_default() -> None:
    cells = cells_of(Course())
    assert sum(cell.variant == "off" for cell in cells) == 6
    assert len(cells) == 6 + 2 * 2 * 3 * 3
    assert len(set(cells)) == len(cells) - 4, "only the scenes alone are repeated"
    assert cells[0].words == "light scene, no model"
    assert "8 characters, paced" in Cell(scene="light", model="starter", characters=8, variant="paced").words


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scenes": ("dark",)}, "unknown_scene"),
        ({"scenes": ()}, "unknown_scene"),
        ({"models": ("big",)}, "unknown_model"),
        ({"variants": ("off",)}, "unknown_variant"),
        ({"characters": ()}, "bad_characters"),
        ({"characters": (0,)}, "bad_characters"),
        ({"characters": (65,)}, "bad_characters"),
        ({"seconds": 0.0}, "bad_seconds"),
        ({"seconds": float("nan")}, "bad_seconds"),
        ({"seconds": 1e9}, "bad_seconds"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes: dict[str, object], code: str) -> None:
    with pytest.raises(RequestError) as caught:
        Course(**changes)  # type: ignore[arg-type]
    assert caught.value.code == code and caught.value.next_step


def test_a_short_course_is_one_of_the_starter_alone() -> None:
    course = Course(**quick_course(characters=(4,)))  # type: ignore[arg-type]
    assert course.models == ("starter",) and course.characters == (4,) and course.seconds < 10
