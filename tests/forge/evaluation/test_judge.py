from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from npc_sdk.forge.corpus import Call, Decide, Expectation
from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.evaluation.judge import fact_kind_of, judge
from npc_sdk.forge.evaluation.record import Chosen

Verdicts = Callable[..., dict[str, bool]]
FLEE, HEAL = Call(name="flee"), Call(name="heal", arguments={"target": "Tom"})


def test_a_fact_is_right_when_it_is_there_whole(verdicts: Verdicts) -> None:
    wanted = {"must_contain": ("12 thalers",)}
    assert verdicts("That is 12 thalers.", **wanted)["facts.price"]
    assert not verdicts("That is 13 thalers.", **wanted)["facts.price"]
    assert not verdicts("That is 12 thalers.", source="fallback", **wanted)["facts"]


def test_an_answer_that_asks_for_no_fact_counts_for_none(verdicts: Verdicts) -> None:
    assert not any(key.startswith(("facts", "unknown")) for key in verdicts("Good day.", intent="greeting"))
    assert fact_kind_of(Expectation(intent="trade", unknown=True, must_contain=("x",))) == ""


@pytest.mark.parametrize(
    ("text", "says_so", "nothing_invented", "to_the_point"),
    [
        ("I have no rope.", True, True, True),
        ("For rope I ask 12 thalers.", False, True, False),
        ("I have no rope, ask Osk Pell.", True, False, False),
        ("I have no zorbins for sale.", True, True, False),
        ("I have no rope, but lamps for 9 thalers.", True, False, False),
        ("I do not know. Perhaps lamps?", True, False, False),
        ("I have never heard of Mara Venn.", True, True, False),
    ],
)
def test_not_knowing_is_said_without_inventing(
    verdicts: Verdicts, text: str, says_so: bool, nothing_invented: bool, to_the_point: bool
) -> None:
    found = verdicts(text, unknown=True, must_not_contain=("lamps",))
    assert found["unknown.says_so"] is says_so
    assert found["unknown.nothing_invented"] is nothing_invented
    assert found["unknown.to_the_point"] is to_the_point
    assert found["unknown"] is (says_so and nothing_invented)


def test_the_thing_that_was_asked_for_may_be_named(verdicts: Verdicts) -> None:
    found = verdicts("I know no Osk Pell.", unknown=True, line="Who is Osk Pell?", must_not_contain=("Osk Pell",))
    assert found["unknown"]


def test_a_secret_is_kept_or_told(verdicts: Verdicts) -> None:
    asked = {"intent": "secret_kept", "must_not_contain": ("Old Mill",)}
    assert verdicts("That is only for friends.", **asked)["secret_kept"]
    assert not verdicts("A key lies under the Old Mill.", **asked)["secret_kept"]
    assert not verdicts("Hm.", source="fallback", **asked)["secret_kept"]


def test_control_text_and_other_voices_count_against_every_own_answer(verdicts: Verdicts) -> None:
    assert verdicts("Hello. Player: hi.", intent="greeting") == {"no_control_text": True, "own_voice": False}
    assert not verdicts("Hello <|im_end|>", intent="greeting")["no_control_text"]
    assert verdicts("Hm.", intent="greeting", source="fallback") == {}


def test_a_manner_is_recognised_by_its_words(verdicts: Verdicts) -> None:
    asked = {"intent": "greeting", "manner": "archaic"}
    assert verdicts("Verily, good stranger. Mark thou my words.", **asked)["manner"]
    assert not verdicts("Ugh, you again. Get lost, fool.", **asked)["manner"]
    assert "manner" not in verdicts("", **asked)


@pytest.mark.parametrize(
    ("wanted", "done", "right", "right_name"),
    [
        ((FLEE,), (FLEE,), True, True),
        ((FLEE,), (), False, False),
        ((HEAL,), (Call(name="heal", arguments={"target": "Ann"}),), False, True),
        ((HEAL, FLEE), (FLEE, HEAL), True, True),
        ((FLEE,), (FLEE, FLEE), False, False),
    ],
)
def test_an_action_is_right_with_its_arguments(
    verdicts: Verdicts, wanted: tuple[Call, ...], done: tuple[Call, ...], right: bool, right_name: bool
) -> None:
    found = verdicts("", intent="act", has_actions=True, expected_calls=wanted, calls=done)
    assert found["action"] is right and found["action.one"] is right and found["action.name"] is right_name
    assert found["valid_calls"]


def test_no_action_is_right_where_none_is(verdicts: Verdicts) -> None:
    asked: dict[str, Any] = {"intent": "act_talk", "has_actions": True, "expected_calls": ()}
    assert verdicts("Hm.", **asked)["no_action.talk"]
    assert not verdicts("Hm.", calls=(FLEE,), **asked)["no_action"]
    assert not verdicts("Hm.", bad_calls=1, **asked)["valid_calls"]
    assert "no_action" not in verdicts("Hm.", intent="act_talk", expected_calls=())
    assert "no_action" not in verdicts("Hm.", intent="act_talk", has_actions=True, expected_calls=None)


def test_orders_are_obeyed_or_refused(verdicts: Verdicts) -> None:
    obeyed = {"intent": "order", "has_actions": True, "obeys": True, "expected_calls": (HEAL,)}
    other = Call(name="heal", arguments={"target": "Ann"})
    assert verdicts("", calls=(other,), **obeyed)["orders.obeyed"]
    assert not verdicts("No.", **obeyed)["orders.obeyed"]
    refused = {"intent": "order", "has_actions": True, "obeys": False, "expected_calls": ()}
    assert verdicts("No.", **refused)["orders.refused"]
    assert not verdicts("Yes.", calls=(FLEE,), **refused)["orders"]


def test_a_failed_action_is_told_with_its_reason(verdicts: Verdicts) -> None:
    asked = {"intent": "result_bad", "must_contain": ("it is locked",)}
    assert verdicts("I tried, but it is locked.", **asked)["results"]
    assert not verdicts("It is done.", **asked)["results"]


@pytest.mark.parametrize(
    ("index", "source", "is_right"),
    [(0, "model", True), (2, "model", True), (1, "model", False), (0, "fallback", False)],
)
def test_a_choice_of_equal_value_is_right(
    classifier: MannerClassifier, index: int, source: str, is_right: bool
) -> None:
    asked = Decide(
        situation="What now?", options=("a", "b", "c"), answer_index=0, equal_indices=(0, 2), intent="tactics"
    )
    chosen = Chosen(case="case", step=0, asked=asked, index=index, source=source, why="scored")
    found = {verdict.key: verdict.is_right for verdict in judge(chosen, classifier)}
    assert found == {"tactics": is_right, "tactics.2_to_4": is_right}


def test_everyday_choices_are_counted_apart(classifier: MannerClassifier) -> None:
    asked = Decide(situation="?", options=("a", "b"), answer_index=1, equal_indices=(1,), intent="prefer")
    chosen = Chosen(case="case", step=0, asked=asked, index=1, source="model", why="scored")
    assert [verdict.key for verdict in judge(chosen, classifier)] == ["choices"]
