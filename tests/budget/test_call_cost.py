from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.budget.call_cost import CallCost


def test_nothing_is_known_at_first() -> None:
    cost = CallCost()
    assert not cost.is_known
    assert cost.predict(100) == 0.0
    assert cost.largest(50.0, 8, 128) == 8


def test_a_line_is_learned_from_calls_of_different_sizes() -> None:
    cost = CallCost()
    generator = random.Random(1)
    for _ in range(300):
        tokens = generator.randint(8, 128)
        cost.seen(tokens, 6.0 + 0.2 * tokens)
    assert cost.predict(16) == pytest.approx(9.2, rel=0.05)
    assert cost.predict(128) == pytest.approx(31.6, rel=0.05)
    assert cost.largest(20.0, 8, 128) == pytest.approx(70, abs=5)


def test_calls_of_one_size_say_little_about_others() -> None:
    cost = CallCost()
    for _ in range(20):
        cost.seen(16, 10.0)
    assert cost.predict(32) == pytest.approx(15.0)
    assert cost.predict(8) == pytest.approx(10.0)


def test_the_largest_call_is_found_step_by_step() -> None:
    cost = CallCost()
    cost.seen(16, 1.0)
    assert cost.largest(1000.0, 16, 512) == 32


def test_calls_that_waited_for_the_game_count_little() -> None:
    cost = CallCost()
    for call in range(200):
        cost.seen(4, 14.0 if call % 2 else 7.0)
    assert cost.predict(4) < 9.5


@given(
    st.lists(st.tuples(st.integers(1, 4096), st.floats(0.01, 1e5)), max_size=40),
    st.floats(0, 1e5),
    st.integers(1, 64),
    st.integers(1, 4096),
)
def test_the_largest_call_is_always_within_the_bounds(
    calls: list[tuple[int, float]], limit_ms: float, least: int, most: int
) -> None:
    cost = CallCost()
    for tokens, call_ms in calls:
        cost.seen(tokens, call_ms)
    largest = cost.largest(limit_ms, least, most)
    assert least <= largest <= max(least, most)
    assert largest == least or cost.predict(largest) <= limit_ms
    assert cost.predict(least) <= cost.predict(least + 50) + 1e-9
