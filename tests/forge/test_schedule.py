from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.forge.schedule import Schedule


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(warm_until=0.1, level_until=0.5, last=0.1)
    assert schedule.scale(0.0) == 0.05
    assert schedule.scale(0.05) == pytest.approx(0.5)
    assert schedule.scale(0.3) == 1.0
    assert schedule.scale(0.75) == pytest.approx(0.325)
    assert schedule.scale(1.0) == pytest.approx(0.1)


@given(st.floats(0, 2))
def test_the_rate_is_never_zero_and_never_above_full(fraction: float) -> None:
    assert 0 < Schedule().scale(fraction) <= 1
