"""Many questions on one card, and the other dense scenes."""

from __future__ import annotations

from collections import Counter

from npc_sdk.forge.corpus import Say, generate, says_unknown
from npc_sdk.forge.corpus.generator import Stage


def _steps(stage: Stage, **weights: float) -> list[int]:
    return [len(each.steps) for each in generate(3, stage=stage, count=300, weights=weights or None)]


def test_a_quiz_asks_often_and_for_what_is_missing_as_well() -> None:
    unknown: Counter[bool] = Counter()
    for conversation in generate(3, stage="dense", count=400, weights={"quiz": 1}):
        assert 5 <= len(conversation.steps) <= 10
        for step in conversation.steps:
            assert isinstance(step, Say)
            if step.expectation.intent not in ("name", "role"):
                unknown[step.expectation.unknown] += 1
    assert 0.45 < unknown[True] / unknown.total() < 0.55


def test_what_a_quiz_asks_for_stands_on_the_card() -> None:
    for conversation in generate(4, stage="large", count=200, weights={"quiz": 1}):
        world = conversation.world.facts if conversation.world else ()
        card = " ".join((conversation.persona.name, conversation.persona.role, *conversation.persona.knows, *world))
        for step in conversation.steps:
            assert isinstance(step, Say)
            for fact in step.expectation.must_contain:
                assert fact.lower() in card.lower()
            assert not step.expectation.unknown or says_unknown(step.reply.text)


def test_dense_scenes_ask_more_of_a_card() -> None:
    for kind in ("act", "sell", "order", "tactics", "choose", "recall", "observe"):
        dense, full = _steps("dense", **{kind: 1}), _steps("full", **{kind: 1})
        assert sum(dense) > 1.3 * sum(full), kind
