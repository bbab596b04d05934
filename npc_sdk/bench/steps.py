"""``npc bench steps``: how long the engine takes to give memory back, with characters in all its slots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from npc_sdk.bench.harness import Row, Setup, Waiter, default_folder, machine, middle, plain_tokens, running
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.request import Reconfigured, Request, Suspended

SHED_LIMIT_MS = 250.0
CHANGE_LIMIT_MS = 3000.0
_SLOTS = (8, 4, 2, 1)
_PROMPT = 200


def run(
    *,
    quick: bool = False,
    folder: Path | None = None,
    threads: int = 1,
    report: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure steps down and up.

    Args:
        quick: The starter model only, and fewer repetitions.
        folder: Where synthetic models lie; built there when missing.
        threads: CPU threads for llama.cpp.
        report: Called with a line of progress.

    Returns:
        The machine and the rows as plain data.

    Raises:
        RequestError: A model has to be built and the library for that is missing (``missing_extra``).
    """
    setup = Setup(folder=folder or default_folder(), quick=quick, threads=threads, report=report)
    names = ("starter",) if quick else ("starter", "mid")
    setup.check([*names, "tiny"])
    rows: list[Row] = []
    for name in names:
        rows += _measure(setup, name)
    return {"machine": {**machine(), "threads": threads}, "quick": quick, "rows": [row.to_dict() for row in rows]}


def _measure(setup: Setup, name: str) -> list[Row]:
    most = _SLOTS[0]
    config = setup.config(name, slots=most, cells=most * 1024, quantum=64)
    times = 2 if setup.quick else 5
    setup.report(f"{name}: {times} times down and up")
    shed, grown, other, back, off, again = ([] for _ in range(6))
    with running(config, in_process=True) as waiter:
        for _ in range(times):
            _fill(waiter, most)
            shed += [_change(waiter, replace(config, slots=slots, cells=slots * 1024)) for slots in _SLOTS[1:]]
            grown.append(_change(waiter, config))
            smaller = setup.config("tiny", slots=1, cells=1024, quantum=64)
            _fill(waiter, most)
            other.append(_change(waiter, smaller))
            back.append(_change(waiter, config))
            _fill(waiter, most)
            off.append(_suspend(waiter))
            again.append(_change(waiter, config))
    return [
        _row(name, "fewer slots, all of them taken", shed, SHED_LIMIT_MS),
        _row(name, "from 1 slot to 8", grown, SHED_LIMIT_MS),
        _row(name, "to a smaller model, loading left out", other, CHANGE_LIMIT_MS),
        _row(name, "and back, loading left out", back, CHANGE_LIMIT_MS),
        _row(name, "to off", off, CHANGE_LIMIT_MS),
        _row(name, "on again, loading left out", again, CHANGE_LIMIT_MS),
    ]


def _fill(waiter: Waiter, slots: int) -> None:
    """Have a character in every slot."""
    requests = [
        Request(id=waiter.id(), sequence=f"c{number}", tokens=plain_tokens(number, _PROMPT, 1000), max_tokens=4)
        for number in range(slots)
    ]
    waiter.run([replace(request, ignore_end=True) for request in requests])


def _change(waiter: Waiter, config: EngineConfig) -> tuple[float, float]:
    """Return how long a change took without loading, and loading."""
    started = perf_counter()
    waiter.engine.reconfigure(config)
    while not isinstance(event := waiter.events.get(timeout=60), Reconfigured):
        pass
    if event.error is not None:
        raise event.error
    return (perf_counter() - started) * 1000 - event.load_ms, event.load_ms


def _suspend(waiter: Waiter) -> tuple[float, float]:
    started = perf_counter()
    waiter.engine.suspend()
    while not isinstance(waiter.events.get(timeout=60), Suspended):
        pass
    return (perf_counter() - started) * 1000, 0.0


def _row(case: str, name: str, times: list[tuple[float, float]], limit_ms: float) -> Row:
    taken, loads = [taken for taken, _ in times], [load for _, load in times]
    return Row(
        figure=1,
        case=case,
        name=f"{name} (ms, worst of {len(times)})",
        value=max(taken),
        limit=limit_ms,
        detail=f"median {middle(taken):.0f} ms" + (f", loading {middle(loads):.0f} ms more" if any(loads) else ""),
    )
