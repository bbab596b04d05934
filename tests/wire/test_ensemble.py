from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from npc_sdk.errors import ActionError, RequestError, StateError
from npc_sdk.persona import Persona
from npc_sdk.runtime import Runtime
from npc_sdk.testing import FakeEngine, act
from npc_sdk.wire.ensemble import KEPT_TURNS, Ensemble, Member, runtime_name
from npc_sdk.wire.saving import Saving
from npc_sdk.world import CharacterRecord

GUARD = Persona(name="Bron", role="a guard")
LOOK = {"name": "look", "parameters": {"type": "object", "properties": {}}}

Make = Callable[[str], Member]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def member(engine: FakeEngine) -> Iterator[Make]:
    """Makes characters that look."""
    with Runtime(engine=engine) as runtime:

        def make(name: str) -> Member:
            record = CharacterRecord(owner="o", name=name, cast={}, kept={})
            return Member(name, runtime.spawn(GUARD, [LOOK], name=name), Saving(None, record, lambda error: None))

        yield make


@pytest.fixture
def ensemble() -> Ensemble:
    return Ensemble("session", "owner")


def test_names_are_as_in_a_runtime(ensemble: Ensemble, member: Make) -> None:
    assert ensemble.name_for(GUARD, None) == "Bron"
    for name in ("Bron", "Bron 2"):
        ensemble.enter(member(name))
    assert ensemble.name_for(GUARD, None) == "Bron 3"
    assert ensemble.name_for(GUARD, "Ada") == "Ada"
    with pytest.raises(StateError) as caught:
        ensemble.name_for(GUARD, "Bron 2")
    assert caught.value.code == "name_taken"
    with pytest.raises(StateError) as caught:
        ensemble.member("Cid")
    assert caught.value.code == "unknown_npc"


@pytest.mark.parametrize("names", [("a/b", "a%2Fb"), ("%", "%25"), ("a", "b")])
def test_no_two_names_are_one_in_the_runtime(names: tuple[str, str]) -> None:
    owners = ("0" * 64, "1" * 64)
    made = {runtime_name(owner, name) for owner in owners for name in names}
    assert len(made) == 4 and not any("/" in name for name in made)


def test_the_world_is_for_all_or_for_one(ensemble: Ensemble, member: Make) -> None:
    ada, bron = member("Ada"), member("Bron")
    ensemble.enter(ada)
    assert ada.npc.world.tick == 0
    ensemble.set_world(None, 3, {"foes": ["orc"]})
    ensemble.enter(bron)
    assert ada.npc.world.snapshot() == bron.npc.world.snapshot()
    ensemble.set_world("Ada", None, {"foes": []})
    assert (ada.npc.world.tick, ada.npc.world.vocabularies["foes"]) == (3, ())
    assert bron.npc.world.vocabularies["foes"] == ("orc",)


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("Nobody", 1, {}), StateError),
        ((None, 1, {"no name!": []}), ActionError),
        ((None, 1, {"tick": ["x"]}), RequestError),
    ],
)
def test_what_cannot_be_set_changes_nothing(ensemble: Ensemble, member: Make, arguments: Any, kind: Any) -> None:
    ada = member("Ada")
    ensemble.enter(ada)
    with pytest.raises(kind):
        ensemble.set_world(*arguments)
    assert ada.npc.world.tick == 0


def test_the_latest_turns_are_remembered(engine: FakeEngine, member: Make) -> None:
    bron = member("Bron")
    engine.script("Bron", [act("look")])
    for number in range(KEPT_TURNS + 1):
        turn = bron.npc.say("Hello.")
        turn.result()
        bron.began(number, turn)
        if number == 0:
            call_id = next(event.id for event in turn.events if hasattr(event, "id"))
            assert bron.call(call_id).name == "look"
    assert bron.turn(KEPT_TURNS).is_over
    for attempt in (lambda: bron.turn(0), lambda: bron.call(call_id), lambda: bron.call("other")):
        with pytest.raises(StateError):
            attempt()
