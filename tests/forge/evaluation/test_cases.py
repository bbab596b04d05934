from __future__ import annotations

from collections import Counter

from npc_sdk.forge.evaluation.cases import GREETING, attempts, conversations, greetings


def test_the_same_seed_chooses_the_same_conversations() -> None:
    assert conversations(3, 4) == conversations(3, 4)
    assert conversations(3, 4) != conversations(4, 4)


def test_names_are_unique() -> None:
    cases = (*conversations(3, 10), *attempts(3, 10), *greetings(10))
    assert max(Counter(case.name for case in cases).values()) == 1


def test_more_are_chosen_when_more_are_wanted() -> None:
    assert len(conversations(3, 20)) > len(conversations(3, 5)) > 10


def test_attempts_differ_and_name_the_character_they_are_made_on() -> None:
    cases = attempts(3, 60)
    lines = [case.conversation.steps[0].line for case in cases]  # type: ignore[union-attr]
    assert len(lines) == 60 and len({case.conversation.persona.name for case in cases}) == 20
    assert all(case.conversation.steps[0].expectation.in_role for case in cases)  # type: ignore[union-attr]
    assert not any("Mara" in line for line in lines)


def test_greetings_are_all_the_same() -> None:
    cases = greetings(5)
    assert {case.conversation.steps[0].line for case in cases} == {GREETING}  # type: ignore[union-attr]
    assert len(cases) == 5
