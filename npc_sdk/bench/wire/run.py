"""``npc bench wire``: the promises of the host as figures: ratios of two sides of one run, and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.table import Table

from npc_sdk.bench import engine as engine_bench
from npc_sdk.bench.harness import Row, machine
from npc_sdk.bench.wire.course import Course
from npc_sdk.bench.wire.faults import measure_faults
from npc_sdk.bench.wire.fuzzing import measure_fuzzing
from npc_sdk.bench.wire.load import measure_load
from npc_sdk.bench.wire.round_trip import measure_round_trips
from npc_sdk.errors import RequestError

FIGURES: dict[int, Callable[[Course], list[Row]]] = {
    1: measure_round_trips,
    2: measure_load,
    3: measure_faults,
    4: measure_fuzzing,
}


def run(figures: Sequence[int] | None, course: Course) -> dict[str, Any]:
    """Measure figures.

    Args:
        figures: Which of 1 to 4; None is all.
        course: How.

    Returns:
        The machine and the rows as plain data.

    Raises:
        RequestError: There is no such figure (``unknown_figure``) or fault (``unknown_fault``).
    """
    chosen = sorted(FIGURES) if figures is None else figures
    unknown = [figure for figure in chosen if figure not in FIGURES]
    if unknown:
        raise RequestError(f"There is no figure {unknown[0]}.", "Choose among 1 to 4.", code="unknown_figure")
    rows = [row for figure in chosen for row in FIGURES[figure](course)]
    return {"machine": machine(), "quick": course.quick, "seed": course.seed, "rows": [row.to_dict() for row in rows]}


def table(result: dict[str, Any]) -> Table:
    """Return the rows of :func:`run` as a table."""
    drawn = engine_bench.table(result)
    drawn.title = "npc bench wire"
    return drawn


def markdown(result: dict[str, Any]) -> str:
    """Return the rows of :func:`run` as a Markdown table."""
    return engine_bench.markdown(result)
