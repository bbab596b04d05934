from __future__ import annotations

import json

from npc_sdk.actions import action_specs
from npc_sdk.actions.dialects.instructions import action_lines


def test_each_action_is_a_line_of_json() -> None:
    lines = action_lines(action_specs([{"name": "wait"}, {"name": "go", "description": "Walk."}])).splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["wait", "go"]
    assert json.loads(lines[1])["description"] == "Walk."
