from __future__ import annotations

import pytest

from demos.tactics.meaning import is_meant, meaning
from demos.tactics.rules import Battle, Move


@pytest.mark.parametrize(
    ("text", "move"),
    [
        ("Attack Sven!", Move("attack", "raider_5")),
        ("Shoot raider_2, quick", Move("attack", "raider_2")),
        ("Go to Ulf Storm", Move("approach", "raider_1")),
        ("please help Lena", Move("heal", "guard_3")),
        ("Run for cover!", Move("retreat")),
        ("Take cover from Ulf!", Move("cover")),
        ("HOLD!", Move("hold")),
        ("Reload.", Move("reload")),
        ("How are you?", None),
        ("Who is Sven?", None),
    ],
)
def test_what_a_line_asks_for(text: str, move: Move | None) -> None:
    assert meaning(text, Battle.new(1).units) == move


def test_what_was_meant() -> None:
    asked = Move("attack", "raider_1")
    assert is_meant(Move("approach", "raider_1"), asked) and is_meant(Move("hold"), None)
    assert not is_meant(Move("attack", "raider_2"), asked) and not is_meant(Move("cover"), asked)
    assert is_meant(Move("attack", "raider_2"), Move("attack")) and is_meant(Move("bandage"), Move("heal"))
