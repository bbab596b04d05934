"""Runs that were never made, for what is worked out of runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from npc_sdk.bench.frame.tally import Tally
from npc_sdk.bench.frame.times import TARGET_MS, FrameLog, figures_of

MakeCell = Callable[..., dict[str, Any]]


def made_cell(
    scene: str = "light",
    variant: str = "off",
    *,
    model: str = "",
    characters: int = 0,
    interval_ms: Sequence[float] = (TARGET_MS,) * 100,
    in_time: int = 9,
    decisions: int = 9,
    **changes: Any,
) -> dict[str, Any]:
    """Return a run as it would have been measured."""
    log = FrameLog()
    for time_ms in interval_ms:
        log.add(time_ms, time_ms / 2, 0.1)
    cell: dict[str, Any] = {
        "scene": scene,
        "model": model,
        "characters": characters,
        "variant": variant,
        "state": "done",
        "is_complete": True,
        "others_share": 0.01,
        "seconds": 2.0,
        **figures_of(log).to_dict(),
        "log": {name: [round(1000 * ms) for ms in getattr(log, f"{name[:-3]}_ms")] for name in _LOGS},
    }
    if variant != "off":
        tally = Tally(deadline_ms=500.0, decisions=decisions, in_time=in_time, replies=4, tokens=50)
        cell.update(tally.to_dict(2.0))
    return {**cell, **changes}


_LOGS = ("interval_us", "work_us")


@pytest.fixture
def make_cell() -> MakeCell:
    """Makes runs."""
    return made_cell


@pytest.fixture
def result(make_cell: MakeCell) -> dict[str, Any]:
    """A small course that was measured to the end."""
    from npc_sdk.bench.frame.verdict import judge

    late = [TARGET_MS] * 95 + [40.0] * 5
    cells = [
        make_cell(),
        make_cell(variant="paced", model="starter", characters=8),
        make_cell(variant="naive", model="starter", characters=8, interval_ms=late, in_time=0, threads=[1, 2]),
        make_cell(variant="paced", model="starter", characters=1),
        make_cell(),
        make_cell(variant="unpaced", model="starter", characters=8, state="failed", code="gone", reason="It is gone."),
    ]
    return {
        "date": "2026-11-20T20:00:00+00:00",
        "machine": {"processor": "a processor", "cores": 2, "system": "Linux", "python": "3.11.7"},
        "seed": 1,
        "run_seconds": 2.0,
        "threads": 1,
        "deadlines_ms": {"starter": 500.0},
        "scenes": {"light": {"units": 200, "wanted_ms": 3.0, "work_ms": {"p50": 3.0}}},
        "cells": cells,
        "checks": judge(cells),
        "is_complete": True,
    }
