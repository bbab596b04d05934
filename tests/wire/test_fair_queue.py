from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.wire.fair_queue import FairQueue


def _all(queue: FairQueue[str, int]) -> list[tuple[str, int]]:
    taken = []
    while (item := queue.take(0)) is not None:
        taken.append(item)
    return taken


def test_each_key_has_its_turn() -> None:
    queue: FairQueue[str, int] = FairQueue()
    for item in (1, 2, 3):
        queue.put("busy", item)
    queue.put("quiet", 9)
    assert len(queue) == 4
    assert _all(queue) == [("busy", 1), ("quiet", 9), ("busy", 2), ("busy", 3)]


def test_one_that_is_held_waits_and_others_do_not() -> None:
    queue: FairQueue[str, int] = FairQueue()
    queue.put("a", 1)
    queue.put("a", 2)
    queue.put("b", 7)
    assert queue.take(0) == ("a", 1)
    queue.hold("a")
    queue.put("a", 3)
    assert _all(queue) == [("b", 7)]
    queue.release("a", 0)
    assert _all(queue) == [("a", 0), ("a", 2), ("a", 3)]
    queue.hold("a")
    queue.release("a")
    assert _all(queue) == []


def test_something_may_go_first() -> None:
    queue: FairQueue[str, int] = FairQueue()
    queue.put("a", 1)
    queue.put("a", 0, is_first=True)
    assert _all(queue) == [("a", 0), ("a", 1)]


def test_a_taker_waits_until_something_comes() -> None:
    queue: FairQueue[str, int] = FairQueue()
    threading.Timer(0.05, lambda: queue.put("a", 1)).start()
    assert queue.take(10) == ("a", 1)
    began_s = time.monotonic()
    assert queue.take(0.05) is None
    assert time.monotonic() - began_s >= 0.04


def test_a_closed_queue_gives_out_what_it_has() -> None:
    queue: FairQueue[str, int] = FairQueue()
    queue.put("a", 1)
    queue.close()
    assert not queue.put("a", 2) and queue.is_closed
    assert queue.take(None) == ("a", 1)
    assert queue.take(None) is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40))
def test_the_order_of_a_key_is_kept_and_nobody_waits_for_long(steps: list[tuple[str, bool]]) -> None:
    queue: FairQueue[str, int] = FairQueue()
    given: dict[str, list[int]] = {key: [] for key in "abc"}
    taken: dict[str, list[int]] = {key: [] for key in "abc"}
    waited = dict.fromkeys("abc", 0)
    for number, (key, is_taking) in enumerate(steps):
        queue.put(key, number)
        given[key].append(number)
        if is_taking:
            found = queue.take(0)
            assert found is not None
            taken[found[0]].append(found[1])
            for other in "abc":
                has_work = len(taken[other]) < len(given[other])
                waited[other] = waited[other] + 1 if has_work and other != found[0] else 0
                assert waited[other] <= 3
    for found in _all(queue):
        taken[found[0]].append(found[1])
    assert taken == given
