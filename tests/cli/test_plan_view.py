from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from npc_sdk.budget.plan import PlanRequest
from npc_sdk.budget.planner import plan
from npc_sdk.budget.rank import rank_models
from npc_sdk.cli.plan import Budget
from npc_sdk.cli.plan_view import plan_picture, ranking_table, refusal_picture, settings_text
from npc_sdk.errors import CapacityError
from npc_sdk.models import list_models, preset
from npc_sdk.models.footprint import FootprintReader
from npc_sdk.models.shape_header import shape_header

GIB = 1 << 30
READER = FootprintReader(shape_header(preset("nemotron-3-nano-4b")))
BUDGET = Budget(
    budget_bytes=4 * GIB,
    is_gpu=True,
    host_bytes=None,
    overhead_bytes=1 << 29,
    is_overhead_measured=False,
    source="given",
)


def _request(budget_bytes: int) -> PlanRequest:
    return PlanRequest(budget_bytes=budget_bytes, reserve_bytes=GIB // 2, npcs=8, overhead_bytes=1 << 29)


def _drawn(*pictures: RenderableType, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for picture in pictures:
        console.print(picture)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_bar_shows_every_part_without_colour(width: int) -> None:
    request = _request(4 * GIB)
    lines = _drawn(plan_picture(plan(READER, request), request, BUDGET, width=width), width=width)
    bar = next(line for line in lines if line.startswith("GPU"))
    assert all(glyph in bar for glyph in "█▓▒░x=")
    assert max(len(line) for line in lines if "█" in line) <= min(width, 100)
    text = " ".join(lines)
    assert all(word in text for word in ("weights", "attention", "recurrent", "compute", "overhead", "reserve"))
    assert "parked in host memory" in text and "assumed" in text


def test_split_models_and_estimates_say_so() -> None:
    request = _request(2 * GIB)
    found = plan(READER, request)
    object.__setattr__(found, "is_exact", False)
    text = " ".join(_drawn(plan_picture(found, request, BUDGET, width=80)))
    assert "Layers on the host" in text and "buffer is estimated" in text
    assert settings_text(found).startswith(f"{found.gpu_layers} of 43 layers on the GPU, 1 slot, 1,024 cells")


def test_a_refusal() -> None:
    request = _request(GIB)
    with pytest.raises(CapacityError) as caught:
        plan(READER, request)
    lines = _drawn(refusal_picture(caught.value, request, width=80))
    text = " ".join(lines)
    assert "short." in text and "least   1 of 43 layers" in text and "nearest on the CPU, 8 slots" in text


def test_a_ranking_fits_eighty_columns() -> None:
    request = _request(3 * GIB)
    lines = _drawn(*ranking_table(rank_models(list_models(), request), request, BUDGET, width=80))
    assert max(map(len, lines)) <= 80 and "Model" in lines[1]
    assert any(line.startswith("nemotron-3-nano-4b-lmstudio") for line in lines)


def test_a_narrow_ranking_keeps_its_figures() -> None:
    request = _request(8 * GIB)
    lines = _drawn(*ranking_table(rank_models(list_models(), request), request, BUDGET, width=60), width=60)
    assert max(map(len, lines)) <= 60 and not any("…" in line for line in lines)
    assert any("32,768" in line and "GiB" in line for line in lines)


def test_a_ranking_says_what_is_missing() -> None:
    request = PlanRequest(budget_bytes=1, device="cpu")
    lines = _drawn(*ranking_table(rank_models(list_models(), request), request, BUDGET, width=80))
    assert all("short" in line for line in lines[2:])
