"""``npc plan``: how a model would be set up within a budget, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from npc_sdk.cli.console import output, print_json
from npc_sdk.cli.exits import ExitCode

if TYPE_CHECKING:
    from npc_sdk.budget.plan import PlanRequest
    from npc_sdk.models import Header

SizeOption = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="Memory of the GPU that can be used, such as 4GiB; what is free now otherwise."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a plan may take, and how that is known.

    Args:
        budget_bytes: The memory.
        is_gpu: Whether it is a GPU's.
        host_bytes: The host's memory; None when nobody looked.
        overhead_bytes: What the backend takes for itself.
        is_overhead_measured: Whether that was measured here.
        source: Where the figure comes from, in words.
        is_unified: Whether the GPU shares the host's memory.
    """

    budget_bytes: int
    is_gpu: bool
    host_bytes: int | None
    overhead_bytes: int
    is_overhead_measured: bool
    source: str
    is_unified: bool = False


def plan(
    model: Annotated[
        str | None, typer.Argument(metavar="NAME|PATH", help="A name of 'npc models list', or a GGUF file.")
    ] = None,
    vram: SizeOption = None,
    reserve: Annotated[str, typer.Option(metavar="SIZE", help="The part of it that the game wants free.")] = "512MiB",
    npcs: Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Characters that should be live at once.")] = 8,
    context: Annotated[
        int, typer.Option(min=256, metavar="TOKENS", help="Tokens that each of them should be able to hold.")
    ] = 4096,
    quantum: Annotated[int, typer.Option(min=1, metavar="TOKENS", help="Most prompt tokens in one call.")] = 128,
    kv: Annotated[
        str, typer.Option(metavar="TYPES", help="Types of the attention cache that are allowed, best first.")
    ] = "f16",
    device: Annotated[
        str, typer.Option(metavar="DEVICE", help="Where to look when no size is given; as for 'npc budget watch'.")
    ] = "auto",
    cpu: Annotated[bool, typer.Option("--cpu", help="Plan for the CPU; sizes are those of the host's memory.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Rank all models of 'npc models list'.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Fit a model into a budget of memory, from its file's header alone. Ends with 1 when nothing fits."""
    from npc_sdk.budget.choose import size_bytes
    from npc_sdk.budget.plan import PlanRequest

    if (model is None) == (not every):
        raise typer.BadParameter("Name one model, or give --all.", param_hint="NAME|PATH")
    budget = _given(size_bytes(vram), is_gpu=not cpu) if vram is not None else _seen("host" if cpu else device)
    request = PlanRequest(
        budget_bytes=budget.budget_bytes,
        reserve_bytes=0 if reserve.strip() == "0" else size_bytes(reserve),
        npcs=npcs,
        context_tokens=context,
        quantum=quantum,
        kv_types=tuple(part.strip() for part in kv.split(",")),
        device="gpu" if budget.is_gpu else "cpu",
        overhead_bytes=budget.overhead_bytes if budget.is_gpu else 0,
        host_budget_bytes=budget.host_bytes,
        is_unified=budget.is_unified,
    )
    is_met = (
        _rank(request, budget, as_json=as_json) if model is None else _show(model, request, budget, as_json=as_json)
    )
    raise typer.Exit(ExitCode.OK if is_met else ExitCode.FINDINGS)


def _given(budget_bytes: int, *, is_gpu: bool) -> Budget:
    from npc_sdk.budget.overhead import ASSUMED_BYTES

    return Budget(
        budget_bytes=budget_bytes,
        is_gpu=is_gpu,
        host_bytes=None,
        overhead_bytes=ASSUMED_BYTES["cuda"],
        is_overhead_measured=False,
        source="given",
    )


def _seen(selector: str) -> Budget:
    from npc_sdk.budget.choose import choose_probe
    from npc_sdk.budget.overhead import backend_overhead
    from npc_sdk.budget.probe import NoReading
    from npc_sdk.budget.system_memory import system_memory
    from npc_sdk.errors import CapacityError

    probe = choose_probe(selector)
    try:
        reading, found = probe.read(), probe.device
    finally:
        probe.close()
    if isinstance(reading, NoReading):
        raise CapacityError(
            f"It cannot be seen how much memory is free: {reading.reason}",
            "Name a size, such as --vram 4GiB.",
            code="no_reading",
            reason_code=reading.code,
        )
    is_gpu = found is not None and found.kind != "host"
    name = found.name if found is not None else probe.name
    overhead = backend_overhead(found.uuid or found.name if found is not None else "")
    return Budget(
        budget_bytes=reading.free_bytes,
        is_gpu=is_gpu,
        host_bytes=system_memory().available_bytes,
        overhead_bytes=overhead.n_bytes,
        is_overhead_measured=overhead.source == "measured",
        source=f"free now on {name}",
        is_unified=found is not None and found.kind == "unified",
    )


def _show(model: str, request: PlanRequest, budget: Budget, *, as_json: bool) -> bool:
    from npc_sdk.budget.planner import ladder
    from npc_sdk.budget.planner import plan as make_plan
    from npc_sdk.cli.plan_view import plan_picture, refusal_picture
    from npc_sdk.errors import CapacityError
    from npc_sdk.models.footprint import FootprintReader

    reader = FootprintReader(_header(model))
    console = output()
    try:
        found = make_plan(reader, request)
    except CapacityError as error:
        if as_json:
            print_json({"plan": None, "budget": _budget_facts(request, budget), "problem": error.to_dict()})
        else:
            console.print(refusal_picture(error, request, width=console.width))
        return False
    if as_json:
        rungs = [rung.to_dict() for rung in ladder(reader, request)]
        print_json({"plan": found.to_dict(), "budget": _budget_facts(request, budget), "ladder": rungs})
    else:
        console.print(plan_picture(found, request, budget, width=console.width))
    return True


def _header(name: str) -> Header:
    from npc_sdk.budget.rank import header_of
    from npc_sdk.models import list_models, read_header, resolve_model

    for listed in list_models():
        if listed.name == name:
            return header_of(listed)
    return read_header(resolve_model(name).path)


def _rank(request: PlanRequest, budget: Budget, *, as_json: bool) -> bool:
    from npc_sdk.budget.rank import rank_models
    from npc_sdk.cli.plan_view import ranking_table
    from npc_sdk.models import list_models

    entries = rank_models(list_models(), request)
    if as_json:
        print_json({"budget": _budget_facts(request, budget), "models": [entry.to_dict() for entry in entries]})
    else:
        console = output()
        for part in ranking_table(entries, request, budget, width=console.width):
            console.print(part)
    return any(entry.plan is not None for entry in entries)


def _budget_facts(request: PlanRequest, budget: Budget) -> dict[str, object]:
    return {
        "device": request.device,
        "budget_bytes": request.budget_bytes,
        "reserve_bytes": request.reserve_bytes,
        "limit_bytes": request.limit_bytes,
        "host_budget_bytes": request.host_budget_bytes,
        "overhead_bytes": request.overhead_bytes,
        "is_overhead_measured": budget.is_overhead_measured,
        "source": budget.source,
    }
