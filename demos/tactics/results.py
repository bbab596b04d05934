"""The results of a tournament as tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.table import Table

_HEAD = (
    "squads",
    "battles",
    "won",
    "drawn",
    "lost",
    "share won",
    "95 % interval",
    "limit",
    "asked",
    "in time",
    "latency p50, p99 (ms)",
    "invalid",
    "stale",
    "ticks (late)",
    "tokens read, kept",
)


def markdown(result: Mapping[str, Any]) -> str:
    """Return a Markdown table.

    Args:
        result: What ``contest.run`` returned.
    """
    lines = ["| " + " | ".join(_HEAD) + " |", "|---" + "|---:" * (len(_HEAD) - 1) + "|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in _cells(result)]
    return "\n".join(lines) + "\n"


def table(result: Mapping[str, Any]) -> Table:
    """Return a table for the terminal, with a column for each pairing.

    Args:
        result: What ``contest.run`` returned.
    """
    drawn = Table(title="npc bench tactics", title_justify="left")
    columns = _cells(result)
    for name in ("", *(cells[0] for cells in columns)):
        drawn.add_column(name, justify="right" if name else "left")
    for row in zip(_HEAD[1:], *(cells[1:] for cells in columns), strict=True):
        drawn.add_row(*row)
    return drawn


def write(folder: Path, result: Mapping[str, Any]) -> None:
    """Write ``tactics.json`` and ``tactics.md`` into a folder, in place of older ones."""
    (folder / "tactics.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (folder / "tactics.md").write_text(markdown(result), encoding="utf-8")


def _cells(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    promised = {row["case"]: row for row in result["rows"] if row["name"] == "battles won"}
    return [_row(each, promised[each["pairing"]]) for each in result["standings"]]


def _row(standing: Mapping[str, Any], promised: Mapping[str, Any]) -> tuple[str, ...]:
    limit, is_met = promised["limit"], promised["is_met"]
    return (
        standing["pairing"].replace(":", " against "),
        f"{standing['battles']}",
        f"{standing['won']}",
        f"{standing['drawn']}",
        f"{standing['lost']}",
        f"{standing['rate']:.1%}",
        f"{standing['low']:.1%} to {standing['high']:.1%}",
        "" if limit is None else f"≥ {limit:.0%}, {'met' if is_met else 'missed'}",
        f"{standing['asked']:,}",
        f"{standing['by_deadline']:.2%}" if standing["asked"] else "",
        f"{standing['latency_p50_ms']:.0f}, {standing['latency_p99_ms']:.0f}" if standing["asked"] else "",
        f"{standing['invalid']}",
        f"{standing['stale']}",
        f"{standing['ticks']:,} ({standing['late_ticks']})",
        f"{standing['read_tokens']:,}, {standing['cached_tokens']:,}" if standing["asked"] else "",
    )
