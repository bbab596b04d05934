"""Figure ``plans``: what a plan says, against what the card loses when an engine of that plan works."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from npc_sdk.bench.gpu.card import settled_bytes
from npc_sdk.bench.gpu.rig import MARGIN_BYTES, Rig
from npc_sdk.bench.gpu.session import Session, running
from npc_sdk.bench.harness import plain_tokens
from npc_sdk.engine.request import Request
from npc_sdk.models.footprint import Sizes

LIMIT_PERCENT: Final = 5.0
UNTOUCHED_BYTES: Final = 8 << 20
"""Most that may be missing from the card when a plan leaves it alone: what others took and gave meanwhile."""

DISTURBED_BYTES: Final = 16 << 20
"""The card is not as free after an engine's end as before its start: somebody else took or gave memory."""

_CASE_S: Final = 8.0
_FULL_LAYERS: Final = 43
_MOST_OVERHEAD: Final = 4 << 30
_SPOKEN: Final = 8


def cases(quick: bool, layers: int) -> list[Sizes]:
    """Return the plans that are measured.

    Args:
        quick: Fewer of them.
        layers: Layers of the model; those of the 4B are scaled to it.
    """
    wanted = [
        (43, 1, 4096, 128, "f16"),
        (43, 4, 8192, 128, "f16"),
        (43, 8, 16_384, 128, "f16"),
        (43, 4, 16_384, 128, "q8_0"),
        (43, 4, 8192, 512, "f16"),
        (22, 4, 8192, 128, "f16"),
        (0, 4, 8192, 128, "f16"),
        (43, 2, 8192, 128, "f16"),
        (43, 8, 32_768, 512, "f16"),
        (43, 4, 16_384, 128, "q4_0"),
        (43, 4, 8192, 16, "f16"),
        (43, 4, 8192, 32, "f32"),
        (42, 4, 8192, 128, "f16"),
        (32, 8, 8192, 256, "f16"),
        (11, 4, 8192, 128, "f16"),
        (1, 1, 4096, 128, "f16"),
    ]
    return [
        Sizes(gpu_layers=-(-share * layers // _FULL_LAYERS), slots=slots, cells=cells, quantum=quantum, kv_type=kv_type)
        for share, slots, cells, quantum, kv_type in (wanted[:7] if quick else wanted)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an engine took from the card, in bytes.

    Args:
        loaded_bytes: When it was ready.
        worked_bytes: When every slot had read and spoken; the backend's pools grow with work.
        process_bytes: The same as the driver counts it for the process; None where it does not tell.
        drift_bytes: How much more or less was free after its end than before its start.
    """

    loaded_bytes: int
    worked_bytes: int
    process_bytes: int | None
    drift_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One plan.

    Args:
        sizes: The plan's sizes.
        parts: What it is made of, in bytes.
        planned_bytes: What the plan says.
        taken: What was measured.
    """

    sizes: Sizes
    parts: dict[str, int]
    planned_bytes: int
    taken: Taken

    @property
    def over_percent(self) -> float:
        """How much more is planned than was taken; negative is too little."""
        worked = self.taken.worked_bytes
        return (self.planned_bytes / worked - 1) * 100 if self.sizes.gpu_layers and worked > 0 else 0.0

    @property
    def is_disturbed(self) -> bool:
        """Whether others took or gave memory meanwhile."""
        return abs(self.taken.drift_bytes) > DISTURBED_BYTES

    @property
    def is_met(self) -> bool:
        """Whether the plan is within 5 % of what was taken, or the card untouched where it is to be."""
        if not self.sizes.gpu_layers:
            return self.taken.worked_bytes <= UNTOUCHED_BYTES
        return self.taken.worked_bytes > 0 and abs(self.over_percent) <= LIMIT_PERCENT

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {
            **asdict(self.sizes),
            **asdict(self.taken),
            "parts": self.parts,
            "planned_bytes": self.planned_bytes,
            "over_percent": self.over_percent,
            "is_disturbed": self.is_disturbed,
            "is_met": self.is_met,
        }


def measure_overhead(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """Measure what the backend takes for itself with a small model, keep it for later plans, and yield it."""
    sizes = Sizes(gpu_layers=rig.reader(rig.gauge).layers, slots=1, cells=1024, quantum=128)
    model_bytes = rig.reader(rig.gauge).read(sizes)[0].total
    found = [take(rig, sizes, rig.gauge) for _ in range(1 if rig.quick else 2)]
    overhead = max(taken.worked_bytes for taken in found) - model_bytes
    is_plausible = 0 < overhead < _MOST_OVERHEAD
    if is_plausible:
        rig.overhead_bytes = overhead
        try:
            rig.remember(rig.card.uuid, overhead, backend=rig.backend)
        except OSError as error:
            rig.note(f"the overhead is not kept for later plans: {error}")
    else:
        rig.note(f"an overhead of {overhead:,} bytes is not plausible; {rig.overhead_bytes:,} are assumed")
    rig.report(f"the backend takes {rig.overhead_bytes / 1e6:.0f} MB for itself")
    yield {
        "overhead_bytes": rig.overhead_bytes,
        "is_measured": is_plausible,
        "loaded_bytes": max(taken.loaded_bytes for taken in found) - model_bytes,
        "drift_bytes": max(abs(taken.drift_bytes) for taken in found),
    }


def measure_plans(rig: Rig) -> Generator[dict[str, Any], None, None]:
    """Start an engine for each plan that fits, let it work, and yield plan and difference."""
    every = cases(rig.quick, rig.reader().layers)
    fitting = [sizes for sizes in every if rig.planned_bytes(sizes) <= rig.card.free_bytes() - MARGIN_BYTES]
    if len(fitting) < len(every):
        rig.note(f"{len(every) - len(fitting)} of {len(every)} plans do not fit what is free and are left out")
    for index, sizes in enumerate(fitting):
        if not rig.has_time(_CASE_S, f"{len(fitting) - index} of {len(fitting)} plans"):
            return
        row = _row(rig, sizes)
        if row.is_disturbed and rig.has_time(_CASE_S, "the second try of a plan that others disturbed"):
            row = _row(rig, sizes)
        rig.report(f"{_words(sizes)}: planned {_mib(row.planned_bytes)}, taken {_mib(row.taken.worked_bytes)}")
        yield row.to_dict()


def _row(rig: Rig, sizes: Sizes) -> PlanRow:
    device = rig.reader().read(sizes)[0]
    parts = {**asdict(device), "overhead": rig.overhead_bytes if sizes.gpu_layers else 0}
    return PlanRow(sizes=sizes, parts=parts, planned_bytes=rig.planned_bytes(sizes), taken=take(rig, sizes))


def take(rig: Rig, sizes: Sizes, path: Path | None = None) -> Taken:
    """Return what an engine takes from the card, in a process of its own that ends again.

    Args:
        rig: What to run on.
        sizes: How the engine is set up.
        path: The model; the measured one by default.

    Raises:
        NpcError: The engine cannot be started or fails, or the driver no longer answers.
    """
    before = settled_bytes(rig.card)
    with running(rig, rig.config(sizes, path)) as session:
        loaded = before - settled_bytes(rig.card)
        work(session, sizes)
        worked = before - rig.card.free_bytes()
        process_bytes = rig.card.process_bytes()
    drift = settled_bytes(rig.card) - before
    return Taken(loaded_bytes=loaded, worked_bytes=worked, process_bytes=process_bytes, drift_bytes=drift)


def work(session: Session, sizes: Sizes) -> None:
    """Let every slot read two whole calls of prompt, as far as its cells allow, and speak."""
    count = max(8, min(2 * sizes.quantum, sizes.cells // sizes.slots - _SPOKEN - 8))
    requests = [
        Request(
            id=session.id(),
            sequence=f"character {slot}",
            tokens=plain_tokens(slot, count),
            max_tokens=_SPOKEN,
            ignore_end=True,
        )
        for slot in range(sizes.slots)
    ]
    session.run(requests)


def _words(sizes: Sizes) -> str:
    return f"{sizes.gpu_layers} layers, {sizes.slots} slots, {sizes.cells} cells, {sizes.quantum}, {sizes.kv_type}"


def _mib(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 20):,.0f} MiB"
