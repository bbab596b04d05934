"""The other half of figure ``reserve``: what a game does, :meth:`npc_sdk.runtime.Runtime.reserve`, and nothing else."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from time import perf_counter, sleep
from typing import Any, Final

from npc_sdk.bench.gpu.card import MemoryWatch, settled_bytes
from npc_sdk.bench.gpu.given import given_back
from npc_sdk.bench.gpu.rig import MARGIN_BYTES, Rig
from npc_sdk.budget.nvml import NvmlProbe
from npc_sdk.budget.plan import Plan, PlanRequest
from npc_sdk.budget.planner import ladder
from npc_sdk.models.footprint import Sizes
from npc_sdk.persona import Persona
from npc_sdk.runtime.budget import BudgetStep
from npc_sdk.runtime.events import RuntimeNews
from npc_sdk.runtime.npc import Npc
from npc_sdk.runtime.runtime import Runtime
from npc_sdk.runtime.turn import Turn

SHARES: Final = {"a quarter of it": 0.25, "half of it": 0.5, "all of it": 1.0}

_CHARACTERS: Final = 4
_SLOTS: Final = 8
_CONTEXT: Final = 2048
_LONGEST_S: Final = 30.0
_CASE_S: Final = 10.0
_AFTER_S: Final = 1.0
_LOOK_S: Final = 0.02
_MIB: Final = 1 << 20
_EVERYTHING_MIB: Final = float(1 << 24)


@dataclass(slots=True)
class _Steps:
    """Steps of the governor and when they were heard of."""

    heard: list[tuple[float, BudgetStep]] = field(default_factory=list)

    def take(self, news: RuntimeNews) -> None:
        if isinstance(news, BudgetStep):
            self.heard.append((perf_counter(), news))


class _Crowd:
    """Characters that are spoken to again as soon as they have answered."""

    def __init__(self, npcs: Sequence[Npc]) -> None:
        self._turns: dict[Npc, Turn | None] = dict.fromkeys(npcs)

    def talk(self, seconds: float) -> None:
        ends_s = perf_counter() + seconds
        while perf_counter() < ends_s:
            for npc, turn in self._turns.items():
                if turn is None or turn.is_over:
                    self._turns[npc] = npc.say("What do you know about the road to the north?")
            sleep(_LOOK_S)


def measure_reserve_calls(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """While characters talk, ask for more and more of the card, and yield how soon it was free.

    Raises:
        NpcError: The runtime cannot be started, or the driver no longer answers.
    """
    request = PlanRequest(
        budget_bytes=max(0, rig.card.free_bytes() - MARGIN_BYTES),
        npcs=_SLOTS,
        context_tokens=_CONTEXT,
        quantum=512,
        overhead_bytes=rig.overhead_bytes,
    )
    rungs = ladder(rig.reader(), request)
    first = rungs[0]
    if not isinstance(first, Plan) or not first.gpu_layers:
        rig.note("no plan fits the card, so that no memory can be asked back from one")
        return
    sizes = Sizes(gpu_layers=first.gpu_layers, slots=first.slots, cells=first.cells, quantum=first.quantum)
    engine, probe, steps = rig.make_engine(rig.config(sizes)), NvmlProbe(rig.card.uuid), _Steps()
    with Runtime(engine=engine, ladder=rungs, probe=probe, on_event=steps.take, slots=_SLOTS) as runtime:
        crowd = _Crowd([runtime.spawn(Persona(name=f"Guard {index}", role="a guard")) for index in range(_CHARACTERS)])
        crowd.talk(_AFTER_S)
        free = settled_bytes(rig.card)
        for words, share in SHARES.items():
            if not rig.has_time(_CASE_S, f"Runtime.reserve() of {words}"):
                return
            is_all = share == 1.0
            # The backend's own part comes back only with everything else.
            part = first.device_bytes if is_all else share * (first.device_bytes - rig.overhead_bytes)
            wanted = free + int(part)
            if rig.card.free_bytes() >= wanted:
                rig.note(f"Runtime.reserve() of {words} was free already after the call before")
                continue
            yield _row(rig, runtime, crowd, steps, words, wanted, is_all=is_all)


def _row(
    rig: Rig, runtime: Runtime, crowd: _Crowd, steps: _Steps, words: str, wanted: int, *, is_all: bool
) -> dict[str, Any]:
    before = settled_bytes(rig.card)
    known = len(steps.heard)
    # A plan is a few percent off: when everything is asked for, nearly everything must do.
    enough = int(before + 0.95 * (wanted - before)) if is_all else wanted
    with MemoryWatch(rig.card) as watch:
        called_s = perf_counter()
        runtime.reserve(_EVERYTHING_MIB if is_all else wanted / _MIB)
        while rig.card.free_bytes() < enough and perf_counter() < called_s + _LONGEST_S:
            crowd.talk(_LOOK_S)
        crowd.talk(_AFTER_S)
    if watch.error is not None:
        raise watch.error
    given = given_back(watch.samples, called_s, before, enough)
    made = steps.heard[known:]
    rig.report(f"reserve() of {words}: {given.n_bytes / 1e6:.0f} MB back in {len(made)} steps")
    return {
        "change": f"`reserve()`, {words}, {len(made)} step{'' if len(made) == 1 else 's'}",
        "sizes": None,
        "gpu_layers": None,
        "planned_bytes": wanted - before,
        "given_bytes": given.n_bytes,
        "most_bytes": given.most_bytes,
        "first_ms": given.first_ms,
        "settled_ms": given.settled_ms,
        "event_ms": (made[-1][0] - called_s) * 1000 if made else None,
        "park_ms": sum(step.park_ms for _, step in made),
        "parked_bytes": None,
        "load_ms": sum(step.load_ms for _, step in made),
        "back_ms": None,
        "back_load_ms": None,
        "samples": len(watch.samples),
    }
