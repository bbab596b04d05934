"""``npc bench gpu``: runs the figures, and writes what there is after each row, so that nothing measured is lost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from npc_sdk.bench.gpu.frames import measure_frames
from npc_sdk.bench.gpu.parking import measure_parking
from npc_sdk.bench.gpu.plans import measure_overhead, measure_plans
from npc_sdk.bench.gpu.report import write
from npc_sdk.bench.gpu.reserve import measure_reserve
from npc_sdk.bench.gpu.rig import Rig, SkippedError
from npc_sdk.bench.gpu.speed import measure_speed
from npc_sdk.bench.harness import machine
from npc_sdk.engine.llama import library_version
from npc_sdk.errors import NpcError, RequestError

LIMIT_S: Final = 23 * 60.0
QUICK_LIMIT_S: Final = 5 * 60.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure.

    Args:
        measure: Yields its rows.
        weight: Its part of the time.
    """

    measure: Callable[[Rig], Generator[dict[str, Any], None, None]]
    weight: float


FIGURES: Final[Mapping[str, Figure]] = {
    "overhead": Figure(measure_overhead, 1),
    "plans": Figure(measure_plans, 8),
    "speed": Figure(measure_speed, 4),
    "parking": Figure(measure_parking, 3),
    "reserve": Figure(measure_reserve, 7),
    "frames": Figure(measure_frames, 28),
}


def chosen_figures(names: Sequence[str] | None) -> list[str]:
    """Return figures in the order in which they are measured; the overhead is always the first.

    Args:
        names: Which ones; None is all.

    Raises:
        RequestError: There is no such figure (``unknown_figure``).
    """
    unknown = [name for name in names or () if name not in FIGURES]
    if unknown:
        raise RequestError(
            f"There is no figure {unknown[0]!r}.", f"Choose among {', '.join(FIGURES)}.", code="unknown_figure"
        )
    return [name for name in FIGURES if names is None or name in names or name == "overhead"]


def run(rig: Rig, names: Sequence[str] | None = None, *, out: Path | None = None) -> dict[str, Any]:
    """Measure figures one after the other; one that fails or is skipped says why, and the next one follows.

    Args:
        rig: What to run on.
        names: Which figures; None is all.
        out: Folder for ``gpu.json`` and ``gpu.md``, which are written after each row; None writes nothing.

    Returns:
        What was measured, as plain data.

    Raises:
        RequestError: There is no such figure, or the folder cannot be written to (``file_unwritable``).
        KeyboardInterrupt: As it came; what was measured until then is written.
    """
    chosen = chosen_figures(names)
    began_s = perf_counter()
    limit_s = QUICK_LIMIT_S if rig.quick else LIMIT_S
    result = _header(rig, chosen)
    weights = sum(FIGURES[name].weight for name in chosen)
    done = 0.0
    lost: NpcError | None = None

    def keep() -> None:
        result["seconds"] = perf_counter() - began_s
        if out is not None:
            write(out, result)

    for name in chosen:
        done += FIGURES[name].weight
        rig.ends_s = began_s + limit_s * done / weights
        entry = result["figures"][name]
        if lost is not None:
            entry.update(state="skipped", code=lost.code, reason=lost.cause)
            continue
        _measure(rig, name, entry, keep)
        lost = _lost(rig) if entry["state"] == "failed" else None
    result["is_complete"] = all(entry["state"] in ("done", "skipped") for entry in result["figures"].values())
    keep()
    return result


def _measure(rig: Rig, name: str, entry: dict[str, Any], keep: Callable[[], None]) -> None:
    rig.report(f"--- {name}")
    rig.notes.clear()
    began_s = perf_counter()
    entry["state"] = "interrupted"
    rows = FIGURES[name].measure(rig)
    try:
        for row in rows:
            entry["rows"].append(row)
            keep()
        entry["state"] = "done"
    except SkippedError as error:
        entry.update(state="skipped", code=error.code, reason=error.cause, next_step=error.next_step)
        rig.report(f"skipped: {error.cause}")
    except NpcError as error:
        entry.update(state="failed", code=error.code, reason=error.cause, next_step=error.next_step)
        rig.report(f"failed: {error.cause}")
    finally:
        rows.close()  # its engine must end before the next begins
        entry["notes"] = list(rig.notes)
        entry["seconds"] = perf_counter() - began_s
        keep()


def _lost(rig: Rig) -> NpcError | None:
    """Return why the card can no longer be asked, or None when it can."""
    try:
        rig.card.free_bytes()
    except NpcError as error:
        return error
    return None


def _header(rig: Rig, chosen: Sequence[str]) -> dict[str, Any]:
    reader = rig.reader()
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "quick": rig.quick,
        "machine": {
            **machine(),
            "gpu": rig.card.name,
            "driver": rig.card.driver,
            "total_bytes": rig.card.total_bytes,
            "free_bytes": rig.card.free_bytes(),
            "llama_cpp_python": library_version(),
            "backends": rig.features.get("backends", []),
        },
        "model": {"name": reader.header.name, "layers": reader.layers, "is_exact": reader.is_exact},
        "seconds": 0.0,
        "is_complete": False,
        "figures": {name: {"state": "waiting", "rows": [], "notes": [], "seconds": 0.0} for name in chosen},
    }


def is_missed(result: Mapping[str, Any]) -> bool:
    """Return whether a figure failed or a row misses its limit.

    Args:
        result: What :func:`run` returned.
    """
    entries = result["figures"].values()
    return any(entry["state"] == "failed" for entry in entries) or any(
        row.get("is_met") is False for entry in entries for row in entry["rows"]
    )
