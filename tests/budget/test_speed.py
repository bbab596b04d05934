from __future__ import annotations

from npc_sdk.budget.speed import SpeedWatch


def test_nothing_collapses_before_a_usual_speed_is_known() -> None:
    watch = SpeedWatch(4.0)
    assert not any(watch.seen(speed) for speed in (50, 1, 1, 1, 1))


def test_three_slow_ones_in_a_row_are_a_collapse() -> None:
    watch = SpeedWatch(4.0)
    for _ in range(20):
        watch.seen(60.0)
    assert [watch.seen(6.0) for _ in range(4)] == [False, False, True, True]
    assert watch.usual == 60.0


def test_one_slow_one_and_a_slow_decline_are_none() -> None:
    watch = SpeedWatch(4.0)
    seen = [watch.seen(100.0 * 0.99**step if step % 7 else 1.0) for step in range(400)]
    assert not any(seen)


def test_a_change_begins_anew() -> None:
    watch = SpeedWatch(4.0)
    for _ in range(20):
        watch.seen(60.0)
    watch.forget()
    assert watch.usual == 0.0
    assert not any(watch.seen(5.0) for _ in range(20))
