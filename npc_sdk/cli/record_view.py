"""Shows a persona or a world as a table of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from npc_sdk.cli.console import output, plain


def print_record(fields: Mapping[str, Any]) -> None:
    """Print the fields that are not empty."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in fields.items():
        if value not in ("", [], None):
            table.add_row(name, Text(plain(_shown(value))))
    output().print(table)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(part)}" for name, part in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(f"- {_line(part)}" for part in value)
    return str(value).strip()


def _line(part: Any) -> str:
    if isinstance(part, Mapping) and set(part) == {"player", "npc"}:
        return f"{part['player']} / {part['npc']}"
    return _shown(part)
