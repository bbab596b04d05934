"""How fast a file is with llama.cpp alone, on one core and without the runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.llama import LlamaContext, LlamaModel
from npc_sdk.errors import BackendError
from npc_sdk.forge.evaluation.figure import Measure

READ_TOKENS = 512
DECODE_TOKENS = 128
_REPEATS = 5
_BUDGET_S = 20.0
_SECTION = "speed"


def measure_speed(path: Path, *, threads: int = 1) -> tuple[Measure, ...]:
    """Load a file, read a prompt and decode one sequence, several times.

    Reading and decoding give the best of their runs, because what else runs on the machine only ever slows them down;
    loading gives the middle one.

    Args:
        path: The GGUF file.
        threads: CPU threads.

    Raises:
        ModelError: The file cannot be loaded.
        CapacityError: A small context does not fit.
        BackendError: llama.cpp refuses to compute.
    """
    config = EngineConfig(
        model_path=str(path),
        slots=1,
        cells=READ_TOKENS + DECODE_TOKENS + 64,
        quantum=READ_TOKENS,
        gpu_layers=0,
        threads=threads,
    )
    loads = _repeat(lambda: _load_seconds(path, config))
    model = LlamaModel(path)
    try:
        context = LlamaContext(model, config)
        try:
            reads = _repeat(lambda: _read_seconds(context))
            decodes = _repeat(lambda: _decode_seconds(context))
        finally:
            context.close()
    finally:
        model.close()
    how = f"{threads} thread{'s' if threads > 1 else ''}, f16 cache"
    return (
        _measure("speed.decode", "Decoding, one sequence", DECODE_TOKENS / min(decodes), "tokens/s", 1000.0, how),
        _measure("speed.read", f"Reading {READ_TOKENS} tokens", READ_TOKENS / min(reads), "tokens/s", 4000.0, how),
        _measure("speed.load", "Loading, file cached", median(loads) * 1000.0, "ms", 100.0, how, is_at_least=False),
    )


def _measure(
    key: str, name: str, value: float, unit: str, goal: float, note: str, *, is_at_least: bool = True
) -> Measure:
    return Measure(
        key=key,
        section=_SECTION,
        name=name,
        value=round(value, 1),
        unit=unit,
        goal=goal,
        is_at_least=is_at_least,
        note=note,
    )


def _repeat(run: Callable[[], float]) -> list[float]:
    """Run some times, or fewer when a run takes long."""
    seconds: list[float] = []
    while len(seconds) < _REPEATS and sum(seconds) < _BUDGET_S:
        seconds.append(run())
    return seconds


def _load_seconds(path: Path, config: EngineConfig) -> float:
    started = perf_counter()
    model = LlamaModel(path)
    try:
        LlamaContext(model, config).close()
        return perf_counter() - started
    finally:
        model.close()


def _tokens(context: LlamaContext, count: int) -> list[int]:
    return [(7 * index + 300) % context.vocabulary_size for index in range(count)]


def _read_seconds(context: LlamaContext) -> float:
    tokens = _tokens(context, READ_TOKENS)
    context.remove(0)
    started = perf_counter()
    _check(context.decode([(0, tokens, 0, True)]))
    return perf_counter() - started


def _decode_seconds(context: LlamaContext) -> float:
    context.remove(0)
    _check(context.decode([(0, _tokens(context, 16), 0, True)]))
    started = perf_counter()
    for position in range(16, 16 + DECODE_TOKENS):
        token = int(context.logits(1)[0].argmax())
        _check(context.decode([(0, [token], position, True)]))
    return perf_counter() - started


def _check(code: int) -> None:
    if code != 0:
        raise BackendError(f"llama.cpp returned {code} while measuring speed.", code="decode_failed")
