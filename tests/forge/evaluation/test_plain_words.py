from __future__ import annotations

from npc_sdk.forge.evaluation.plain_words import plain_words, strange_words


def test_plain_words_are_few_and_name_no_thing() -> None:
    words = plain_words()
    assert {"i", "do", "not", "know", "never", "told"} - words <= {"not", "do", "know", "told"}
    assert len(words) < 600 and not words & {"rope", "lamp", "goblins"}


def test_strange_words_are_those_that_nobody_said() -> None:
    assert strange_words("I have no zorbins.", "Do you have rope?") == ("zorbins",)
    assert strange_words("I have no rope.", "Do you have rope?") == ()
