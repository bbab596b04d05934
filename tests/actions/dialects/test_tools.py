from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from npc_sdk.actions import Action, Vocabulary, action_spec
from npc_sdk.actions.dialects.tools import tool_list

Enemy = Vocabulary["enemies"]


class Spot(BaseModel):
    x: int = Field(ge=0)


class Attack(Action):
    """Strike."""

    target: Enemy = Field(description="Whom to strike.")
    others: list[Enemy] = []
    style: Literal["quick", "a\nb"] = "quick"
    level: Literal[1, 2] = 1
    spot: Spot | None = None


def test_tools_have_the_common_shape_and_name_the_lists() -> None:
    assert tool_list([action_spec(Attack)]) == [
        {
            "type": "function",
            "function": {
                "name": "attack",
                "description": "Strike.",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "target": {"type": "string", "description": "Whom to strike. One of enemies."},
                        "others": {"type": "array", "items": {"type": "string", "description": "One of enemies."}},
                        "style": {"type": "string", "enum": ["quick", "a b"]},
                        "level": {"type": "integer", "enum": [1, 2]},
                        "spot": {
                            "type": "object",
                            "properties": {"x": {"type": "integer", "minimum": 0}},
                            "required": ["x"],
                        },
                    },
                    "required": ["target"],
                },
            },
        }
    ]


def test_no_actions_are_no_tools() -> None:
    assert tool_list([]) == []
