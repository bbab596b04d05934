from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from npc_sdk.bench.frame.times import TARGET_MS
from npc_sdk.bench.frame.verdict import base_of, is_missed, judge

MakeCell = Callable[..., dict[str, Any]]


def paced(make_cell: MakeCell, **changes: Any) -> dict[str, Any]:
    return make_cell(variant="paced", model="starter", characters=8, **changes)


def test_runs_of_a_scene_alone_are_taken_together(make_cell: MakeCell) -> None:
    cells = [make_cell(interval_ms=[17.0] * 100), make_cell(interval_ms=[19.0] * 99 + [40.0]), make_cell("heavy")]
    base = base_of(cells, "light")
    assert base is not None
    assert (base["runs"], base["interval_ms"].p99, base["long"]) == (2, 19.0, 1)
    assert base_of(cells, "dark") is None and base_of([paced(make_cell)], "light") is None


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, ""),
        ({"interval_ms": [TARGET_MS] * 95 + [18.2] * 5}, ""),
        ({"interval_ms": [TARGET_MS] * 95 + [18.5] * 5}, "p99 / off"),
        ({"interval_ms": [TARGET_MS] * 1999 + [34.0]}, "frames over 33 ms"),
        ({"in_time": 94, "decisions": 100}, "decisions within 500 ms"),
        ({"in_time": 95, "decisions": 100}, ""),
    ],
)
def test_promises(make_cell: MakeCell, changes: dict[str, Any], missed: str) -> None:
    checks = judge([make_cell(), paced(make_cell, **changes)])
    assert len(checks) == 3
    assert "".join(check["name"] for check in checks if not check["is_met"]) == missed


def test_a_long_frame_that_the_scene_has_alone_too_is_no_fault(make_cell: MakeCell) -> None:
    alone = make_cell(interval_ms=[TARGET_MS] * 1999 + [50.0])
    checks = judge([alone, paced(make_cell, interval_ms=[TARGET_MS] * 1999 + [34.0])])
    assert all(check["is_met"] for check in checks)


def test_only_what_is_promised_is_judged(make_cell: MakeCell) -> None:
    slow = {"interval_ms": [90.0] * 100, "in_time": 0}
    cells = [
        make_cell(),
        make_cell(variant="naive", model="starter", characters=8, **slow),
        make_cell(variant="paced", model="starter", characters=4, **slow),
        make_cell("heavy", "paced", model="starter", characters=8, **slow, state="failed"),
    ]
    assert judge(cells) == []
    large = make_cell(variant="paced", model="4b-shaped", characters=8, in_time=0)
    assert all(check["is_met"] for check in judge([make_cell(), large])), "no deadline is promised for a 4B on a CPU"


def test_a_failed_run_is_a_miss(result: dict[str, Any]) -> None:
    assert is_missed(result)
    result["cells"].pop()
    assert not is_missed(result)
    result["checks"][0]["is_met"] = False
    assert is_missed(result)
