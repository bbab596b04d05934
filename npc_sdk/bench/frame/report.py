"""What was measured, as tables for people and files for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from rich.table import Table

from npc_sdk.bench.files import replace_text, writing
from npc_sdk.bench.frame.cell import DISTURBED_SHARE, OFF
from npc_sdk.bench.frame.verdict import base_of

JSON_NAME: Final = "frame.json"
LOG_NAME: Final = "frame-times.jsonl"
MARKDOWN_NAME: Final = "frame.md"
HEADINGS: Final = (
    "scene",
    "model",
    "characters",
    "variant",
    "from frame to frame",
    "p99 / off",
    "work",
    "late",
    "over 33 ms",
    "tokens/s",
    "replies/s",
    "decisions in time",
)

Entry = Mapping[str, Any]


def rows_of(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return one line of words for each run, in the order of :data:`HEADINGS`; failed runs are left out."""
    cells = result["cells"]
    bases = {scene: base_of(cells, scene) for scene in result["scenes"]}
    return [_row(cell, bases[cell["scene"]]) for cell in cells if cell["state"] == "done"]


def _row(cell: Entry, base: Mapping[str, Any] | None) -> tuple[str, ...]:
    ratio = "" if base is None else f"{cell['interval_ms']['p99'] / base['interval_ms'].p99:.2f}"
    is_off = cell["variant"] == OFF
    late = f"{100 * cell['late'] / cell['frames']:.1f} %" if cell["frames"] else ""
    return (
        cell["scene"],
        cell["model"] or "–",
        "–" if is_off else str(cell["characters"]),
        _variant(cell),
        _spread(cell["interval_ms"]),
        ratio,
        _spread(cell["work_ms"]),
        late,
        str(cell["long"]),
        *(("–", "–", "–") if is_off else _talk(cell)),
    )


def _variant(cell: Entry) -> str:
    threads = cell.get("threads")
    name = str(cell["variant"]) + ("" if cell["is_complete"] else " (cut short)")
    if cell["others_share"] > DISTURBED_SHARE:
        name += f" (others had {100 * cell['others_share']:.0f} %)"
    return f"{name}, {threads[0]}/{threads[1]} threads" if threads else name


def _spread(spread: Mapping[str, float]) -> str:
    return f"{spread['p50']:.1f} / {spread['p99']:.1f} / {spread['p999']:.1f}"


def _talk(cell: Entry) -> tuple[str, str, str]:
    share = cell["in_time_share"]
    within = "none made" if share is None else f"{100 * share:.1f} % of {cell['decisions']:,}"
    return f"{cell['tokens_per_s']:,.1f}", f"{cell['replies_per_s']:.2f}", within


def table(result: Mapping[str, Any]) -> Table:
    """Return the runs as a table."""
    drawn = Table(title="npc bench frame: times p50 / p99 / p99.9 in ms", title_justify="left")
    for heading in HEADINGS:
        side: Literal["left", "right"] = "left" if heading in ("scene", "model", "variant") else "right"
        drawn.add_column(heading, justify=side, no_wrap=heading in ("from frame to frame", "work"))
    before = None
    for row in rows_of(result):
        if before is not None and row[0] != before:
            drawn.add_section()
        before = row[0]
        drawn.add_row(*row)
    return drawn


def checks_table(result: Mapping[str, Any]) -> Table:
    """Return what is promised, and whether it holds, as a table."""
    drawn = Table(title="promises", title_justify="left")
    for heading in ("scene", "model", "characters", "figure", "value", "limit", ""):
        drawn.add_column(heading, justify="right" if heading in ("value", "limit", "characters") else "left")
    for check in result["checks"]:
        drawn.add_row(*_check(check, "met", "[bold]missed[/bold]"))
    return drawn


def _check(check: Entry, met: str, missed: str) -> tuple[str, ...]:
    limit = f"{'≥' if check['is_at_least'] else '≤'} {check['limit']:g}"
    names = check["scene"], check["model"], str(check["characters"]), check["name"]
    return (*names, f"{check['value']:.3g}", limit, met if check["is_met"] else missed)


def markdown(result: Mapping[str, Any]) -> str:
    """Return everything as a Markdown page."""
    parts = [_heading(result), _markdown_table(HEADINGS, rows_of(result), left=(0, 1, 3))]
    if result["checks"]:
        head = ("scene", "model", "characters", "figure", "value", "limit", "")
        rows = [_check(check, "met", "missed") for check in result["checks"]]
        parts.append(_markdown_table(head, rows, left=(0, 1, 3, 6)))
    failed = [cell for cell in result["cells"] if cell["state"] == "failed"]
    parts += [f"- {cell['scene']}, {cell['model']}, {cell['variant']} failed: {cell['reason']}\n" for cell in failed]
    return "\n".join(parts)


def _heading(result: Mapping[str, Any]) -> str:
    seen = result["machine"]
    rest = "" if result["is_complete"] else " **Not complete.**"
    scenes = ", ".join(
        f"{name} {scene['work_ms']['p50']:.1f} ms ({scene['units']} figures)"
        for name, scene in result["scenes"].items()
    )
    deadlines = ", ".join(f"{name} {ms:g} ms" for name, ms in result["deadlines_ms"].items())
    return (
        f"{result['date'][:10]}, {seen['processor']}, {seen['cores']} cores, {seen['system']}, "
        f"Python {seen['python']}. {result['run_seconds']:g} s a run, engine with {result['threads']} "
        f"thread{'s' if result['threads'] != 1 else ''}. Scenes alone: {scenes}. "
        f"Deadline of a decision: {deadlines}. {_others(result['cells'])}{rest}\n"
    )


def _others(cells: Sequence[Entry]) -> str:
    most = max((cell["others_share"] for cell in cells if cell["state"] == "done"), default=0.0)
    return f"Other programs and machines had {100 * most:.1f} % of the cores at most."


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> str:
    lines = [head, ["---" if index in left else "---:" for index in range(len(head))], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


class Record:
    """Files of one course, written after each run, so that one that is cut short is not lost. Not thread safe.

    Args:
        folder: Where; made when it is missing.

    Raises:
        RequestError: It cannot be written to (``file_unwritable``).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / LOG_NAME).write_text("", encoding="utf-8")

    def keep(self, result: Mapping[str, Any]) -> None:
        """Write what there is: figures, a page, and the times of every frame of the runs that are new.

        Raises:
            RequestError: It cannot be written (``file_unwritable``).
        """
        with writing(self._folder):
            with (self._folder / LOG_NAME).open("a", encoding="utf-8") as file:
                for cell in result["cells"][self._written :]:
                    file.write(json.dumps(cell) + "\n")
            self._written = len(result["cells"])
            replace_text(self._folder / JSON_NAME, json.dumps(plain(result), indent=2) + "\n")
            replace_text(self._folder / MARKDOWN_NAME, markdown(result))


def plain(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without the times of single frames."""
    cells = [{name: value for name, value in cell.items() if name != "log"} for cell in result["cells"]]
    return {**result, "cells": cells}
