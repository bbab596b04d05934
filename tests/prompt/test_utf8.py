from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.prompt.utf8 import Utf8Stream


def decoded(pieces: list[bytes]) -> str:
    stream = Utf8Stream()
    return "".join([stream.feed(piece) for piece in pieces] + [stream.finish()])


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_back(text):
    assert decoded([bytes([byte]) for byte in text.encode()]) == text


@given(st.binary(max_size=24), st.lists(st.integers(0, 24), max_size=5))
def test_the_same_however_it_is_split(data, cuts):
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:end] for start, end in zip(places, places[1:], strict=False)]
    assert decoded(pieces) == decoded([data])


def test_never_gives_half_a_character():
    stream = Utf8Stream()
    assert [stream.feed(bytes([byte])) for byte in "é€".encode()] == ["", "é", "", "", "€"]


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"a\xff\xfe\xffb", "a\ufffdb"), (b"a\xe2\x82", "a\ufffd"), ("\ufffd\ufffd".encode(), "\ufffd\ufffd"), (b"", "")],
)
def test_a_run_of_invalid_bytes_is_one_replacement(data, text):
    assert decoded([data]) == text


def test_can_be_used_again_after_the_end():
    stream = Utf8Stream()
    stream.feed(b"\xff")
    stream.finish()
    assert stream.feed(b"\xff") == "\ufffd"
