"""Actions of the training conversations."""

from __future__ import annotations

import random

from npc_sdk.actions.labels import Labels
from npc_sdk.forge.corpus.acting import mirrored, request_line
from npc_sdk.forge.corpus.deed import draw_deed, made_deed, usual_deeds, value_for, wish
from npc_sdk.forge.corpus.draw import Draw


def test_usual_deeds_have_different_names() -> None:
    names = [deed.spec.name for deed in usual_deeds()]
    assert len(set(names)) == len(names) >= 20


def test_wishes_fit_their_actions() -> None:
    draw = Draw(random.Random(1), "train")
    for _ in range(500):
        deed = draw_deed(draw)
        names = deed.spec.vocabularies
        vocabulary = {name: tuple(dict.fromkeys(value_for(draw, name) for _ in range(3))) for name in names}
        wished = wish(draw, deed, vocabulary)
        deed.spec.validate(wished.arguments, {name: Labels.of(values) for name, values in vocabulary.items()})
        assert "{" not in wished.phrase


def test_values_are_their_own_labels() -> None:
    draw = Draw(random.Random(2), "train")
    for name in ("items", "places", "people", "enemies", "allies"):
        values = tuple(dict.fromkeys(value_for(draw, name) for _ in range(100)))
        assert Labels.of(values).labels == values


def test_made_deeds_of_the_splits_differ() -> None:
    names = {
        split: {made_deed(Draw(random.Random(seed), split)).spec.name for seed in range(600)}
        for split in ("train", "held_out")
    }
    assert not names["train"] & names["held_out"]


def test_phrases_are_turned_around() -> None:
    assert mirrored("follow me home") == "follow you home"
    assert mirrored("name the meal") == "name the meal"
    draw = Draw(random.Random(3), "train")
    assert request_line(draw, "{Do}, please.", "open the gate") == "Open the gate, please."
