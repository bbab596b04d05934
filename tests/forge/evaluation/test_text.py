from __future__ import annotations

import pytest

from npc_sdk.forge.evaluation.text import contains, control_text, speaks_for


@pytest.mark.parametrize(
    ("text", "wanted", "is_there"),
    [
        ("For rope I ask 12 thalers.", "12 thalers", True),
        ("For rope I ask 112 thalers.", "12 thalers", False),
        ("For rope I ask 12 thalersons.", "12 thalers", False),
        ("It closes at 1 o’clock.", "1 o'clock", True),
        ("You are OLD TOM.", "Old Tom", True),
        ("Old and tired, Tom said.", "Old Tom", False),
        ("There is a wolf near\nthe gate!", "a wolf near the gate", True),
        ("", "rope", False),
    ],
)
def test_words_are_found_whole_and_in_order(text: str, wanted: str, is_there: bool) -> None:
    assert contains(text, wanted) is is_there


@pytest.mark.parametrize(
    "text",
    [
        "<|im_end|> yes",
        "Well. </think> Well.",
        "<tool_call>",
        "I will. <function=flee>",
        "[INST] no",
        "A. run\nAnswer with one letter",
        "Options:\nA. run",
    ],
)
def test_control_text_is_found(text: str) -> None:
    assert control_text(text)


@pytest.mark.parametrize("text", ["My options: few.", "I < you.", "I now: go. Now, listen.", "A <3 for you", ""])
def test_ordinary_text_is_no_control_text(text: str) -> None:
    assert not control_text(text)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Good day. Player: I want rope.", "Player"),
        ("The traveller: hello", "traveller"),
        ("Yes.\nOld Tom: no!", "Old Tom"),
        ("You: I pay.", "You"),
        ("You told me: your name is Tom.", ""),
        ("Mara: I know nothing.", ""),
        ("Listen, stranger: no.", ""),
    ],
)
def test_words_put_into_another_mouth_are_found(text: str, other: str) -> None:
    assert speaks_for(text, own_name="Mara", speaker="Old Tom") == other


def test_the_own_name_may_lead_even_when_it_is_a_common_word() -> None:
    assert speaks_for("Stranger: hello", own_name="Stranger") == ""
