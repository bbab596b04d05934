"""Fits a model into a budget, from its file's header alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeAlias

from npc_sdk.budget.candidates import candidates
from npc_sdk.budget.plan import Footprint, Off, Plan, PlanRequest, Rung
from npc_sdk.errors import CapacityError
from npc_sdk.models.footprint import FootprintReader, ModelBytes, Sizes
from npc_sdk.models.header import Header, read_header

_STEPS: Final = 64
_LEAST_CONTEXT: Final = 256

ModelSpec: TypeAlias = "Header | FootprintReader | str | os.PathLike[str]"
"""A model to plan for: its file, its header, or a reader that remembers what it worked out."""


def plan(model: ModelSpec, request: PlanRequest) -> Plan:
    """Return the best way to set up a model that fits the budget.

    More budget never gives a worse plan, and a plan never takes more than the budget.

    Args:
        model: The model.
        request: What is wanted, and what it may take.

    Raises:
        CapacityError: Nothing fits (``no_plan_fits``). The details hold ``shortfall_bytes``, the plan that takes
            least (``smallest``), and the nearest plan that does fit (``nearest``), which runs on the CPU, or None.
        ModelError: The file's header cannot be read.

    Thread-safety: safe from any thread, for different readers.
    """
    reader = _reader(model)
    request = _of_use(reader, request)
    smallest: Plan | None = None
    for sizes in candidates(request, _layers(reader, request)):
        if _is_hopeless(reader, sizes, request):
            continue
        found = _plan(reader, sizes, request)
        if _fits(found, request):
            return found
        if smallest is None or _taken(found, request) < _taken(smallest, request):
            smallest = found
    raise _refusal(reader, request, smallest or _least(reader, request))


def ladder(model: ModelSpec, request: PlanRequest, *, smaller: ModelSpec | None = None) -> tuple[Rung, ...]:
    """Return the rungs of the governor's ladder, best first; each takes clearly less than the one before.

    The first is the best plan that fits the budget; below it come fewer slots, fewer cells, a smaller quantum,
    fewer layers on the GPU, the smaller model, the CPU, and off. What does not fit is left out, so with a budget
    for nothing only the last ones are there; and so is what would save less than a 64th of the first.

    Args:
        model: The model.
        request: What is wanted, and what it may take.
        smaller: A model to fall back on.

    Raises:
        ModelError: A file's header cannot be read.

    Thread-safety: safe from any thread, for different readers.
    """
    readers = [_reader(spec) for spec in (model, smaller) if spec is not None]
    rungs: list[Plan] = []
    least_step = 1
    for reader in readers:
        for rung in _rungs(reader, _of_use(reader, request)):
            if not rungs or _taken(rungs[-1], request) - _taken(rung, request) >= least_step:
                rungs.append(rung)
                least_step = max(1, (_taken(rungs[0], request) - rungs[0].footprint.overhead_bytes) // _STEPS)
    if request.device == "gpu":
        on_cpu = _cpu_plan(readers[-1], _of_use(readers[-1], request))
        rungs += [] if on_cpu is None else [on_cpu]
    return (*rungs, Off())


def _of_use(reader: FootprintReader, request: PlanRequest) -> PlanRequest:
    """Return the request with no more context than the model was trained for, which an engine would not use."""
    trained = reader.header.context_length or request.context_tokens
    return replace(request, context_tokens=min(request.context_tokens, max(trained, _LEAST_CONTEXT)))


def _rungs(reader: FootprintReader, request: PlanRequest) -> Iterator[Plan]:
    try:
        yield plan(reader, request)
    except CapacityError:
        return
    for sizes in candidates(request, _layers(reader, request), is_coarse=True):
        found = _plan(reader, sizes, request)
        if _fits(found, request):
            yield found


def _reader(model: ModelSpec) -> FootprintReader:
    if isinstance(model, FootprintReader):
        return model
    return FootprintReader(model if isinstance(model, Header) else read_header(Path(model)))


def _layers(reader: FootprintReader, request: PlanRequest) -> int:
    return reader.layers if request.device == "gpu" else 0


def _plan(reader: FootprintReader, sizes: Sizes, request: PlanRequest) -> Plan:
    device, host = reader.read(sizes)
    overhead = request.overhead_bytes if sizes.gpu_layers else 0
    return Plan(
        model_path=str(reader.header.path),
        model_name=reader.header.name,
        layers=reader.layers,
        gpu_layers=sizes.gpu_layers,
        slots=sizes.slots,
        cells=sizes.cells,
        kv_type=sizes.kv_type,
        quantum=sizes.quantum,
        threads=_threads(sizes.gpu_layers, reader.layers, request.cores),
        footprint=_footprint(device, overhead),
        host_footprint=_footprint(host, 0),
        is_exact=reader.is_exact,
    )


def _footprint(side: ModelBytes, overhead_bytes: int) -> Footprint:
    return Footprint(
        weights_bytes=side.weights,
        attention_bytes=side.attention,
        recurrent_bytes=side.recurrent,
        compute_bytes=side.compute,
        overhead_bytes=side.output + overhead_bytes,
    )


def _threads(gpu_layers: int, layers: int, cores: int) -> int:
    # With all layers on the GPU the CPU only looks up embeddings; otherwise half of the cores stay with the game.
    return 1 if gpu_layers == layers else max(1, (cores or os.cpu_count() or 2) // 2)


def _taken(found: Plan, request: PlanRequest) -> int:
    return _counted(found.device_bytes, found.host_bytes, request)


def _counted(device_bytes: int, host_bytes: int, request: PlanRequest) -> int:
    """Return what counts against the budget."""
    if request.is_unified:
        return device_bytes + host_bytes
    return device_bytes if request.device == "gpu" else host_bytes


def _fits(found: Plan, request: PlanRequest) -> bool:
    host_limit = request.host_budget_bytes
    is_host_enough = host_limit is None or found.host_bytes <= host_limit
    return _taken(found, request) <= request.limit_bytes and is_host_enough


def _is_hopeless(reader: FootprintReader, sizes: Sizes, request: PlanRequest) -> bool:
    """Tell without the compute buffers, which take longest to work out, that a way cannot fit."""
    device, host = reader.stored_bytes(sizes)
    overhead = request.overhead_bytes if request.device == "gpu" else 0
    return _counted(device + overhead, host, request) > request.limit_bytes


def _least(reader: FootprintReader, request: PlanRequest) -> Plan:
    ways = candidates(request, _layers(reader, request))
    least = min(ways, key=lambda sizes: _counted(*reader.stored_bytes(sizes), request))
    return _plan(reader, least, request)


def _cpu_plan(reader: FootprintReader, request: PlanRequest) -> Plan | None:
    budget = request.host_budget_bytes
    on_cpu = replace(request, device="cpu", budget_bytes=1 << 60 if budget is None else budget, reserve_bytes=0)
    try:
        return plan(reader, on_cpu)
    except CapacityError:
        return None


def _refusal(reader: FootprintReader, request: PlanRequest, smallest: Plan) -> CapacityError:
    nearest = _cpu_plan(reader, request) if request.device == "gpu" else None
    needed = _taken(smallest, request)
    limit = max(0, request.limit_bytes)
    shortfall = needed - limit
    where = "the GPU" if request.device == "gpu" else "the host"
    if shortfall <= 0:
        shortfall = smallest.host_bytes - (request.host_budget_bytes or 0)
        where = "the host"
    cause = f"{reader.header.name} does not fit: it takes at least {_mib(needed)} and may take {_mib(limit)} of {where}"
    hint = f" On the CPU it takes {_mib(nearest.host_bytes)} of the host's memory." if nearest else ""
    return CapacityError(
        f"{cause}, which is {_mib(shortfall)} short.",
        f"Free memory, lower the reserve, or use a smaller model.{hint}",
        code="no_plan_fits",
        needed_bytes=needed,
        limit_bytes=limit,
        shortfall_bytes=shortfall,
        smallest=smallest.to_dict(),
        nearest=nearest.to_dict() if nearest else None,
    )


def _mib(n_bytes: int) -> str:
    return f"{-(-n_bytes // (1 << 20)):,} MiB"
