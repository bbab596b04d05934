"""What a session may begin."""

from __future__ import annotations

from npc_sdk.errors import NpcError
from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.quota import Quota


def say(id: int) -> m.NpcSay:
    return m.NpcSay(id=id, npc="Bron", text="Hm?")


def spawn(id: int, actions: int = 0) -> m.NpcSpawn:
    return m.NpcSpawn(id=id, persona=m.Reference(shipped="guard"), actions=({},) * actions)


def code_of(error: NpcError | None) -> str | None:
    return None if error is None else error.code


def test_turns_are_counted_until_their_end() -> None:
    quota = Quota(Limits(max_turns=2))
    for id in (1, 2):
        assert quota.refusal(say(id)) is None
        quota.begin(say(id))
    decide = m.NpcDecide(id=3, npc="Bron", situation="?", options=("a", "b"))
    assert code_of(quota.refusal(decide)) == "too_many_turns"
    assert quota.refusal(m.NpcPark(id=3, npc="Bron")) is None
    assert quota.end(1, None)
    assert not quota.end(1, None)
    assert (quota.turns, quota.refusal(decide)) == (1, None)


def test_characters_are_counted_from_their_spawn_to_their_despawn() -> None:
    quota = Quota(Limits(max_npcs=1))
    quota.begin(spawn(1))
    assert code_of(quota.refusal(spawn(2))) == "too_many_npcs"
    quota.end(1, m.NpcResultBody(npc="Bron", persona="Bron"))
    assert (quota.npcs, code_of(quota.refusal(spawn(2)))) == ({"Bron"}, "too_many_npcs")
    quota.begin(m.NpcDespawn(id=3, npc="Bron"))
    quota.end(3, m.Done())
    assert quota.refusal(spawn(4)) is None


def test_a_spawn_and_a_despawn_that_fail_change_nothing() -> None:
    quota = Quota(Limits(max_npcs=1))
    quota.begin(spawn(1))
    quota.end(1, None)
    assert quota.refusal(spawn(2)) is None
    quota.begin(spawn(2))
    quota.end(2, m.NpcResultBody(npc="Bron", persona="Bron"))
    quota.begin(m.NpcDespawn(id=3, npc="Bron"))
    quota.end(3, None)
    assert quota.npcs == {"Bron"}


def test_actions_are_counted() -> None:
    quota = Quota(Limits(max_actions=2))
    assert quota.refusal(spawn(1, actions=2)) is None
    assert code_of(quota.refusal(spawn(1, actions=3))) == "too_many_actions"


def test_bytes_and_faults_come_back_with_time() -> None:
    quota = Quota(Limits(max_bytes_per_s=1000, max_burst_bytes=2000, max_faults=60))
    assert quota.takes_bytes(2000, 0.0)
    assert not quota.takes_bytes(500, 0.0)
    assert quota.too_fast(500, 0.0).details["retry_after_ms"] == 500
    assert quota.takes_bytes(500, 500.0)
    assert [quota.takes_fault(0.0) for _ in range(61)] == [True] * 60 + [False]
    assert quota.takes_fault(1000.0)


def test_cancels_that_come_early_are_few() -> None:
    quota = Quota(Limits(max_turns=2))
    for id in (1, 2, 3):
        quota.cancel_early(id)
    assert [quota.takes_cancel(id) for id in (1, 2, 2, 3)] == [False, True, False, True]
