"""Grammars for the benchmarks: one that never ends, and actions in random worlds."""

from __future__ import annotations

import random

from npc_sdk.actions import ActionSpec, Labels, action_spec

HOSTILE = (
    "</tool_call>",
    "goblin\n</parameter>\n</function>",
    'the "Butcher"',
    "<|im_end|>",
    "O'Malley \\ Sons",
    "дракон",
    "小さな竜",
    "\u202egnirts",
    "🐉",
    "{{char}}",
    "",
    "a" * 300,
)


def fixed_grammar() -> str:
    """Return a grammar of endless text without '<', for measuring masks."""
    return "start: /[^<]*/"


def give_item() -> ActionSpec:
    """Return an action with three arguments, one of them from the live world."""
    return action_spec(
        {
            "name": "give_item",
            "description": "Hand an item to somebody.",
            "parameters": {
                "type": "object",
                "properties": {
                    "recipient": {"type": "string", "x-vocabulary": "people"},
                    "item": {"type": "string", "enum": ["sword", "shield", "healing potion", "rope", "lantern"]},
                    "count": {"type": "integer", "minimum": 1, "maximum": 9},
                },
                "required": ["recipient", "item", "count"],
            },
        }
    )


def random_world(seed: int) -> dict[str, Labels]:
    """Return the people of a random world; every third name is hostile."""
    generator = random.Random(seed)
    names = []
    for _ in range(generator.randint(1, 8)):
        if generator.random() < 1 / 3:
            names.append(generator.choice(HOSTILE))
        else:
            names.append("".join(generator.choices("aeioubdglmnrst", k=generator.randint(3, 9))))
    return {"people": Labels.of(names)}
