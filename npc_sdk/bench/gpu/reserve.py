"""Figure ``reserve``: from the call that gives memory back until the card shows it, looked at every 5 ms."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, replace
from time import perf_counter, sleep
from typing import Any, Final

from npc_sdk.bench.gpu.card import MemoryWatch, settled_bytes
from npc_sdk.bench.gpu.given import given_back
from npc_sdk.bench.gpu.reserve_call import measure_reserve_calls
from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.bench.gpu.session import Session, running
from npc_sdk.bench.gpu.talk import CELLS, Talk
from npc_sdk.engine.request import Reconfigured, Suspended
from npc_sdk.models.footprint import Sizes

SLOTS: Final = 8
QUICK_CHANGES: Final = ("half of the slots", "half of the layers", "suspended")

_CELLS: Final = 16_384
_TALK_S: Final = 1.0
_AFTER_S: Final = 1.0
_CASE_S: Final = 15.0


def changes(base: Sizes, *, quick: bool = False) -> dict[str, Sizes | None]:
    """Return what is measured, by name; None suspends the engine.

    Args:
        base: What each begins with.
        quick: Fewer of them.
    """
    every = {
        "half of the slots": replace(base, slots=base.slots // 2),
        "a quarter of the cells": replace(base, cells=base.cells // 4),
        "a sixteenth of the quantum": replace(base, quantum=base.quantum // 16),
        "half of the layers": replace(base, gpu_layers=base.gpu_layers // 2),
        "the CPU": replace(base, gpu_layers=0),
        "suspended": None,
    }
    return {name: every[name] for name in QUICK_CHANGES} if quick else every


def measure_reserve(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """While characters talk, change the engine to something smaller and back again, and yield what came of it."""
    base = rig.fitted(Sizes(gpu_layers=-1, slots=SLOTS, cells=_CELLS, quantum=512))
    with running(rig, rig.config(base)) as session:
        for name, sizes in changes(base, quick=rig.quick).items():
            if not rig.has_time(_CASE_S, f"the change to {name}"):
                return
            row = _row(rig, session, base, name, sizes)
            told = "nothing to tell by" if row["first_ms"] is None else f"{row['first_ms']:.0f} ms"
            rig.report(f"{name}: {row['given_bytes'] / 1e6:.0f} MB back after {told}")
            yield row
    yield from measure_reserve_calls(rig)


def _row(rig: Rig, session: Session, base: Sizes, name: str, sizes: Sizes | None) -> dict[str, Any]:
    talk = Talk(session, min(base.slots, base.cells // CELLS))
    talk.run(_TALK_S)
    before = settled_bytes(rig.card)
    planned = rig.planned_bytes(base) - (rig.planned_bytes(sizes) if sizes is not None else 0)
    with MemoryWatch(rig.card) as watch:
        called_s = perf_counter()
        event_s, event = _change(rig, session, talk, sizes)
        sleep(_AFTER_S)
    if watch.error is not None:
        raise watch.error
    given = given_back(watch.samples, called_s, before)
    _, back = session.reconfigure(rig.config(base), talk.heard)
    talk.stop()
    return {
        "change": name,
        "sizes": None if sizes is None else asdict(sizes),
        "gpu_layers": base.gpu_layers,
        "planned_bytes": planned,
        "given_bytes": given.n_bytes,
        "most_bytes": given.most_bytes,
        "first_ms": given.first_ms,
        "settled_ms": given.settled_ms,
        "event_ms": (event_s - called_s) * 1000,
        "park_ms": event.park_ms,
        "parked_bytes": event.parked_bytes,
        "load_ms": event.load_ms if isinstance(event, Reconfigured) else 0.0,
        "back_ms": back.change_ms,
        "back_load_ms": back.load_ms,
        "samples": len(watch.samples),
    }


def _change(rig: Rig, session: Session, talk: Talk, sizes: Sizes | None) -> tuple[float, Reconfigured | Suspended]:
    if sizes is None:
        return session.suspend(talk.heard)
    return session.reconfigure(rig.config(sizes), talk.heard)
