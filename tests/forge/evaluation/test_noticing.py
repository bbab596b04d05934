from __future__ import annotations

from npc_sdk.forge.evaluation.noticing import Noticing


class Npc:
    def __init__(self) -> None:
        self.told: list[str] = []

    def observe(self, text: str, *, ttl_ms: float) -> None:
        self.told.append(text)


def test_only_what_must_go_is_waited_for() -> None:
    npc, slept = Npc(), []
    noticing = Noticing(npc, slept.append)  # type: ignore[arg-type]
    noticing.set(("rain", "friend"))
    noticing.set(("rain", "friend", "wolf"))
    assert slept == []
    noticing.set(("friend",))
    noticing.set(())
    assert len(slept) == 2 and min(slept) > 0
    assert npc.told == ["rain", "friend", "rain", "friend", "wolf", "friend"]
