"""``npc bench frame``: measures every run of a course, one after the other, and keeps what it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timezone
from time import perf_counter
from typing import Any, Final

from npc_sdk.bench.frame.cell import DISTURBED_SHARE, MODELS, OFF, VARIANTS, Cell, Course, cells_of
from npc_sdk.bench.frame.game_process import play
from npc_sdk.bench.frame.scene import SCENES
from npc_sdk.bench.frame.verdict import judge
from npc_sdk.bench.harness import Setup, machine
from npc_sdk.errors import NpcError
from npc_sdk.models.extra import load_extra
from npc_sdk.runtime.settings import RuntimeSettings

TRY_S: Final = 1.0
_CALIBRATION_LIMIT_S: Final = 120.0
_AROUND_LIMIT_S: Final = 360.0

Keep = Callable[[dict[str, Any]], None]


def run(course: Course, *, keep: Keep = lambda result: None, runtime: dict[str, Any] | None = None) -> dict[str, Any]:
    """Measure.

    Args:
        course: What and how.
        keep: Gets the whole result after each run, to write it down.
        runtime: Settings of the runtime that differ from how it sets itself up, by name.

    Returns:
        The machine, what a scene consists of, and the runs as plain data. A run that failed says why.

    Raises:
        RequestError: pygame or the library that builds models is missing (``missing_extra``).
        KeyboardInterrupt: As it came; ``keep`` has had what was measured until then.
    """
    load_extra("pygame", "bench")
    setup = Setup(folder=course.folder, quick=False, threads=1, report=course.report)
    setup.check(course.models)
    models = {name: setup.model(name) for name in course.models}
    result = _header(course, runtime or {})
    measuring = _Measuring(course, models, runtime or {}, result, keep)
    measuring.calibrate()
    measuring.all_cells()
    result["is_complete"] = True
    keep(result)
    return result


class _Measuring:
    def __init__(
        self, course: Course, models: dict[str, str], runtime: dict[str, Any], result: dict[str, Any], keep: Keep
    ) -> None:
        self._course = course
        self._models = models
        self._runtime = runtime
        self._result = result
        self._keep = keep
        self._began_s = perf_counter()
        self._share = 0.0

    def calibrate(self) -> None:
        """Find how much is to be drawn, once for all runs."""
        wanted = {name: SCENES[name] for name in self._course.scenes}
        order = {"task": "calibrate", "seed": self._course.seed, "seconds": TRY_S, "wanted": wanted}
        self._course.report("how much a frame is to draw")
        found = play(order, limit_s=_CALIBRATION_LIMIT_S, on_event=lambda event: self._tick("calibrating"))
        self._result["scenes"] = found
        for name, scene in found.items():
            words = f"{name} scene: {scene['units']} figures, {scene['work_ms']['p50']:.1f} ms"
            busy = "" if scene["is_near"] else f", which is not {scene['wanted_ms']:g}: the machine is busy"
            self._course.report(words + busy)

    def all_cells(self) -> None:
        """Measure one run after the other."""
        cells = cells_of(self._course)
        for number, cell in enumerate(cells):
            self._share = number / len(cells)
            self._cell(cell, 1 / len(cells))

    def _cell(self, cell: Cell, weight: float) -> None:
        entry = {**asdict(cell), "state": "done"}
        before, seconds = self._share, self._course.seconds

        def on_event(event: dict[str, Any]) -> None:
            if event.get("event") == "second":
                self._share = min(before + weight, self._share + weight / seconds)
            self._tick(cell.words)

        try:
            measured = self._quietest(cell, on_event)
        except KeyboardInterrupt as interrupt:
            self._add(cell, entry, getattr(interrupt, "result", None))
            raise
        except NpcError as error:
            entry.update(state="failed", code=error.code, reason=error.cause)
            self._add(cell, entry, {})
            return
        self._add(cell, entry, measured)

    def _quietest(self, cell: Cell, on_event: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Measure until others leave the machine alone, or the tries are used up."""
        found: list[dict[str, Any]] = []
        for left in reversed(range(self._course.tries)):
            found.append(play(self._order(cell), limit_s=self._limit_s(cell), on_event=on_event))
            others = found[-1]["others_share"]
            if others <= DISTURBED_SHARE or not found[-1]["is_complete"]:
                break
            again = "once more" if left else "no more tries"
            self._course.report(f"{cell.words}: others had {100 * others:.0f} % of the machine; {again}")
        return {**min(found, key=lambda each: each["others_share"]), "tries": len(found)}

    def _add(self, cell: Cell, entry: dict[str, Any], measured: dict[str, Any] | None) -> None:
        if measured is None:
            return
        self._result["cells"].append({**entry, **measured})
        self._result["seconds"] = perf_counter() - self._began_s
        self._result["checks"] = judge(self._result["cells"])
        self._course.report(_line(cell, self._result["cells"][-1]))
        self._keep(self._result)

    def _order(self, cell: Cell) -> dict[str, Any]:
        course = self._course
        return {
            "task": "measure",
            "variant": cell.variant,
            "characters": cell.characters,
            "model": self._models.get(cell.model, ""),
            "deadline_ms": MODELS.get(cell.model, 0.0),
            "seed": course.seed,
            "units": self._result["scenes"][cell.scene]["units"],
            "seconds": course.seconds,
            "warm_s": course.warm_of(cell.model),
            "threads": self._result["threads"],
            "runtime": self._runtime,
        }

    def _limit_s(self, cell: Cell) -> float:
        return self._course.seconds + self._course.warm_of(cell.model) + _AROUND_LIMIT_S

    def _tick(self, words: str) -> None:
        self._course.tick(words, self._share)


def _header(course: Course, runtime: dict[str, Any]) -> dict[str, Any]:
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "seed": course.seed,
        "run_seconds": course.seconds,
        "tries": course.tries,
        "warm_seconds": {name: course.warm_of(name) for name in course.models},
        "threads": RuntimeSettings(**runtime).for_machine().threads,
        "runtime": runtime,
        "deadlines_ms": {name: MODELS[name] for name in course.models},
        "variants": {name: VARIANTS[name] for name in course.variants},
        "scenes": {},
        "cells": [],
        "checks": [],
        "seconds": 0.0,
        "is_complete": False,
    }


def _line(cell: Cell, entry: dict[str, Any]) -> str:
    if entry["state"] != "done":
        return f"{cell.words}: failed: {entry['reason']}"
    spread = entry["interval_ms"]
    words = f"{cell.words}: p50 {spread['p50']:.1f}, p99 {spread['p99']:.1f}, p99.9 {spread['p999']:.1f} ms"
    if cell.variant == OFF:
        return words
    share = entry["in_time_share"]
    in_time = "" if share is None else f", {100 * share:.0f} % of decisions in time"
    return f"{words}, {entry['tokens_per_s']:.0f} tokens/s{in_time}"
