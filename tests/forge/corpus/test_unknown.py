"""Telling that an answer admits not to know, and what an answer makes up."""

from __future__ import annotations

import pytest

from npc_sdk.forge.corpus.unknown import invented_words, says_unknown


@pytest.mark.parametrize(
    "text",
    [
        "I do not know.",
        "I don't know, fool.",
        "I have no rope.",
        "No rope here, friend.",
        "I couldn't say.",
        "Never heard of him.",
        "I haven't heard of that place.",
        "You have not told me your name.",
        "I’m afraid I don’t sell that.",
        "No idea. I keep a gate, not a kitchen.",
        "There is none.",
    ],
)
def test_admissions(text: str) -> None:
    assert says_unknown(text)


@pytest.mark.parametrize(
    "text",
    ["For rope I ask 4 silver.", "The mill lies north of the bridge.", "Take the north road, now!", "Nod and go.", ""],
)
def test_answers(text: str) -> None:
    assert not says_unknown(text)


def test_invented_words_are_names_and_numbers_from_nowhere() -> None:
    prompt = "Sells rope for 4 silver. Mara's brother is Tam."
    assert invented_words("For rope I ask 4 silver. Ask Mara or Tam.", prompt) == ()
    assert invented_words("Well, ask Hugo for 9 silver.", prompt) == ("Hugo", "9")
    assert invented_words("Strange. Nobody knows.", prompt) == ()
