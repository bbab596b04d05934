from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.actions.dialects.ranges import integer_regex, number_regex

bounds = st.integers(-1200, 1200)


@given(bounds, bounds)
def test_whole_numbers_in_range_match_and_others_do_not(one: int, other: int) -> None:
    low, high = sorted((one, other))
    pattern = re.compile(integer_regex(low, high))
    for number in {low - 1, low, low + 1, 0, 9, 10, -10, 99, 100, (low + high) // 2, high - 1, high, high + 1}:
        assert bool(pattern.fullmatch(str(number))) == (low <= number <= high), number
    assert not pattern.fullmatch("-0")
    assert not pattern.fullmatch("01")


@given(st.floats(-50, 50), st.floats(0, 50), st.integers(-60_000, 60_000))
def test_numbers_in_range_match_and_others_do_not(low: float, width: float, thousandths: int) -> None:
    high = low + width
    pattern = re.compile(number_regex(low, high))
    text = f"{thousandths / 1000:.3f}"
    if float(text) and pattern.fullmatch(text):
        assert low <= float(text) <= high
    elif float(text) > 0:
        assert not low <= float(text) <= high


@pytest.mark.parametrize("text", ["0", "0.5", "0.25", "0.125", "1", "1.0", "1.00"])
def test_decimals_are_optional(text: str) -> None:
    assert re.fullmatch(number_regex(0, 1), text)


@pytest.mark.parametrize("text", ["", "1.001", "-0.5", ".5", "00.5", "1e0", "0.1234"])
def test_other_spellings_do_not_match(text: str) -> None:
    assert not re.fullmatch(number_regex(0, 1), text)


def test_open_ends_are_closed_at_nine_digits() -> None:
    whole = re.compile(integer_regex(None, None))
    assert whole.fullmatch("999999999")
    assert whole.fullmatch("-999999999")
    assert not whole.fullmatch("1000000000")
    assert re.fullmatch(integer_regex(10**12, None), str(10**12 + 5))
    assert re.fullmatch(integer_regex(None, -(10**12)), str(-(10**12) - 5))
    assert re.fullmatch(number_regex(None, 0.5), "-123.25")


def test_a_range_too_narrow_for_decimals_has_its_ends() -> None:
    pattern = re.compile(number_regex(1e-5, 1.5e-5))
    assert pattern.fullmatch("1e-05")
    assert pattern.fullmatch("1.5e-05")
    assert not pattern.fullmatch("0.0")
