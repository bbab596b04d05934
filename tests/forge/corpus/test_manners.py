"""The classifier tells manners of answers that it never saw."""

from __future__ import annotations

from collections import Counter

import pytest

from npc_sdk.forge.corpus import generate
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.manners import MannerClassifier, spoken
from npc_sdk.forge.corpus.phrasing import voice_line
from npc_sdk.forge.corpus.voices import MANNERS


@pytest.fixture(scope="module")
def classifier() -> MannerClassifier:
    return MannerClassifier.train(1, count=2000)


def test_tells_the_manner_of_held_out_answers(classifier: MannerClassifier) -> None:
    rows = [row for each in generate(2, split="held_out", count=800) for row in spoken(each.steps)]
    right = Counter(manner for manner, text in rows if classifier.predict(text) == manner)
    every = Counter(manner for manner, _ in rows)
    assert set(every) == set(MANNERS)
    assert right.total() / every.total() > 0.95
    assert {manner: right[manner] / every[manner] for manner in every if right[manner] < 0.8 * every[manner]} == {}


def test_training_repeats(classifier: MannerClassifier) -> None:
    again = MannerClassifier.train(1, count=2000)
    texts = ["Hm. No rope.", "There, there, my dear.", "Verily, I know it not.", "xyzzy"]
    assert [again.predict(text) for text in texts] == [classifier.predict(text) for text in texts]


def test_manners_have_voices_of_their_own() -> None:
    keywords = [word for manner in MANNERS.values() for word in manner.keywords]
    assert len(MANNERS) >= 10
    assert len(set(keywords)) == len(keywords)


def test_greetings_vary() -> None:
    texts = Counter(
        (step.expectation.manner, step.reply.text)
        for each in generate(3, count=3000, weights={"social": 1})
        for step in each.steps
        if getattr(step, "expectation", None) and step.expectation.intent == "greeting"  # type: ignore[union-attr]
    )
    for name in MANNERS:
        assert sum(manner == name for manner, _ in texts) >= 30


def test_voice_lines_of_the_splits_differ() -> None:
    import random

    def voices(split: str) -> set[str]:
        draw = Draw(random.Random(1), split)  # type: ignore[arg-type]
        return {voice_line(draw, manner) for manner in MANNERS.values() for _ in range(30)}

    assert not voices("train") & voices("held_out")
