"""Tags of calls never come in speech, whatever a model writes."""

from __future__ import annotations

import pytest

from npc_sdk import Action, Persona, Runtime, Vocabulary
from npc_sdk.testing import FakeEngine


class Attack(Action):
    """Strike an enemy."""

    target: Vocabulary["enemies"]  # noqa: F821, UP037


@pytest.mark.parametrize("enemies", [[], ["goblin"]])
def test_a_request_forbids_the_tags_that_nothing_follows(enemies: list[str]) -> None:
    engine = FakeEngine(lambda prompt: "Hm.")
    with Runtime(engine=engine) as runtime:
        guard = runtime.spawn(Persona(name="Dorrit", role="a guard"), actions=[Attack])
        guard.world.update(tick=1, enemies=enemies)
        guard.say("Go!").result()
    request = next(request for request in engine.requests if request.kind == "generate")
    opening = engine.tokenizer.token_id("<tool_call>")
    closing = engine.tokenizer.token_id("</tool_call>")
    assert (opening in request.forbidden) == (not enemies)
    assert closing in request.forbidden
    assert "</parameter>" in request.stop or "</tool_call>" in request.stop
    assert ("<tool_call>" in request.stop) == (not enemies)


def test_speech_ends_before_a_tag() -> None:
    engine = FakeEngine(lambda prompt: "I go now. </function> done")
    with Runtime(engine=engine) as runtime:
        guard = runtime.spawn(Persona(name="Dorrit", role="a guard"))
        text = guard.say("Go!").result().text
    assert "</function>" not in text
    assert text.startswith("I go now.")
