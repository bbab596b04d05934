from __future__ import annotations

from typing import Any

import pytest
from fake_pump import FakePump, fake_desk

from npc_sdk.errors import ActionError, CapacityError, NpcError
from npc_sdk.wire import messages as m
from npc_sdk.wire import remote_world
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.remote_world import RemoteWorld


@pytest.fixture
def pump() -> FakePump:
    """Takes what the world sends."""
    return FakePump()


@pytest.fixture
def world(pump: FakePump) -> RemoteWorld:
    """The world of Bron."""
    return RemoteWorld(fake_desk(pump), "Bron")


def sent(pump: FakePump) -> list[tuple[int | None, dict[str, tuple[str, ...]]]]:
    assert all(isinstance(request, m.WorldSet) and request.npc == "Bron" for request in pump.requests)
    return [(request.tick, request.vocabularies) for request in pump.requests]


def test_only_what_changed(world: RemoteWorld, pump: FakePump) -> None:
    world.update(tick=1, enemies=["a"], doors=iter(["d"]))
    pump.over(0, m.Done())
    world.update(tick=2, enemies=["a"], doors=[])
    assert sent(pump) == [(1, {"enemies": ("a",), "doors": ("d",)}), (2, {"doors": ()})]
    assert world.snapshot().vocabularies == {"enemies": ("a",), "doors": ()}


def test_changes_wait_for_the_one_on_its_way(world: RemoteWorld, pump: FakePump) -> None:
    for number in range(5):
        world.update(enemies=[str(number)])
    assert len(sent(pump)) == 1
    pump.over(0, m.Done())
    assert sent(pump)[1:] == [(0, {"enemies": ("4",)})]
    pump.over(1, m.Done())
    assert len(sent(pump)) == 2


def test_a_turn_does_not_wait(world: RemoteWorld, pump: FakePump) -> None:
    world.update(enemies=["a"])
    world.update(enemies=["b"])
    world.flush()
    world.flush()
    assert [lists for _, lists in sent(pump)] == [{"enemies": ("a",)}, {"enemies": ("b",)}]


def test_ticks_go_now_and_then(world: RemoteWorld, pump: FakePump, monkeypatch: pytest.MonkeyPatch) -> None:
    now_ms = 0.0
    monkeypatch.setattr(remote_world, "machine_ms", lambda: now_ms)
    ended = 0
    for tick in range(1, 31):
        now_ms = tick * 16.0
        world.update(tick=tick)
        while ended < len(pump.asked):
            pump.over(ended, m.Done())
            ended += 1
    assert 4 <= len(sent(pump)) <= 6
    world.flush()
    assert sent(pump)[-1] == (30, {})


def test_what_was_not_taken_is_told_again(pump: FakePump) -> None:
    news: list[Any] = []
    desk = fake_desk(pump, on_event=news.append)
    world = RemoteWorld(desk, "Bron")
    world.update(tick=1, enemies=["a"])
    for number, code in enumerate(["too_fast", "unknown_npc"]):
        pump.over(number, error=CapacityError("No.", code=code))
        world.flush()
    assert sent(pump) == [(1, {"enemies": ("a",)})] * 3
    desk.make_calls()
    assert [(event.npc, event.request, event.error.code) for event in news] == [("Bron", "world.set", "unknown_npc")]


def test_much_goes_in_parcels(pump: FakePump) -> None:
    pump.peer.limits = Limits(max_body_bytes=4096)
    world = RemoteWorld(fake_desk(pump), "Bron")
    world.update(one=["x" * 1200], two=["x" * 1200], three=["x" * 500])
    assert [sorted(lists) for _, lists in sent(pump)] == [["one"], ["three", "two"]]
    for number in range(2):
        pump.over(number, m.Done())
    assert len(sent(pump)) == 2


@pytest.mark.parametrize(
    ("vocabulary", "limits"),
    [(["x" * 3000], {"max_body_bytes": 4096}), (["a", "b", "c"], {"max_list": 2}), (["\ud800"], {})],
)
def test_more_than_the_host_takes(pump: FakePump, vocabulary: list[str], limits: dict[str, int]) -> None:
    pump.peer.limits = Limits(**limits)
    world = RemoteWorld(fake_desk(pump), "Bron")
    with pytest.raises(ActionError) as caught:
        world.update(tick=3, enemies=vocabulary)
    assert caught.value.code == "bad_vocabulary"
    assert (world.tick, dict(world.vocabularies), sent(pump)) == (0, {}, [])


def test_ticks_that_cannot_be_sent(world: RemoteWorld) -> None:
    with pytest.raises(ActionError) as caught:
        world.update(tick=-1)
    assert caught.value.code == "bad_tick"


def test_after_the_end(world: RemoteWorld, pump: FakePump) -> None:
    world.update(enemies=["a"])
    pump.over(0, error=NpcError("Closed.", code="closed"), is_local=True)
    pump.is_closed = True
    world.update(tick=4, enemies=["b"])
    assert world.vocabularies == {"enemies": ("b",)}
