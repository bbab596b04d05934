from __future__ import annotations

from itertools import islice

from npc_sdk.forge.corpus import generate
from npc_sdk.forge.corpus.conversation import Decide, Say


def test_exercises_in_letters_name_the_option_that_is_right() -> None:
    for conversation in generate(4, count=40, stage="small", weights={"letters": 1}):
        for step in conversation.steps:
            assert isinstance(step, Decide)
            assert step.options[step.answer_index] in step.situation
            assert step.equal_indices == (step.answer_index,)


def test_a_battle_begins_with_pairs() -> None:
    for conversation in generate(4, count=40, stage="small", weights={"tactics": 1}):
        assert all(isinstance(step, Decide) and len(step.options) == 2 for step in conversation.steps)
        assert any("hp" in step.situation for step in conversation.steps if isinstance(step, Decide))


def test_who_was_cut_goes_on_in_the_same_words() -> None:
    for conversation in generate(4, count=60, weights={"interrupt": 1}):
        said = [step for step in conversation.steps if isinstance(step, Say)]
        cut = next(step for step in said if step.reply.cut_at is not None)
        rest = next(step for step in said if step.expectation.intent == "continued")
        assert rest.reply.text.split(" ", 3)[-1].split(". ")[-1].rstrip(".") in cut.reply.text


def test_a_character_with_actions_is_also_talked_to_without_a_wish() -> None:
    intents = {
        step.expectation.intent
        for conversation in islice(generate(4, stage="dense", weights={"act": 1}), 40)
        for step in conversation.steps
        if isinstance(step, Say) and conversation.actions and not step.reply.calls
    }
    assert {"greeting", "small_talk", "act_talk"} <= intents
