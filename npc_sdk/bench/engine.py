"""``npc bench engine``: the engine's promises as figures, each a ratio of two sides of one run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from npc_sdk.bench.harness import Row, Setup, default_folder, machine
from npc_sdk.bench.sharing import measure_returning, measure_sharing
from npc_sdk.bench.startup import measure_startup
from npc_sdk.bench.throughput import measure_overhead, measure_throughput
from npc_sdk.bench.turns import measure_calls, measure_cancelling, measure_deciding
from npc_sdk.errors import RequestError

FIGURES: dict[int, Callable[[Setup], list[Row]]] = {
    1: measure_throughput,
    2: measure_returning,
    3: measure_sharing,
    4: measure_calls,
    5: measure_deciding,
    6: measure_cancelling,
    7: measure_overhead,
    8: measure_startup,
}

MODELS: dict[int, tuple[str, ...]] = {
    1: ("mid", "4b-shaped"),
    2: ("mid", "4b-shaped"),
    3: ("mid", "4b-shaped"),
    4: ("tiny", "mid", "4b-shaped"),
    5: ("mid", "4b-shaped"),
    6: ("mid", "4b-shaped"),
    7: ("mid",),
    8: (),
}


def run(
    figures: list[int] | None = None,
    *,
    quick: bool = False,
    folder: Path | None = None,
    threads: int = 1,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure figures.

    Args:
        figures: Which of 1 to 8; None is all.
        quick: Fewer repetitions, and nothing of the 4B's size.
        folder: Where synthetic models lie, about 3 GB; built there when missing.
        threads: CPU threads for llama.cpp on every side.
        report: Called with a line of progress.

    Returns:
        The machine and the rows as plain data.

    Raises:
        RequestError: There is no such figure (``unknown_figure``), or its models have to be built and the library
            for that is missing (``missing_extra``).
    """
    chosen = figures or sorted(FIGURES)
    unknown = [figure for figure in chosen if figure not in FIGURES]
    if unknown:
        raise RequestError(f"There is no figure {unknown[0]}.", "Choose among 1 to 8.", code="unknown_figure")
    setup = Setup(folder=folder or default_folder(), quick=quick, threads=threads, report=report)
    setup.check(_synthetic(chosen, quick=quick))
    rows: list[Row] = []
    for figure in chosen:
        rows += FIGURES[figure](setup)
    return {"machine": {**machine(), "threads": threads}, "quick": quick, "rows": [row.to_dict() for row in rows]}


def _synthetic(figures: list[int], *, quick: bool) -> list[str]:
    names = dict.fromkeys(name for figure in figures for name in MODELS[figure])
    return [name for name in names if not (quick and name == "4b-shaped")]


def table(result: dict[str, Any], *, title: str = "npc bench engine") -> Table:
    """Return the rows of :func:`run` as a table."""
    drawn = Table(title=title, title_justify="left")
    for heading in ("", "case", "figure", "value", "limit", "", "both sides"):
        drawn.add_column(heading, justify="right" if heading in ("value", "limit") else "left")
    for row in result["rows"]:
        limit = "" if row["limit"] is None else f"{'≥' if row['is_at_least'] else '≤'} {row['limit']:g}"
        mark = {None: "", True: "met", False: "[bold]missed[/bold]"}[row["is_met"]]
        drawn.add_row(str(row["figure"]), row["case"], row["name"], f"{row['value']:.3g}", limit, mark, row["detail"])
    return drawn


def markdown(result: dict[str, Any]) -> str:
    """Return the rows of :func:`run` as a Markdown table."""
    lines = ["| | case | figure | value | limit | | both sides |", "|---|---|---|---|---|---|---|"]
    for row in result["rows"]:
        limit = "" if row["limit"] is None else f"{'≥' if row['is_at_least'] else '≤'} {row['limit']:g}"
        mark = {None: "", True: "met", False: "missed"}[row["is_met"]]
        value = f"{row['value']:.3g}"
        lines.append(
            f"| {row['figure']} | {row['case']} | {row['name']} | {value} | {limit} | {mark} | {row['detail']} |"
        )
    return "\n".join(lines) + "\n"
