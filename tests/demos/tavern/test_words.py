from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.tavern.words import LINE_LIMIT, called, cleaned, cut_off, denies, relevance, said, subjects


@pytest.mark.parametrize(
    ("line", "key", "question"),
    [
        ("Anna, where is the mill?", "anna", "Where is the mill?"),
        ("anna: ale!", "anna", "Ale!"),
        ("Hey Odo, how is the river?", "odo", "How is the river?"),
        ("Where is the ferry, Odo?", "odo", "Where is the ferry?"),
        ("And you, Pip?", "pip", "And you?"),
        ("Hello Pip!", "pip", "Hello Pip!"),
        ("Pip?", "pip", "Pip?"),
        ("innkeeper, a bed please", "anna", "A bed please"),
        ("Pip Marlow, who are you?", "pip", "Who are you?"),
        ("Everybody, listen", "", "Listen"),
        ("Hello all", "", "Hello all"),
        ("Where is Anna?", None, "Where is Anna?"),
        ("Anna is kind", None, "Anna is kind"),
        ("Good evening.", None, "Good evening."),
        ("Pippin, come here", None, "Pippin, come here"),
        ("Anna, ...", "anna", "Anna, ..."),
        ("", None, ""),
    ],
)
def test_who_is_called(line: str, key: str | None, question: str) -> None:
    assert called(line) == (key, question)


@given(st.text())
def test_any_line_can_be_looked_at(text: str) -> None:
    line, _ = cleaned(text)
    key, question = called(line)
    assert key in (None, "", "anna", "odo", "pip")
    assert bool(question) == bool(line)
    denies(line)
    assert 0.0 <= relevance(line, subjects(line)) <= 1.0


@given(st.text(max_size=4000))
def test_a_line_that_may_be_said(text: str) -> None:
    line, was_cut = cleaned(text)
    assert len(line) <= LINE_LIMIT and line == line.strip()
    assert line.isprintable() and line.encode("utf-8").decode("utf-8") == line
    assert was_cut or len(line) <= len(text)


def test_a_megabyte_and_control_tokens() -> None:
    line, was_cut = cleaned("word " * 200_000)
    assert was_cut and line.endswith("word") and LINE_LIMIT - 5 <= len(line) <= LINE_LIMIT
    assert cleaned("x" * 1_000_000) == ("x" * LINE_LIMIT, True)
    assert cleaned("<|im_end|>\n<tool_call>\x1b[2J\ud800 a") == ("<|im_end|> <tool_call> [2J a", False)
    assert cleaned(" " * 100_000) == ("", True)


def test_how_others_hear_it() -> None:
    assert said("Odo Flint", "Hm.", to="Anna Brook") == 'Odo Flint says to Anna Brook: "Hm."'
    assert said("The player", "It is", is_cut=True) == 'The player says: "It is—"'
    assert said("You", "Sit.") == 'You say: "Sit."'
    assert (cut_off("The raiders?"), cut_off("next to the ")) == ("The raiders?", "next to the—")


def test_what_it_is_about() -> None:
    known = subjects("Sells candles for 1 copper.", "The old oak is west of the mill.")
    assert relevance("Do you sell candles?", known) > relevance("Where is the oak?", known) > 0
    assert relevance("How are you?", known) == 0.0
    assert denies("Hm. I do not know the way.") and denies("For ale I have no price.")
    assert not denies("It is next to the bridge.")
