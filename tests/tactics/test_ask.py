from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.errors import NpcError
from npc_sdk.tactics import Ask, TacticalLoop

NOBODY: Any = None


def ask(**changes: Any) -> Ask:
    return Ask(**{"npc": NOBODY, "situation": "So?", "options": ["fight", "run"], **changes})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"options": []}, "bad_options"),
        ({"options": "fight"}, "bad_options"),
        ({"options": "f"}, "bad_options"),
        ({"options": ["fight", "fight"]}, "bad_options"),
        ({"options": [str(number) for number in range(27)]}, "bad_options"),
        ({"default": "hide"}, "bad_options"),
        ({"options": ["fight"], "default": "hide"}, "bad_options"),
        ({"options": [" "]}, "bad_options"),
        ({"utilities": [1.0]}, "bad_utilities"),
        ({"utilities": [1.0, float("nan")]}, "bad_utilities"),
        ({"weight": 1.1}, "bad_weight"),
        ({"weight": True}, "bad_weight"),
        ({"weight": "much"}, "bad_weight"),
    ],
)
def test_what_cannot_be_asked(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(NpcError) as caught:
        ask(**changes)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "index"),
    [({}, 0), ({"default": "run"}, 1), ({"utilities": [1, 2]}, 1), ({"utilities": [1, 2], "default": "fight"}, 0)],
)
def test_the_default(changes: dict[str, Any], index: int) -> None:
    assert ask(**changes).default_index == index


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"budget_ms": 0}, "bad_duration"),
        ({"budget_ms": "soon"}, "bad_duration"),
        ({"utility_weight": -0.1}, "bad_weight"),
        ({"utility_scale": 0}, "bad_scale"),
        ({"utility_scale": float("inf")}, "bad_scale"),
    ],
)
def test_how_a_loop_cannot_be_set_up(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(NpcError) as caught:
        TacticalLoop(**changes)
    assert caught.value.code == code
