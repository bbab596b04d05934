from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.forge.corpus import composed

PHRASES = (
    composed.thing,
    composed.things,
    composed.one,
    composed.state,
    composed.where,
    composed.hour,
    composed.role,
    composed.action,
    composed.trouble,
    composed.illness,
    composed.landmark,
)


@pytest.mark.parametrize("make", PHRASES)
@given(seed=st.integers(0, 10_000))
def test_a_phrase_is_clean_small_words_and_follows_its_generator(
    make: Callable[[random.Random], str], seed: int
) -> None:
    text = make(random.Random(seed))
    assert text == make(random.Random(seed))
    assert text == " ".join(text.split()) and text == text.lower() and text.isprintable()
    assert not set(text) & set("{}|.,:;!?")


@pytest.mark.parametrize("make", PHRASES)
def test_nobody_can_learn_them_by_heart(make: Callable[[random.Random], str]) -> None:
    rng = random.Random(3)
    made = [make(rng) for _ in range(400)]
    assert len(set(made)) > (200 if make is composed.state else 300)


@given(seed=st.integers(0, 10_000))
def test_what_must_be_named_is_named(seed: int) -> None:
    rng = random.Random(seed)
    assert "Ama" in composed.task(rng, "Ama")
    assert "Ama" in composed.secret(rng, "Ama")
    rumour = composed.rumour(rng, "Beri", "Ama")
    assert rumour.startswith("Beri ") and "Ama" in rumour


def test_articles_follow_the_first_letter() -> None:
    assert composed.with_article("owl") == "an owl" and composed.with_article("goat") == "a goat"


def test_plurals_are_whole_words() -> None:
    rng = random.Random(1)
    assert all(composed.things(rng).split(" ")[-1].endswith("s") for _ in range(200))
