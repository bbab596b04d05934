"""The command line: each command parses, calls one of the other rooms, and prints."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line of this process and exit with one of the documented codes."""
    from npc_sdk.cli.app import app
    from npc_sdk.cli.console import open_closed_streams

    open_closed_streams()
    app(prog_name="npc")
