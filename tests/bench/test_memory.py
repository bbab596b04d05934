from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from npc_sdk.bench.memory import MODELS, Case, cases, compare, markdown, result

FEW = (Case(), Case(slots=3, cells=1000, ubatch=48, kv_type="q8_0"), Case(slots=2, outputs=9, flash_attention=False))


def test_there_are_enough_combinations() -> None:
    every = list(cases())
    assert len(every) * len(MODELS) >= 60 and len(set(every)) == len(every)
    assert {case.kv_type for case in every} == {"f32", "f16", "q8_0", "q4_0"}
    assert all((case.outputs or case.slots) >= case.slots for case in every)


def test_plans_agree_with_llama_cpp(tmp_path: Path) -> None:
    lines: list[str] = []
    rows = compare(("tiny-attention", "starter"), folder=tmp_path / "new", chosen=FEW, report=lines.append)
    assert [row.is_met for row in rows] == [True] * 6
    assert all(row.compute[0] == row.compute[1] for row in rows)
    assert lines == ["tiny-attention: 3 of 3 agree", "starter: 3 of 3 agree"]
    data = json.loads(json.dumps(result(rows)))
    assert data["combinations"] == data["agreeing"] == 6 and data["rows"][0]["is_met"]
    table = markdown(rows)
    assert table.count("\n") == 8 and table.count("the same") == 6


@pytest.mark.parametrize(
    ("change", "is_met"),
    [
        ({"compute": (1099, 1000)}, True),
        ({"compute": (1101, 1000)}, False),
        ({"compute": (999, 1000)}, False),
        ({"weights": (1, 2)}, False),
        ({"caches": (2, 1)}, False),
        ({"recurrent": (0, 20_000)}, False),
    ],
)
def test_what_agrees(change: dict[str, tuple[int, int]], is_met: bool, tmp_path: Path) -> None:
    (row,) = compare(("tiny-attention",), folder=tmp_path, chosen=FEW[:1])
    changed = replace(row, **change)  # type: ignore[arg-type]
    assert changed.is_met == is_met
    assert ("llama.cpp:" in markdown([changed])) == ("weights" in change or "caches" in change)
