from __future__ import annotations

from npc_sdk.actions import WorldSnapshot, action_spec
from npc_sdk.runtime.stale import missing_values

ENEMY = {"type": "string", "x-vocabulary": "enemies"}
CAST = action_spec(
    {
        "name": "cast",
        "description": "Cast a spell.",
        "parameters": {
            "type": "object",
            "properties": {
                "target": ENEMY,
                "others": {"type": "array", "items": ENEMY},
                "plan": {"type": "object", "properties": {"then": ENEMY}},
                "power": {"type": "integer"},
            },
        },
    }
)


def test_every_place_of_a_value_is_looked_at() -> None:
    arguments = {"target": "a", "others": ["b", "gone"], "plan": {"then": "lost"}, "power": 3}
    live = WorldSnapshot(1, {"enemies": ("a", "b")})
    assert missing_values(CAST, arguments, live) == ("gone", "lost")
    assert missing_values(CAST, {"target": "a"}, live) == ()


def test_a_vocabulary_that_is_gone_has_no_values() -> None:
    assert missing_values(CAST, {"target": "a"}, WorldSnapshot()) == ("a",)
