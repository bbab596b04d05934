from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from npc_sdk.budget.plan import PlanRequest
from npc_sdk.budget.rank import header_of, rank_models
from npc_sdk.errors import ModelError
from npc_sdk.models import CATALOG, ListedModel, list_models

GIB = 1 << 30


def _listed(name: str, path: Path | None = None) -> ListedModel:
    entry = CATALOG.get(name)
    return ListedModel(name=name, path=path, n_bytes=entry.n_bytes if entry else 1, entry=entry)


def test_larger_models_come_first_when_everything_fits(tmp_path: Path) -> None:
    ranked = rank_models(list_models(folder=tmp_path), PlanRequest(budget_bytes=40 * GIB, npcs=2))
    sizes = [entry.n_bytes for entry in ranked]
    assert sizes == sorted(sizes, reverse=True) and ranked[-1].name == "starter"
    assert ranked[0].is_from_shape and not ranked[0].is_there and not ranked[-1].is_from_shape


def test_models_that_do_not_fit_whole_come_later() -> None:
    names = ("nemotron-3-nano-4b", "qwen3-0.6b", "qwen3-4b")
    ranked = rank_models([_listed(name) for name in names], PlanRequest(budget_bytes=2 * GIB, npcs=1))
    assert ranked[0].name == "qwen3-0.6b" and ranked[0].plan and ranked[0].plan.gpu_layers == 29
    assert {entry.name for entry in ranked[1:]} == {"nemotron-3-nano-4b", "qwen3-4b"}


def test_a_model_without_a_plan_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUFnonsense")
    models = [_listed("qwen3-4b"), _listed("broken", broken)]
    ranked = rank_models(models, PlanRequest(budget_bytes=1, host_budget_bytes=1))
    assert [entry.plan for entry in ranked] == [None, None]
    assert {entry.problem.code for entry in ranked if entry.problem} == {"no_plan_fits", "model_version"}
    assert all(entry.to_dict()["plan"] is None for entry in ranked)


def test_a_model_without_file_and_shape() -> None:
    entry = replace(CATALOG["qwen3-4b"], shape=None)
    with pytest.raises(ModelError) as caught:
        header_of(replace(_listed("qwen3-4b"), entry=entry))
    assert caught.value.code == "model_not_pulled" and "npc models pull" in caught.value.next_step
