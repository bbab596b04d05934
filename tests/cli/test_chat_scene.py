from __future__ import annotations

from collections.abc import Iterator

import pytest

from npc_sdk import Npc, Persona, Runtime
from npc_sdk.actions import action_spec
from npc_sdk.cli.chat_scene import Scene, Stage, scene_for
from npc_sdk.persona import shipped_personas
from npc_sdk.runtime import ActionCall
from npc_sdk.testing import FakeEngine


@pytest.fixture
def npc() -> Iterator[Npc]:
    with Runtime(engine=FakeEngine()) as runtime:
        yield runtime.spawn(Persona.shipped("guard"), scene_for("guard").actions)


def _call(name: str, **arguments: str) -> ActionCall:
    return ActionCall(id="1", name=name, arguments=arguments, tick=1)


@pytest.mark.parametrize("name", [*shipped_personas(), "somebody"])
def test_every_scene_can_be_played(name: str) -> None:
    scene = scene_for(name)
    specs = [action_spec(action) for action in scene.actions]
    assert len({spec.name for spec in specs}) == len(specs)
    if name != "somebody":
        needed = {vocabulary for spec in specs for vocabulary in spec.vocabularies}
        assert needed == set(scene.vocabularies)
        assert all(scene.vocabularies.values())


def test_the_guard_can_do_more_than_talk() -> None:
    names = {action.action_name for action in scene_for("guard").actions}
    assert names == {"open_gate", "close_gate", "call_guards", "point_to"}


def test_what_was_done_cannot_be_done_again(npc: Npc) -> None:
    stage = Stage(npc, scene_for("guard"))
    assert stage.perform(_call("open_gate")) == "ok"
    assert stage.perform(_call("open_gate")).startswith("failed")
    assert stage.perform(_call("close_gate")) == "ok"


def test_the_live_world_moves_on(npc: Npc) -> None:
    stage = Stage(npc, Scene(actions=(), vocabularies={"items": ("rope", "bread")}))
    tick = npc.world.tick
    assert stage.perform(_call("give_item", item="rope")) == "ok"
    assert npc.world.vocabularies["items"] == ("bread",)
    assert npc.world.tick == tick + 1
