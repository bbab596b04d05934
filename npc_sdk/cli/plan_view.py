"""Plans as people read them: a bar of what takes how much, and a table that compares models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from npc_sdk.cli.console import plain
from npc_sdk.cli.memory_size import memory_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from npc_sdk.budget.plan import Footprint, Plan, PlanRequest
    from npc_sdk.budget.rank import Ranked
    from npc_sdk.cli.plan import Budget
    from npc_sdk.errors import CapacityError

_LEAST_COLUMNS, _MOST_COLUMNS = 80, 100
_PARTS = (
    ("weights", "weights_bytes", "█", "blue"),
    ("attention", "attention_bytes", "▓", "magenta"),
    ("recurrent", "recurrent_bytes", "▒", "cyan"),
    ("compute", "compute_bytes", "░", "yellow"),
    ("overhead", "overhead_bytes", "x", "bright_black"),
)
_Part = tuple[str, str, int, str]


def plan_picture(found: Plan, request: PlanRequest, budget: Budget, *, width: int) -> RenderableType:
    """Return the picture of a plan.

    Args:
        found: The plan.
        request: What was wanted.
        budget: What it may take, and how that is known.
        width: Columns of the terminal.
    """
    from rich.console import Group
    from rich.text import Text

    lines: list[Text] = [Text(plain(found.model_name), style="bold"), Text(settings_text(found))]
    if found.device == "gpu":
        lines += _side("GPU", found.footprint, request, width)
        lines.append(Text(f"host    {_words(_parts(found.host_footprint))}"))
    else:
        lines += _side("host", found.host_footprint, request, width)
    lines += [Text(note, style="dim") for note in _notes(found, request, budget)]
    return Group(*lines)


def refusal_picture(error: CapacityError, request: PlanRequest, *, width: int) -> RenderableType:
    """Return the picture of a refusal: why, what it would take, and what would fit.

    Args:
        error: The refusal.
        request: What was wanted.
        width: Columns of the terminal.
    """
    from rich.console import Group
    from rich.text import Text

    smallest, nearest = error.details["smallest"], error.details["nearest"]
    lines = [Text(plain(error.cause), style="bold red"), Text(f"least   {_settings(smallest)}")]
    if nearest:
        needed = memory_size(nearest["host_footprint"]["total_bytes"])
        lines.append(Text(f"nearest {_settings(nearest)}; {needed} of the host's memory"))
    lines.append(Text(plain(error.next_step)))
    return Group(*lines)


def ranking_table(
    entries: Sequence[Ranked], request: PlanRequest, budget: Budget, *, width: int
) -> Iterable[RenderableType]:
    """Return models side by side, the most suitable first.

    Args:
        entries: The models and their plans.
        request: What was wanted.
        budget: What they may take, and how that is known.
        width: Columns of the terminal.
    """
    from rich.table import Table
    from rich.text import Text

    columns = ["GPU", "Host"] if request.device == "gpu" else ["Host"]
    limit = (
        f"{memory_size(request.budget_bytes)} ({budget.source}), {memory_size(request.reserve_bytes)} of it reserved"
    )
    yield Text(f"{request.npcs} characters of {request.context_tokens:,} tokens in {limit}")
    table = Table(box=None, pad_edge=False)
    for title in ("Model", "Layers", "Slots", "Cells", *columns, "Note"):
        # In a narrow terminal remarks are folded first, then names, never figures.
        is_words = title == "Note" or (title == "Model" and width < _LEAST_COLUMNS)
        table.add_column(title, no_wrap=not is_words, overflow="fold" if is_words else "ellipsis")
    for entry in entries:
        table.add_row(*(Text(plain(cell)) for cell in _row(entry, len(columns))))
    yield table


def settings_text(found: Plan) -> str:
    """Return a plan's settings as one line."""
    return _settings(found.to_dict())


def _settings(plan: dict[str, Any]) -> str:
    layers = f"{plan['gpu_layers']} of {plan['layers']} layers on the GPU" if plan["gpu_layers"] else "on the CPU"
    slots = f"{plan['slots']} slot{'s' if plan['slots'] != 1 else ''}"
    threads = f"{plan['threads']} thread{'s' if plan['threads'] != 1 else ''}"
    return f"{layers}, {slots}, {plan['cells']:,} cells ({plan['kv_type']}), quantum {plan['quantum']}, {threads}"


def _row(entry: Ranked, sides: int) -> tuple[str, ...]:
    if entry.plan is None:
        problem = entry.problem
        shortfall = problem.details.get("shortfall_bytes") if problem else None
        why = f"{memory_size(shortfall)} short" if shortfall is not None else problem.cause if problem else ""
        return (entry.name, "-", "-", "-", *["-"] * sides, why)
    found = entry.plan
    layers = f"{found.gpu_layers}/{found.layers}" if found.gpu_layers else "CPU"
    taken = [memory_size(n_bytes) for n_bytes in (found.device_bytes, found.host_bytes)]
    notes = ["not fetched"] if entry.is_from_shape else []
    notes += [] if found.is_exact else ["estimated"]
    return (entry.name, layers, str(found.slots), f"{found.cells:,}", *taken[-sides:], "; ".join(notes))


def _parts(footprint: Footprint) -> list[_Part]:
    parts = [(name, glyph, getattr(footprint, field), style) for name, field, glyph, style in _PARTS]
    return [part for part in parts if part[2]]


def _side(title: str, footprint: Footprint, request: PlanRequest, width: int) -> list[Text]:
    from rich.text import Text

    free = request.limit_bytes - footprint.total_bytes
    parts = [*_parts(footprint), ("free", "·", free, "green"), ("reserve", "=", request.reserve_bytes, "red")]
    label = f"{title:<8}"
    bar = _bar(parts, request.budget_bytes, min(width, _MOST_COLUMNS) - len(label))
    legend = Text(" " * (len(label) - 2))
    lines = [Text(label).append_text(bar)]
    for name, glyph, n_bytes, style in parts:
        piece = Text.assemble((glyph, style), f" {name} {memory_size(n_bytes)}")
        if len(legend.plain) + len(piece.plain) + 2 > min(width, _MOST_COLUMNS):
            lines.append(legend)
            legend = Text(" " * (len(label) - 2))
        legend.append("  ").append_text(piece)
    total = f"{' ' * len(label)}{memory_size(footprint.total_bytes)} of {memory_size(request.budget_bytes)}"
    return [*lines, legend, Text(total, style="bold")]


def _bar(parts: Sequence[_Part], total_bytes: int, columns: int) -> Text:
    from rich.text import Text

    bar = Text(no_wrap=True)
    done = drawn = 0
    for _, glyph, n_bytes, style in parts:
        done += n_bytes
        # What is there at all shows, however small.
        until = max(round(done * columns / max(total_bytes, 1)), drawn + (n_bytes > 0))
        bar.append(glyph * (until - drawn), style=style)
        drawn = until
    return bar[:columns]


def _words(parts: Sequence[_Part]) -> str:
    named = ", ".join(f"{name} {memory_size(n_bytes)}" for name, _, n_bytes, _ in parts)
    return f"{memory_size(sum(part[2] for part in parts))}: {named}"


def _notes(found: Plan, request: PlanRequest, budget: Budget) -> list[str]:
    notes = []
    if found.slots < request.npcs:
        notes.append(
            f"{request.npcs - found.slots} of {request.npcs} characters are parked in host memory at any time."
        )
    if 0 < found.gpu_layers < found.layers:
        notes.append("Layers on the host make every token slower, and need bandwidth to the GPU.")
    if not found.is_exact:
        notes.append("The compute buffer is estimated: this architecture is not known in detail.")
    if found.gpu_layers and not budget.is_overhead_measured:
        notes.append("The overhead of the GPU's backend is assumed; 'npc bench gpu' measures it.")
    return notes
