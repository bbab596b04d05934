from __future__ import annotations

from npc_sdk.forge.corpus import Conversation, Expectation, Reply, Result, Say
from npc_sdk.forge.evaluation.knowledge import Knowledge
from npc_sdk.persona import Persona, World


def test_a_character_knows_its_card_and_what_it_was_told(mara: Persona) -> None:
    expectation = Expectation(intent="told")
    said = Say(
        line="I am Osk.",
        reply=Reply(text="Well met, Zed."),
        expectation=expectation,
        speaker="Ilva",
        observations=("It rains.",),
        vocabulary={"items": ("lamp",)},
    )
    result = Result(texts=("refused: no oil",), reply=Reply(), expectation=expectation)
    world = World(name="Brack", facts=("The river is called Senn.",))
    knowledge = Knowledge(Conversation(kind="x", persona=mara, steps=(said, result), world=world))
    assert "Senn" in knowledge.text and "12 thalers" in knowledge.text and "Osk" not in knowledge.text
    knowledge.learn(said)
    knowledge.learn(result)
    for told in ("Osk", "Ilva", "It rains.", "lamp", "no oil"):
        assert told in knowledge.text
    assert "Zed" not in knowledge.text
