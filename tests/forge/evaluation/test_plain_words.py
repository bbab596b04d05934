from __future__ import annotations

from npc_sdk.forge.evaluation.plain_words import plain_words, strange_words


def test_plain_words_are_few_and_name_no_thing() -> None:
    words = plain_words()
    assert {"i", "not", "never", "nothing", "none"} <= words
    assert len(words) < 600 and not words & {"rope", "lamp", "thalers"}


def test_strange_words_are_those_that_nobody_said() -> None:
    assert strange_words("I have no zorbins.", "Do you have rope?") == ("zorbins",)
    assert strange_words("I have no rope.", "Do you have rope?") == ()
    assert strange_words("I have no lapour.", "Do you sell lapours?") == ()
