from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.prompt.sentences import SENTENCE_LIMIT, SentenceSplitter, is_whole_sentence


def split(pieces: list[str]) -> list[str]:
    splitter = SentenceSplitter()
    sentences = [sentence for piece in pieces for sentence in splitter.feed(piece)]
    return sentences + splitter.finish()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Halt! Who goes there?", ["Halt!", "Who goes there?"]),
        ("Mr. Smith met Dr. J. R. Jones. They left.", ["Mr. Smith met Dr. J. R. Jones.", "They left."]),
        ("It costs 3.50 gold. Pay.", ["It costs 3.50 gold.", "Pay."]),
        ("Well... I know. Wait... what?", ["Well...", "I know.", "Wait... what?"]),
        ('"Stop!" he said. "Go."', ['"Stop!" he said.', '"Go."']),
        ("He said “Go.” Then left.", ["He said “Go.”", "Then left."]),
        ("Pears, etc. are here. Pears etc. He left.", ["Pears, etc. are here.", "Pears etc.", "He left."]),
        ("Tools, e.g. hammers. Good.", ["Tools, e.g. hammers.", "Good."]),
        ("你好。你是谁？我不知道！「走吧。」他说。", ["你好。", "你是谁？", "我不知道！", "「走吧。」", "他说。"]),
        ("What?! No… Really?! yes", ["What?!", "No…", "Really?!", "yes"]),
        ("one\ntwo\n\nthree", ["one", "two", "three"]),
        ("No. I will not. See no. 5.", ["No.", "I will not.", "See no. 5."]),
        ("It was I. He left.", ["It was I.", "He left."]),
        ("We go at 5 p.m. sharp. Until 5 p.m. We go.", ["We go at 5 p.m. sharp.", "Until 5 p.m.", "We go."]),
        ("goblin.exe is here. ok", ["goblin.exe is here. ok"]),
        ("...", ["..."]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences(text, sentences):
    assert split([text]) == sentences
    assert split(list(text)) == sentences


text_of_marks = st.lists(
    st.sampled_from(
        ["Mr", "etc", "J", "a", "Bob", " ", "  ", ".", "!", "?", "…", '"', "”", "。", "」", "\n", "3", "x" * 590]
    ),
    max_size=24,
).map("".join)


@given(text_of_marks)
def test_nothing_but_blanks_is_lost(text):
    assert "".join("".join(split([text])).split()) == "".join(text.split())


@given(text_of_marks, st.lists(st.integers(0, 2000), max_size=6))
def test_the_same_however_it_is_split(text, cuts):
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[start:end] for start, end in zip(places, places[1:], strict=False)]
    assert split(pieces) == split([text]) == split(list(text))


def test_a_sentence_is_given_as_soon_as_the_next_word_begins():
    splitter = SentenceSplitter()
    assert splitter.feed("Halt! ") == []
    assert splitter.pending == "Halt! "
    assert splitter.feed("W") == ["Halt!"]


def test_text_without_an_end_is_cut():
    sentences = split(["word " * 1_000])
    assert all(len(sentence) <= SENTENCE_LIMIT for sentence in sentences)
    assert all(sentence.split() == ["word"] * len(sentence.split()) for sentence in sentences)
    assert [len(sentence) for sentence in split(["x" * 1_500])] == [600, 600, 300]


def test_a_long_text_at_once_is_quick():
    assert len(split(["Go on. " * 50_000])) == 50_000


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("Go.", True),
        ("Go", False),
        ("Ask Mr.", False),
        ('He said "go."', True),
        ("走吧。」", True),
        ("", False),
        ("a. b", False),
    ],
)
def test_is_whole_sentence(text, is_whole):
    assert is_whole_sentence(text) is is_whole
