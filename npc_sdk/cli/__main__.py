"""``python -m npc_sdk.cli`` is the same as ``npc``."""

from __future__ import annotations

from npc_sdk.cli import main

if __name__ == "__main__":
    main()
