"""Plans held against llama.cpp's own accounting, for whole models and many contexts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from npc_sdk.bench.harness import default_folder, machine
from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.llama import library_version
from npc_sdk.engine.llama.breakdown import Breakdown, MemoryMeter
from npc_sdk.models import build, read_header, resolve_model
from npc_sdk.models.footprint import KV_TYPES, FootprintReader, Sizes, context_shape

STARTER: Final = "starter"
MODELS: Final = ("nemotron-3-nano-4b", "qwen3-4b", STARTER, "tiny-attention")
MOST_OVER_PERCENT: Final = 10.0

_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One context to plan and to measure.

    Args:
        cells: Tokens that all sequences together can hold.
        slots: Sequences.
        ubatch: Tokens computed at once; None follows the engine's rule, which is at most 64 on a CPU.
        kv_type: Type of the attention cache.
        outputs: Most rows of logits; None is one for each slot.
        flash_attention: Whether attention is fused.
    """

    cells: int = 4096
    slots: int = 1
    ubatch: int | None = None
    kv_type: str = "f16"
    outputs: int | None = None
    flash_attention: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One context as planned and as llama.cpp reports it, in bytes.

    Args:
        model: The model.
        case: The context.
        weights: Planned and reported weights.
        caches: Planned and reported caches: attention and recurrent states together.
        recurrent: Planned recurrent states, and the logged ones, which are rounded to a hundredth of a MiB.
        compute: Planned and reported compute buffer.
        is_exact: Whether the reported figures are exact.
    """

    model: str
    case: Case
    weights: tuple[int, int]
    caches: tuple[int, int]
    recurrent: tuple[int, int]
    compute: tuple[int, int]
    is_exact: bool

    @property
    def over_percent(self) -> float:
        """How much more is planned for the compute buffer than llama.cpp takes; negative is too little."""
        planned, reported = self.compute
        return (planned / reported - 1) * 100 if reported else 0.0

    @property
    def is_met(self) -> bool:
        """Whether weights and caches agree to the byte, and the compute buffer is 0 to 10 % over."""
        is_near = abs(self.recurrent[0] - self.recurrent[1]) <= _MIB / 100
        is_stored = self.weights[0] == self.weights[1] and self.caches[0] == self.caches[1]
        return is_stored and is_near and 0 <= self.over_percent <= MOST_OVER_PERCENT

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        return {**asdict(self), "over_percent": self.over_percent, "is_met": self.is_met}


def cases() -> Iterator[Case]:
    """Yield the contexts that are compared for every model."""
    for slots, cells in ((1, 1024), (1, 4096), (2, 2048), (4, 8192), (8, 8192), (3, 5000)):
        yield Case(slots=slots, cells=cells)
    for kv_type in KV_TYPES:
        if kv_type != "f16":
            yield Case(slots=4, cells=4096, kv_type=kv_type)
    for ubatch in (16, 32, 100, 128, 256, 512):
        yield Case(slots=2, cells=4096, ubatch=ubatch)
    yield Case(slots=8, cells=16_384, ubatch=128, kv_type="q8_0")
    yield Case(slots=5, cells=700, ubatch=96)
    for outputs in (6, 16, 64):
        yield Case(slots=4, cells=4096, outputs=outputs)
    yield Case(slots=4, cells=4096, flash_attention=False)
    yield Case(slots=2, cells=8192, ubatch=128, flash_attention=False)
    yield Case(slots=1, cells=32_768, ubatch=128)


def compare(
    models: Sequence[str] = MODELS,
    *,
    folder: Path | None = None,
    chosen: Iterable[Case] | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> list[Comparison]:
    """Plan and measure every case for every model.

    Args:
        models: Names of shapes, which are built without numbers, or ``starter``.
        folder: Where the built files are kept.
        chosen: The cases; all of them unless given.
        report: Called with a line of progress.

    Raises:
        RequestError: The library that writes model files is missing (``missing_extra``), or a shape is unknown.
        BackendError: llama.cpp does not say sizes here (``no_memory_breakdown``).
    """
    picked = list(cases() if chosen is None else chosen)
    rows: list[Comparison] = []
    for model in models:
        rows += _compare_model(model, _path(model, folder or default_folder()), picked)
        report(f"{model}: {sum(row.is_met for row in rows if row.model == model)} of {len(picked)} agree")
    return rows


def _path(model: str, folder: Path) -> Path:
    if model == STARTER:
        return resolve_model(STARTER).path
    path = folder / f"{model}.hollow.gguf"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        build(path, model, is_hollow=True)
    return path


def _compare_model(model: str, path: Path, picked: Sequence[Case]) -> Iterator[Comparison]:
    reader = FootprintReader(read_header(path))
    meter = MemoryMeter(path, allocates=model == STARTER)
    try:
        for case in picked:
            yield _compare_case(
                model, case, reader, meter.read(_config(path, case), ubatch=case.ubatch, outputs=case.outputs)
            )
    finally:
        meter.close()


def _config(path: Path, case: Case) -> EngineConfig:
    return EngineConfig(
        model_path=str(path),
        slots=case.slots,
        cells=case.cells,
        gpu_layers=0,
        threads=1,
        kv_type=case.kv_type,
        flash_attention=case.flash_attention,
    )


def _compare_case(model: str, case: Case, reader: FootprintReader, reported: Breakdown) -> Comparison:
    sizes = Sizes(
        gpu_layers=0,
        slots=case.slots,
        cells=case.cells,
        quantum=128,
        kv_type=case.kv_type,
        flash_attention=case.flash_attention,
    )
    planned = reader.read(sizes)[1]
    context = context_shape(sizes, uses_device=False)
    ubatch = context.ubatch if case.ubatch is None else min(case.ubatch, case.cells)
    context = replace(context, ubatch=ubatch, outputs=min(ubatch, case.outputs or case.slots))
    return Comparison(
        model=model,
        case=case,
        weights=(planned.weights, reported.model),
        caches=(planned.attention + planned.recurrent, reported.context),
        recurrent=(planned.recurrent, reported.logged.get("RS", 0)),
        compute=(reader.compute(context, 0).host, reported.compute),
        is_exact=reported.is_exact,
    )


def result(rows: Sequence[Comparison]) -> dict[str, Any]:
    """Return comparisons as plain data, with what they were made on."""
    return {
        "machine": machine(),
        "llama_cpp_python": library_version(),
        "combinations": len(rows),
        "agreeing": sum(row.is_met for row in rows),
        "rows": [row.to_dict() for row in rows],
    }


def markdown(rows: Sequence[Comparison]) -> str:
    """Return comparisons as a Markdown table, sizes in bytes."""
    head = ("model", "cells", "slots", "ubatch", "KV", "outputs", "fused", "weights", "caches", "compute", "llama.cpp")
    lines = [" | ".join(head), " | ".join("---" if name in ("model", "KV", "fused") else "---:" for name in head)]
    lines += [" | ".join(_cells(row)) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def _cells(row: Comparison) -> tuple[str, ...]:
    case = row.case
    planned, reported = row.compute
    return (
        row.model,
        f"{case.cells:,}",
        str(case.slots),
        "rule" if case.ubatch is None else str(case.ubatch),
        case.kv_type,
        "slots" if case.outputs is None else str(case.outputs),
        "yes" if case.flash_attention else "no",
        _agreed(row.weights),
        _agreed(row.caches),
        f"{planned:,}",
        "the same" if planned == reported else f"{reported:,} ({row.over_percent:+.2f} %)",
    )


def _agreed(pair: tuple[int, int]) -> str:
    planned, reported = pair
    return f"{planned:,}" if planned == reported else f"{planned:,} (llama.cpp: {reported:,})"
