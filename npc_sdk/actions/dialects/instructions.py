"""Actions in words, for models whose chat template has no place for them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from npc_sdk.actions.dialects.tools import tool_list
from npc_sdk.actions.schema import ActionSpec


def action_lines(actions: Sequence[ActionSpec]) -> str:
    """Return one line of JSON for each action: name, description and arguments."""
    functions = [tool["function"] for tool in tool_list(actions)]
    return "\n".join(json.dumps(function, ensure_ascii=False) for function in functions)
