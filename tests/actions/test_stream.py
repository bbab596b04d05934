from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.actions.stream import MAX_CALL_CHARACTERS, BadCall, CallPiece, ReplyPiece, SpeechPiece, StreamParser
from npc_sdk.errors import StateError

CUT = "The reply ended inside the call."


def read(body: str) -> CallPiece | BadCall:
    return BadCall(body, "bad") if "!" in body else CallPiece("act", {"body": body})


def parse(*texts: str) -> list[ReplyPiece]:
    parser = StreamParser("<tool_call>", "</tool_call>", read)
    return [piece for text in texts for piece in parser.feed(text)] + parser.finish()


def joined(pieces: list[ReplyPiece]) -> list[ReplyPiece]:
    whole: list[ReplyPiece] = []
    for piece in pieces:
        before = whole[-1] if whole else None
        if isinstance(piece, SpeechPiece) and isinstance(before, SpeechPiece):
            whole[-1] = SpeechPiece(before.text + piece.text)
        else:
            whole.append(piece)
    return whole


def call(body: str) -> CallPiece:
    return CallPiece("act", {"body": body})


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ("", []),
        ("Halt!", [SpeechPiece("Halt!")]),
        ("  Halt! \n\n Who? \n", [SpeechPiece("  Halt! \n\n Who? \n")]),
        ("\n", [SpeechPiece("\n")]),
        ("Halt!\n<tool_call>1</tool_call>", [SpeechPiece("Halt!"), call("1")]),
        ("\n <tool_call>1</tool_call>\n", [call("1")]),
        ("<tool_call>1</tool_call>\n<tool_call>2</tool_call>", [call("1"), call("2")]),
        (
            "A<tool_call>1</tool_call>\nB \n<tool_call>!</tool_call>",
            [SpeechPiece("A"), call("1"), SpeechPiece("B"), BadCall("!", "bad")],
        ),
        ("<tool_call>1</tool_call>\nGo. ", [call("1"), SpeechPiece("Go. ")]),
        ("a < b <tool <tool_call", [SpeechPiece("a < b <tool <tool_call")]),
        ("<<tool_call>1</tool_call>", [SpeechPiece("<"), call("1")]),
        ("</tool_call>", [SpeechPiece("</tool_call>")]),
        ("<tool_call><tool_call></tool_call>", [call("<tool_call>")]),
        ("<tool_call>cut", [BadCall("<tool_call>cut", CUT)]),
        ("A\n<tool_call>cut</tool_ca", [SpeechPiece("A"), BadCall("<tool_call>cut</tool_ca", CUT)]),
    ],
)
def test_replies(reply: str, pieces: list[ReplyPiece]) -> None:
    assert joined(parse(reply)) == pieces
    assert joined(parse(*reply)) == pieces


fragments = st.lists(
    st.sampled_from(["<tool_call>", "</tool_call>", "<tool_", "call>", "<", "/", " ", "\n", "a", "!", "é", "🐉"]),
    max_size=20,
)


@given(fragments.map("".join), st.data())
def test_where_the_text_is_split_does_not_matter(reply: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(reply)), max_size=6).map(sorted))
    texts = [reply[start:end] for start, end in zip([0, *cuts], [*cuts, len(reply)], strict=True)]
    assert joined(parse(*texts)) == joined(parse(reply)) == joined(parse(*reply))


@given(fragments.map("".join))
def test_only_what_may_become_the_trigger_or_stand_before_it_is_held_back(reply: str) -> None:
    parser = StreamParser("<tool_call>", "</tool_call>", read)
    if "<tool_call>" in reply:
        return
    said = "".join(piece.text for piece in parser.feed(reply) if isinstance(piece, SpeechPiece))
    held = reply[len(said) :].lstrip()
    assert reply.startswith(said)
    assert "<tool_call>".startswith(held)


def test_speech_is_said_at_once() -> None:
    parser = StreamParser("<tool_call>", "</tool_call>", read)
    assert parser.feed("Ha") == [SpeechPiece("Ha")]
    assert parser.feed(" <") == []
    assert parser.feed("3 ") == [SpeechPiece(" <3")]


def test_a_finished_reply_takes_no_more() -> None:
    parser = StreamParser("<tool_call>", "</tool_call>", read)
    assert parser.finish() == []
    assert parser.finish() == []
    with pytest.raises(StateError) as caught:
        parser.feed("a")
    assert caught.value.code == "parser_finished"


def test_a_call_without_end_is_bounded_and_speech_goes_on_after_it() -> None:
    pieces = parse("<tool_call>", *["x" * 1000] * 200, "</tool_call>Well.")
    assert pieces[1:] == [SpeechPiece("Well.")]
    assert isinstance(pieces[0], BadCall)
    assert pieces[0].cause == "The call is too long."
    assert len(pieces[0].text) < MAX_CALL_CHARACTERS


@pytest.mark.parametrize(
    "pattern", ["<", " ", "<tool_call", "\n<tool_call>", "</tool_call>", "<tool_call></tool_call>"]
)
def test_time_grows_with_the_text_and_no_faster(pattern: str) -> None:
    text = pattern * (200_000 // len(pattern))
    start = time.perf_counter()
    parse(text)
    parse(*text)
    assert time.perf_counter() - start < 5
