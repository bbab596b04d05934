from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.tactics import log_shares, mixed_scores
from npc_sdk.tactics.mix import best_index

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=26)


@given(VALUES, st.floats(0.01, 1000))
def test_shares_add_up_and_keep_the_order(values: list[float], scale: float) -> None:
    shares = log_shares(values, scale)
    assert math.isclose(sum(map(math.exp, shares)), 1.0, rel_tol=1e-9)
    assert all(
        one <= other
        for one, a in zip(shares, values, strict=True)
        for other, b in zip(shares, values, strict=True)
        if a < b
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(-100, 100)), min_size=1, max_size=26))
def test_the_ends_of_the_weight(rows: list[tuple[float, float]]) -> None:
    model, game = [share for share, _ in rows], [worth for _, worth in rows]
    alone = mixed_scores(model, game, weight=0.0)
    assert model[best_index(alone)] >= max(model) - 1e-12
    assert alone == mixed_scores(model, None, weight=0.7)
    assert game[best_index(mixed_scores(model, game, weight=1.0))] >= max(game) - 1e-9
    assert all(map(math.isfinite, alone))


@pytest.mark.parametrize(("weight", "best"), [(0.0, 0), (0.4, 0), (0.6, 1), (1.0, 1)])
def test_the_weight_decides(weight: float, best: int) -> None:
    assert best_index(mixed_scores([0.9, 0.1], [0.0, 2.2], weight=weight)) == best


def test_the_first_of_equals() -> None:
    assert best_index([1.0, 2.0, 2.0]) == 1
