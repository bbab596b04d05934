from __future__ import annotations

import pytest

from npc_sdk.bench.harness import Row
from npc_sdk.bench.wire import run as bench
from npc_sdk.bench.wire.course import Course
from npc_sdk.errors import RequestError


def test_only_the_chosen_figures_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    row = Row(figure=1, case="one client", name="a ratio", value=2.0, limit=3.0)
    monkeypatch.setattr(bench, "FIGURES", {1: lambda course: [row], 2: lambda course: []})
    result = bench.run([1], Course(quick=True, seed=4))
    assert result["rows"] == [row.to_dict()] and result["seed"] == 4
    assert "a ratio" in bench.markdown(result)
    assert bench.table(result).title == "npc bench wire"


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(RequestError) as refused:
        bench.run([9], Course())
    assert refused.value.code == "unknown_figure"


def test_a_quick_course_is_short() -> None:
    quick, whole = Course(quick=True), Course()
    assert (quick.times, whole.times) == (3, 50)
    assert (quick.fuzz_messages, whole.fuzz_messages) == (20_000, 1_000_000)
    assert (quick.steady_s, whole.steady_s) == (5.0, 60.0)
    assert Course(repeats=7).times == 7
