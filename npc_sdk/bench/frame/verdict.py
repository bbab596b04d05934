"""Holds what was measured against what is promised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from npc_sdk.bench.frame.cell import OFF
from npc_sdk.bench.frame.times import spread

P99_LIMIT: Final = 1.10
IN_TIME_LIMIT: Final = 0.95
JUDGED_VARIANT: Final = "paced"
JUDGED_CHARACTERS: Final = 8
TIMELY_MODEL: Final = "starter"

Entry = Mapping[str, Any]


def base_of(cells: Iterable[Entry], scene: str) -> dict[str, Any] | None:
    """Return what a scene comes to without a model, over all runs of it; None when there was none.

    Args:
        cells: Runs.
        scene: Which scene.

    Returns:
        ``runs``, ``interval_ms`` and ``work_ms`` of all frames together, and ``long``: the most frames over 33.3 ms
        in one run.
    """
    alone = [cell for cell in cells if cell["scene"] == scene and cell["variant"] == OFF and cell["state"] == "done"]
    if not alone:
        return None
    return {
        "runs": len(alone),
        "interval_ms": spread(_all(alone, "interval_us")),
        "work_ms": spread(_all(alone, "work_us")),
        "long": max(cell["long"] for cell in alone),
        "late_share": sum(cell["late"] for cell in alone) / max(1, sum(cell["frames"] for cell in alone)),
    }


def judge(cells: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return what is promised and whether it holds: for our paced variant with most characters, from 8 on.

    Args:
        cells: Runs so far.

    Returns:
        For each promise the run, ``name``, ``value``, ``limit``, ``is_at_least`` and ``is_met``.
    """
    checks: list[dict[str, Any]] = []
    for cell in cells:
        is_judged = cell["variant"] == JUDGED_VARIANT and cell["characters"] >= JUDGED_CHARACTERS
        if not is_judged or cell["state"] != "done":
            continue
        base = base_of(cells, cell["scene"])
        if base is not None and cell["frames"]:
            ratio = cell["interval_ms"]["p99"] / base["interval_ms"].p99
            checks.append(_check(cell, "p99 / off", ratio, P99_LIMIT))
            checks.append(_check(cell, "frames over 33 ms", cell["long"], base["long"]))
        if cell["model"] == TIMELY_MODEL and cell["in_time_share"] is not None:
            name = f"decisions within {cell['deadline_ms']:g} ms"
            checks.append(_check(cell, name, cell["in_time_share"], IN_TIME_LIMIT, is_at_least=True))
    return checks


def is_missed(result: Mapping[str, Any]) -> bool:
    """Return whether a run failed or a promise does not hold.

    Args:
        result: What :func:`npc_sdk.bench.frame.run.run` returned.
    """
    failed = any(cell["state"] == "failed" for cell in result["cells"])
    return failed or any(not check["is_met"] for check in result["checks"])


def _check(cell: Entry, name: str, value: float, limit: float, *, is_at_least: bool = False) -> dict[str, Any]:
    return {
        "scene": cell["scene"],
        "model": cell["model"],
        "characters": cell["characters"],
        "name": name,
        "value": value,
        "limit": limit,
        "is_at_least": is_at_least,
        "is_met": value >= limit if is_at_least else value <= limit,
    }


def _all(cells: Iterable[Entry], name: str) -> list[float]:
    return [time_us / 1000 for cell in cells for time_us in cell["log"][name]]
