"""What has to be said again to a host that was started again."""

from __future__ import annotations

from itertools import count

from npc_sdk.wire import messages as m
from npc_sdk.wire.standing import Standing


def again(standing: Standing) -> list[m.Request]:
    ids = count(100)
    return standing.requests(lambda: next(ids))


def spawned(standing: Standing, npc: str, name: str | None = None) -> None:
    spawn = m.NpcSpawn(id=1, persona=m.Reference(shipped="guard"), name=name)
    standing.asked(spawn)
    standing.ended(spawn, m.NpcResultBody(npc=npc, persona="Bron"))


def test_characters_come_back_under_the_names_that_they_got() -> None:
    standing = Standing()
    spawned(standing, "Bron 2")
    (request,) = again(standing)
    assert isinstance(request, m.NpcSpawn)
    assert (request.id, request.name) == (100, "Bron 2")


def test_a_spawn_that_failed_does_not_come_back() -> None:
    standing = Standing()
    spawn = m.NpcSpawn(id=1, persona=m.Reference(shipped="guard"))
    standing.asked(spawn)
    standing.ended(spawn, None)
    assert again(standing) == []


def test_a_character_that_was_despawned_does_not_come_back() -> None:
    standing = Standing()
    spawned(standing, "Bron")
    standing.asked(m.WorldSet(id=2, npc="Bron", tick=1))
    despawn = m.NpcDespawn(id=3, npc="Bron")
    standing.asked(despawn)
    assert len(again(standing)) == 2
    standing.ended(despawn, m.Done())
    assert again(standing) == []


def test_the_world_is_said_as_it_is_now() -> None:
    standing = Standing()
    standing.asked(m.WorldSet(id=1, npc="Bron", tick=1, vocabularies={"gates": ("north",)}))
    standing.asked(m.WorldSet(id=2, tick=2, vocabularies={"enemies": ("goblin",)}))
    standing.asked(m.WorldSet(id=3, npc="Bron", vocabularies={"gates": ("south",)}))
    standing.asked(m.BudgetReserve(id=4, mib=100))
    standing.asked(m.BudgetReserve(id=5, mib=200))
    everyone, bron, reserve = again(standing)
    assert everyone == m.WorldSet(id=100, tick=2, vocabularies={"enemies": ("goblin",)})
    assert bron == m.WorldSet(id=101, npc="Bron", tick=2, vocabularies={"gates": ("south",), "enemies": ("goblin",)})
    assert reserve == m.BudgetReserve(id=102, mib=200)
