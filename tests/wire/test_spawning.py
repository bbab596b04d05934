from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from fake_pump import FakePump, fake_desk

from npc_sdk import Action, DeadlineError, Persona, ProtocolError, RequestError, VocabularyName, World
from npc_sdk.actions import action_spec
from npc_sdk.errors import StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.spawning import (
    Spawning,
    action_document,
    check_name,
    check_priority,
    persona_reference,
    told_persona,
    world_reference,
)

BRON = Persona(name="Bron", role="the gate guard", knows=("The gate is shut.",))
FIELDS: dict[str, Any] = {"persona": persona_reference(BRON)}
CAME = m.NpcResultBody(npc="Bron", persona="Bron")


class Strike(Action):
    """Strike somebody."""

    target: Annotated[str, VocabularyName("enemies")]
    style: Literal["quick", "heavy"] = "quick"
    times: list[int] = [1]


def test_values_and_names() -> None:
    value = persona_reference(BRON).value
    assert value is not None
    assert Persona.from_dict(value) == BRON
    assert persona_reference("smith").named == "smith"
    world = world_reference(World(name="Brackwater"))
    assert world is not None
    assert world.value is not None
    assert World.from_dict(world.value) == World(name="Brackwater")
    assert world_reference(None) is None
    assert world_reference("town") == m.Reference(named="town")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: persona_reference({}), "bad_persona"),
        (lambda: persona_reference("../smith"), "bad_persona"),
        (lambda: world_reference({}), "bad_world"),
        (lambda: world_reference("a/b"), "bad_world"),
        (lambda: check_priority("high"), "unknown_priority"),
        (lambda: check_name("a\nb"), "bad_name"),
        (lambda: check_name("x" * 81), "bad_name"),
    ],
)
def test_what_cannot_be_sent(call: Any, code: str) -> None:
    with pytest.raises(RequestError) as caught:
        call()
    assert caught.value.code == code


def test_an_action_arrives_as_it_was() -> None:
    spec = action_spec(Strike)
    assert action_spec(action_document(spec)) == spec


def test_a_persona_that_only_the_host_has() -> None:
    told = told_persona(m.NpcResultBody(npc="Ada 2", persona="Ada", greeting="Hot.", fallback=("Hm?",)))
    assert (told.name, told.greeting, told.fallback) == ("Ada", "Hot.", ("Hm?",))
    assert told_persona(m.NpcResultBody(npc="Ada", persona="")).fallback


def test_a_character_that_comes_too_late() -> None:
    pump = FakePump()
    with pytest.raises(DeadlineError):
        Spawning(fake_desk(pump)).answered(**FIELDS)
    pump.over(0, CAME)
    assert [type(request) for request in pump.requests] == [m.NpcSpawn, m.NpcDespawn]
    assert pump.requests[1].is_kept


def test_nobody_left_to_let_it_go() -> None:
    pump = FakePump()
    with pytest.raises(DeadlineError):
        Spawning(fake_desk(pump)).answered(**FIELDS)
    pump.is_closed = True
    pump.over(0, CAME)
    assert len(pump.asked) == 1


@pytest.mark.parametrize(
    ("end", "raised"),
    [({"error": StateError("Taken.", code="name_taken")}, StateError), ({"result": m.Done()}, ProtocolError)],
)
def test_no_character_comes(end: dict[str, Any], raised: type[Exception]) -> None:
    class AtOnce(FakePump):
        def wait(self, is_done: Any, limit_s: float) -> bool:
            self.over(0, **end)
            return True

    with pytest.raises(raised):
        Spawning(fake_desk(AtOnce())).answered(**FIELDS)
