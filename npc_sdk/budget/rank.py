"""Which of many models suits a budget best."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from npc_sdk.budget.plan import Plan, PlanRequest
from npc_sdk.budget.planner import plan
from npc_sdk.errors import CapacityError, ModelError, NpcError
from npc_sdk.models import ListedModel, preset, read_header
from npc_sdk.models.header import Header
from npc_sdk.models.shape_header import shape_header


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One model and the best plan for it.

    Args:
        name: What the model is called.
        is_there: Whether its file is there.
        is_from_shape: Whether it was planned from its published dimensions, because its file is not there.
        n_bytes: Size of the file; 0 when unknown.
        plan: The plan, or None.
        problem: Why there is none, or None.
    """

    name: str
    is_there: bool
    is_from_shape: bool
    n_bytes: int
    plan: Plan | None
    problem: NpcError | None

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as plain data."""
        return {
            "name": self.name,
            "is_there": self.is_there,
            "is_from_shape": self.is_from_shape,
            "bytes": self.n_bytes,
            "plan": self.plan.to_dict() if self.plan else None,
            "problem": self.problem.to_dict() if self.problem else None,
        }


def rank_models(models: Iterable[ListedModel], request: PlanRequest) -> tuple[Ranked, ...]:
    """Plan for every model and return them, the most suitable first.

    A model whose layers are all in one place comes before one that is split; then one that can hold a whole
    context before one that cannot, and one that keeps more characters live; then the larger one.

    Args:
        models: The models; those that are not there are planned from their published dimensions, if known.
        request: What is wanted, and what it may take.
    """
    entries = [_entry(model, request) for model in models]
    return tuple(sorted(entries, key=lambda entry: _merit(entry, request), reverse=True))


def _entry(model: ListedModel, request: PlanRequest) -> Ranked:
    found: Plan | None = None
    problem: NpcError | None = None
    try:
        found = plan(header_of(model), request)
    except (CapacityError, ModelError) as error:
        problem = error
    return Ranked(
        name=model.name,
        is_there=model.path is not None,
        is_from_shape=model.path is None and found is not None,
        n_bytes=model.n_bytes,
        plan=found,
        problem=problem,
    )


def header_of(model: ListedModel) -> Header:
    """Return the header of a model's file, or one made of its published dimensions when the file is not there.

    Args:
        model: One line of the list of models.

    Raises:
        ModelError: The file cannot be read, or there is none and the dimensions are not known (``model_not_pulled``).
    """
    if model.path is not None:
        return read_header(model.path)
    shape = model.entry.shape if model.entry is not None else None
    if shape is None:
        raise ModelError(
            f"{model.name} has not been fetched, and its dimensions are not known.",
            f"Run: npc models pull {model.name}.",
            code="model_not_pulled",
            name=model.name,
        )
    return shape_header(preset(shape))


def _merit(entry: Ranked, request: PlanRequest) -> tuple[float, ...]:
    if entry.plan is None:
        return (0.0,)
    share = entry.plan.gpu_layers / entry.plan.layers
    is_whole = share in (0.0, 1.0)
    holds_context = entry.plan.cells >= request.context_tokens
    return 1.0, float(is_whole), float(holds_context), entry.plan.slots / request.npcs, float(entry.n_bytes)
