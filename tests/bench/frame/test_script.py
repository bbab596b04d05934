from __future__ import annotations

from itertools import islice

from npc_sdk.bench.frame.script import asks, personas


def test_a_seed_makes_the_same_characters_and_questions() -> None:
    assert personas(8, 1) == personas(8, 1) != personas(8, 2)
    assert list(islice(asks(3, 1), 20)) == list(islice(asks(3, 1), 20))
    assert list(islice(asks(3, 1), 20)) != list(islice(asks(4, 1), 20))


def test_lines_and_decisions_take_turns() -> None:
    kinds = [ask.kind for ask in islice(asks(0, 1), 6)]
    assert kinds == ["say", "decide"] * 3
    assert all(len(set(ask.options)) == 4 for ask in islice(asks(0, 1), 40) if ask.kind == "decide")


def test_every_character_has_a_name_of_its_own() -> None:
    names = [persona.name for persona in personas(64, 1)]
    assert len(set(names)) == 64
