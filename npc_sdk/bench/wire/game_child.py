"""A game in a process of its own, that can be killed."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from npc_sdk.bench.wire.game import FRAME_S, Game
from npc_sdk.wire.client import connect


def main() -> None:
    """Play until each character has answered, say so, play on, and say what went wrong."""
    options: dict[str, Any] = json.loads(sys.argv[1])
    with connect(Path(options["connection_file"]), owner_key=options["owner_key"]) as client:
        game = Game(client, characters=options["characters"], seed=options["seed"])
        while len(game.heard) < len(game.npcs):
            game.frame()
            time.sleep(FRAME_S)
        heard = dict(game.heard)
        _say({"heard": heard})
        for _ in game.play(options["seconds"]):
            time.sleep(FRAME_S)
        for _ in game.settle(25.0):
            time.sleep(FRAME_S)
        before: dict[str, str] = options["heard"]
        strangers = [npc.name for npc in game.npcs if before and npc.is_new]
        found = game.problems({**heard, **before})
        _say({"problems": [*found, *(f"{name} was forgotten" for name in strangers)]})


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
