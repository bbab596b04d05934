from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.budget.frame import MODES, FrameHint, checked_hint
from npc_sdk.errors import RequestError


def test_a_good_hint_passes_unchanged() -> None:
    for mode in MODES:
        checked = checked_hint(16.7, 12, mode)
        assert checked.hint == FrameHint(target_ms=16.7, measured_ms=12.0, mode=mode)
        assert checked.finding is None
    assert checked_hint(16.7).hint == FrameHint(target_ms=16.7)


@pytest.mark.parametrize("target", [0, -16.7, math.nan, math.inf, -math.inf, None, "16", True, 10**400])
def test_a_target_that_is_no_positive_number_is_refused(target: Any) -> None:
    checked = checked_hint(target, 12.0)
    assert checked.hint is None
    assert checked.finding is not None
    assert checked.finding.code == "bad_target"
    with pytest.raises(RequestError) as caught:
        FrameHint(target_ms=target)
    assert caught.value.code == "bad_frame_hint"


class Silent:
    def __repr__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize("value", [10**5000, -(10**5000), Silent()], ids=("huge", "tiny", "silent"))
def test_what_cannot_be_shown_is_refused_all_the_same(value: Any) -> None:
    codes = [checked.finding and checked.finding.code for checked in (checked_hint(value), checked_hint(16.7, value))]
    assert codes == ["bad_target", "bad_measured"]
    found = checked_hint(16.7, None, value).finding
    assert found is not None and found.code == "bad_mode" and "cannot be shown" in found.cause


@pytest.mark.parametrize(("target", "used"), [(0.001, 1.0), (1e9, 1000.0)])
def test_a_target_out_of_range_is_brought_into_it(target: float, used: float) -> None:
    checked = checked_hint(target, 12.0)
    assert checked.hint is not None
    assert checked.hint.target_ms == used
    assert checked.finding is not None
    assert checked.finding.code == "target_clamped"


@pytest.mark.parametrize("measured", [0, -1, math.nan, math.inf, "12", False])
def test_a_frame_time_that_is_none_counts_as_not_measured(measured: Any) -> None:
    checked = checked_hint(16.7, measured)
    assert checked.hint == FrameHint(target_ms=16.7)
    assert checked.finding is not None
    assert checked.finding.code == "bad_measured"
    with pytest.raises(RequestError):
        FrameHint(target_ms=16.7, measured_ms=measured)


def test_a_very_long_frame_is_shortened() -> None:
    checked = checked_hint(16.7, 1e12)
    assert checked.hint is not None
    assert checked.hint.measured_ms == 10_000.0
    assert checked.finding is not None
    assert checked.finding.code == "measured_clamped"


@pytest.mark.parametrize("mode", ["", "fight", None, 7, ["menu"]])
def test_an_unknown_mode_counts_as_explore(mode: Any) -> None:
    checked = checked_hint(16.7, 12.0, mode)
    assert checked.hint is not None
    assert checked.hint.mode == "explore"
    assert checked.finding is not None
    assert checked.finding.code == "bad_mode"
    with pytest.raises(RequestError):
        FrameHint(target_ms=16.7, mode=mode)


_ANYTHING = st.none() | st.floats() | st.integers() | st.text(max_size=5) | st.booleans() | st.binary(max_size=3)


@given(target=_ANYTHING, measured=_ANYTHING, mode=_ANYTHING)
def test_nothing_that_a_game_passes_raises(target: Any, measured: Any, mode: Any) -> None:
    checked = checked_hint(target, measured, mode)
    assert checked.hint is not None or checked.finding is not None
