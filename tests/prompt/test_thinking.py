from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.prompt.thinking import ThinkingFilter


def split(pieces: list[str], start_inside: bool = False) -> tuple[str, str]:
    thinking = ThinkingFilter(start_inside=start_inside)
    parts = [*map(thinking.feed, pieces), thinking.finish()]
    return "".join(speech for speech, _ in parts), "".join(thought for _, thought in parts)


@pytest.mark.parametrize(
    ("text", "inside", "speech", "thought"),
    [
        ("Hello.", False, "Hello.", ""),
        ("<think>hm</think>\n\nHello.", False, "Hello.", "hm"),
        ("hm</think> Hello.", True, "Hello.", "hm"),
        ("<think>hm", False, "", "hm"),
        ("hm", True, "", "hm"),
        ("Hello </think>there.", False, "Hello there.", ""),
        ("a<think>b<think>c</think>d", False, "ad", "bc"),
        ("a < b <thin", False, "a < b <thin", ""),
        ("<think></think>Hi", False, "Hi", ""),
        ("x</thi", True, "", "x</thi"),
        ("", False, "", ""),
    ],
)
def test_speech_and_thought(text, inside, speech, thought):
    assert split([text], inside) == (speech, thought)
    assert split(list(text), inside) == (speech, thought)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think>", "a", " ", "\n"]), max_size=10),
    st.lists(st.integers(0, 80), max_size=6),
    st.booleans(),
)
def test_the_same_however_it_is_split(parts, cuts, inside):
    text = "".join(parts)
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in zip(places, places[1:], strict=False)]
    assert split(pieces, inside) == split([text], inside)


def test_holds_back_only_what_may_become_a_tag():
    thinking = ThinkingFilter()
    assert thinking.feed("a <") == ("a ", "")
    assert thinking.feed("b") == ("<b", "")


def test_knows_where_it_is():
    thinking = ThinkingFilter()
    thinking.feed("<think>x")
    assert thinking.is_inside
    thinking.feed("</think>")
    assert not thinking.is_inside
