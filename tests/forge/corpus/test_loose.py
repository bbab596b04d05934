"""Loosely worded questions."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.loose import loosened
from npc_sdk.forge.corpus.split import Table

ROWS = ("Where is {place}?", "Do you not know {person}, my friend?", "What is the price of {good}?", "Never {do} that.")


@given(st.integers(0, 10**6), st.sampled_from(ROWS))
def test_slots_negations_and_the_end_stay(seed: int, row: str) -> None:
    line = loosened(random.Random(seed), row)
    for word in row.split(" "):
        if "{" in word or word.lower() in ("not", "never"):
            assert word.lower() in line.lower()
    assert line.split(" ")[-1] == row.split(" ")[-1]
    assert line[0] == "{" or line[0].isupper()


def test_training_meets_other_wordings_and_never_one_that_is_held_out() -> None:
    table = Table(train=("Where do I find {place} now?",), held_out=("Where do I find {place}?", "Find {place} now?"))
    train = Draw(random.Random(1), "train")
    lines = {train.ask(table, place="X") for _ in range(500)}
    assert len(lines) > 20
    assert not lines & {row.format(place="X") for row in table.held_out}


def test_held_out_questions_are_asked_as_they_stand() -> None:
    table = Table(train=("Where do I find {place} now?",), held_out=("Where on earth is {place}?",))
    held_out = Draw(random.Random(1), "held_out")
    assert {held_out.ask(table, place="X") for _ in range(100)} == {"Where on earth is X?"}
