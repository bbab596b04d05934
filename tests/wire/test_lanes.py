from __future__ import annotations

from npc_sdk.wire.lanes import Lanes


def test_what_runs_at_once_lies_side_by_side() -> None:
    lanes = Lanes(2, first=5)
    first, is_new = lanes.take("a", "Anna")
    second, _ = lanes.take("a", "Anna")
    other, _ = lanes.take("b", "Bron")
    assert (first.tid, second.tid, other.tid, is_new) == (5, 6, 7, True)
    lanes.give_back("a", second)
    lanes.give_back("a", first)
    assert lanes.take("a", "Anna") == (first, False)
    assert [lane.name for lane in lanes.all] == ["Anna", "Anna", "Bron"]
