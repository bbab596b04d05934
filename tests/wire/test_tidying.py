from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from npc_sdk.wire.tidying import IDLE_AFTER_S, LATEST_AFTER_S, Tidying


class Time:
    """A clock that the test moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Node:
    """Something that can hold itself."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def tidying(clock: Time) -> Iterator[Tidying]:
    made = Tidying(clock)
    made.begin()
    yield made
    made.end()


def test_it_waits_until_nobody_waits(tidying: Tidying, clock: Time) -> None:
    clock.now_s = IDLE_AFTER_S + 1.0
    assert not tidying.look(is_busy=True)
    assert tidying.look(is_busy=False)
    assert not tidying.look(is_busy=False)


def test_it_does_not_wait_for_ever(tidying: Tidying, clock: Time) -> None:
    clock.now_s = LATEST_AFTER_S + 1.0
    assert tidying.look(is_busy=True)


def test_what_holds_itself_is_collected(tidying: Tidying, clock: Time) -> None:
    found = weakref.ref(Node())
    clock.now_s = IDLE_AFTER_S + 1.0
    assert tidying.look(is_busy=False)
    assert found() is None


def test_python_does_it_by_itself_afterwards(clock: Time) -> None:
    before = gc.get_threshold()
    tidying = Tidying(clock)
    tidying.begin()
    assert gc.get_threshold() != before
    tidying.end()
    assert gc.get_threshold() == before and gc.get_freeze_count() == 0
