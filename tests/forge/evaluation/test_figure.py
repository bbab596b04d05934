from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.forge.evaluation.figure import FIGURE_KINDS, Figure, FigureKind, Measure, wilson_interval


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (180, 200, 0.8506, 0.9343), (1, 2, 0.0945, 0.9055)],
)
def test_the_interval_is_wilsons(hits: int, count: int, low: float, high: float) -> None:
    assert wilson_interval(hits, count) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(st.integers(1, 3000), st.data())
def test_the_interval_holds_the_share(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    low, high = wilson_interval(hits, count)
    assert 0.0 <= low <= hits / count <= high <= 1.0


def test_a_figure_knows_whether_its_goal_is_met() -> None:
    kind = FigureKind(key="facts", section="facts", name="Facts", goal=0.9)
    assert Figure(kind=kind, hits=90, count=100).is_met is True
    assert Figure(kind=kind, hits=89, count=100).is_met is False
    assert Figure(kind=kind, hits=0, count=0).is_met is None
    assert Figure(kind=FigureKind(key="x", section="x", name="X"), hits=1, count=1).is_met is None


def test_figures_and_measures_survive_as_plain_data() -> None:
    figure = Figure(kind=FIGURE_KINDS[0], hits=3, count=4, note="few")
    assert Figure.from_dict(figure.to_dict()) == figure
    measure = Measure(
        key="load", section="speed", name="Load", value=12.0, unit="ms", goal=100.0, is_at_least=False, note="cached"
    )
    assert Measure.from_dict(measure.to_dict()) == measure
    assert measure.is_met is True


def test_every_kind_has_its_own_key() -> None:
    keys = [kind.key for kind in FIGURE_KINDS]
    assert len(keys) == len(set(keys))
