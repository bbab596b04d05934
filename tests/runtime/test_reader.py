from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.actions import CallPiece, SpeechPiece, action_spec
from npc_sdk.actions.dialects import QwenXml
from npc_sdk.runtime.reader import ReplyReader

LOOK = action_spec({"name": "look", "description": "Look.", "parameters": {"type": "object", "properties": {}}})
REPLY = "A thought.</think>\nEin Gruß, 世界!\n<tool_call>\n<function=look>\n</function>\n</tool_call>"


def read(data: bytes, cuts: list[int]) -> tuple[str, list[str]]:
    reader = ReplyReader(QwenXml().parser((LOOK,), {}), is_thinking=True)
    places = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    pieces = [piece for start, end in zip(places, places[1:], strict=False) for piece in reader.feed(data[start:end])]
    pieces += reader.finish()
    speech = "".join(piece.text for piece in pieces if isinstance(piece, SpeechPiece))
    return speech, [piece.name for piece in pieces if isinstance(piece, CallPiece)]


@given(cuts=st.lists(st.integers(0, 1000), max_size=8))
def test_thoughts_speech_and_calls_are_told_apart_however_the_bytes_are_cut(cuts: list[int]) -> None:
    assert read(REPLY.encode(), cuts) == ("Ein Gruß, 世界!", ["look"])


def test_half_a_character_is_shown_as_such() -> None:
    reader = ReplyReader(QwenXml().parser((), {}), is_thinking=False)
    assert reader.feed("é".encode()[:1]) == []
    assert reader.finish() == [SpeechPiece("\ufffd")]
