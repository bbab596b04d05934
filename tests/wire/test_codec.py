"""Messages become frames and come back; whatever else comes is refused with a code."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.errors import ProtocolError, RequestError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import DIRECTIONS, TAG, Direction, decode, encode
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits

NAMES = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=80)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200)
IDS = st.integers(1, 2**64 - 1)


def body(**fields: Any) -> list[bytes]:
    return [TAG, msgpack.packb(fields)]


def code_of(frames: list[bytes], direction: Direction = "to_host", limits: Limits = DEFAULT_LIMITS) -> str:
    with pytest.raises(ProtocolError) as caught:
        decode(frames, limits, direction)
    return caught.value.code


def test_what_is_not_set_does_not_travel() -> None:
    frames = encode(m.NpcSay(id=1, npc="Bron", text="Hm?"))
    assert frames[0] == b"NPC/1"
    assert msgpack.unpackb(frames[1]) == {"type": "npc.say", "id": 1, "npc": "Bron", "text": "Hm?"}
    assert decode(frames, DEFAULT_LIMITS, "to_host") == m.NpcSay(id=1, npc="Bron", text="Hm?")


@given(IDS, st.integers(0, 2**64 - 1), st.text(st.characters(exclude_categories=("Cs",)), max_size=500))
def test_speech_comes_back_as_it_went(id: int, seq: int, text: str) -> None:
    event = m.Event(id=id, seq=seq, event=m.Speech(text=text))
    assert decode(encode(event), DEFAULT_LIMITS, "to_client") == event


@given(IDS, NAMES, TEXTS, st.none() | st.floats(0.001, 1e7))
def test_lines_come_back_as_they_went(id: int, npc: str, text: str, deadline_ms: float | None) -> None:
    say = m.NpcSay(id=id, npc=npc, text=text, deadline_ms=deadline_ms)
    assert decode(encode(say), DEFAULT_LIMITS, "to_host") == say


@given(st.dictionaries(st.text(max_size=8), st.none() | st.booleans() | st.integers(-(2**63), 2**63), max_size=5))
def test_documents_come_back_as_they_went(arguments: dict[str, Any]) -> None:
    action = m.ActionEvent(action_id="1", name="go", arguments=arguments, tick=0)
    event = m.Event(id=1, seq=0, event=action)
    assert decode(encode(event), DEFAULT_LIMITS, "to_client") == event


def test_every_type_has_its_place() -> None:
    types = [message.model_fields["type"].default for listed in DIRECTIONS.values() for message in listed]
    twice = {"ping", "pong", "error", "refused"}
    assert {one for one in types if types.count(one) > 1} == twice


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([], "bad_frames"),
        ([TAG], "bad_frames"),
        ([TAG, b"\x80", b""], "bad_frames"),
        ([b"", b"\x80"], "bad_tag"),
        ([b"NPC", b"\x80"], "bad_tag"),
        ([b"NPC/x", b"\x80"], "bad_tag"),
        ([b"NPC/2", b"\x80"], "wrong_version"),
        ([TAG, b""], "bad_encoding"),
        ([TAG, b"\xc1"], "bad_encoding"),
        ([TAG, b"\x01"], "bad_encoding"),
        ([TAG, b"\x80\x80"], "bad_encoding"),
        ([TAG, b"\x80"], "bad_message"),
    ],
)
def test_frames_that_are_no_message(frames: list[bytes], code: str) -> None:
    assert code_of(frames) == code


def test_the_size_of_all_frames_counts() -> None:
    limits = Limits(max_body_bytes=100)
    assert code_of([TAG, b"\xc0" * 101], limits=limits) == "too_large"
    assert code_of([b"\xc0" * 60, b"\xc0" * 60], limits=limits) == "too_large"
    assert code_of([b"\xc0"] * 200, limits=limits) == "too_large"


def test_lists_and_texts_have_limits() -> None:
    limits = Limits(max_list=3, max_map=4, max_string_bytes=10)
    assert code_of(body(type="ack", upto=[0] * 4), limits=limits) == "bad_encoding"
    assert code_of(body(type="ping", n=1, x="y" * 11), limits=limits) == "bad_encoding"
    assert code_of(body(a=1, b=2, c=3, d=4, e=5), limits=limits) == "bad_encoding"


def test_depth_and_number_of_values_have_limits() -> None:
    deep: Any = 1
    for _ in range(16):
        deep = {"x": deep}
    assert code_of(body(type="ping", n=1, x=deep)) == "too_deep"
    assert code_of(body(type="ping", n=1, x=[1, 2, 3]), limits=Limits(max_values=5)) == "too_many_values"


def test_a_stack_is_not_to_be_broken() -> None:
    assert code_of([TAG, b"\x81\xa4type" + b"\x91" * 100_000 + b"\xc0"]) == "bad_encoding"
    assert code_of([TAG, b"\x81\xa4type" + b"\x91" * 900 + b"\xc0"]) == "too_deep"


def test_unknown_types_name_themselves_and_their_id() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(body(type="npc.dance", id=7), DEFAULT_LIMITS, "to_host")
    assert (caught.value.code, caught.value.details) == ("unknown_type", {"type": "npc.dance", "id": 7})


def test_types_of_another_place_are_told_apart() -> None:
    assert code_of(encode(m.Ping(n=1)), "to_client") == "wrong_channel"
    assert code_of(encode(m.Cancel(id=1)), "to_host") == "wrong_channel"


def test_a_field_that_cannot_be_used_is_named() -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(body(type="npc.say", id=7, npc="Bron", text=5), DEFAULT_LIMITS, "to_host")
    assert caught.value.details == {"field": "text", "type": "npc.say", "id": 7}
    assert "5" not in caught.value.cause


@pytest.mark.parametrize("id", [0, -1, True, "1", 1.0, None, [1]])
def test_ids_that_are_none_are_not_passed_on(id: object) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(body(type="npc.say", id=id, npc="Bron", text="Hm?"), DEFAULT_LIMITS, "to_host")
    assert "id" not in caught.value.details


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0, 1e9, "1500", True])
def test_durations_are_checked(value: object) -> None:
    assert code_of(body(type="npc.say", id=1, npc="Bron", text="Hm?", deadline_ms=value)) in {
        "bad_encoding",
        "bad_message",
    }


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/b", "a\\b", "", ".", "..", "C:x", "a\x00b", "a\n"])
def test_names_of_personas_are_no_paths(path: str) -> None:
    for way in ("shipped", "named"):
        assert code_of(body(type="npc.spawn", id=1, persona={way: path})) == "bad_message"


def test_kinds_that_are_not_known_are_kept_as_such() -> None:
    event = decode(body(type="event", id=1, seq=0, event={"kind": "gesture", "x": 1}), DEFAULT_LIMITS, "to_client")
    end = decode(body(type="end", id=1, seq=0, result={"kind": "song"}), DEFAULT_LIMITS, "to_client")
    assert isinstance(event, m.Event) and event.event == m.OtherEvent(kind="gesture")
    assert isinstance(end, m.End) and end.result == m.OtherResult(kind="song")


@pytest.mark.parametrize("kind", [None, 5, [], {}, "k" * 65])
def test_kinds_are_texts(kind: object) -> None:
    assert code_of(body(type="event", id=1, seq=0, event={"kind": kind}), "to_client") == "bad_message"


def test_an_event_that_is_no_map_is_refused() -> None:
    assert code_of(body(type="event", id=1, seq=0, event=[1]), "to_client") == "bad_message"


def test_limits_of_another_version_are_read() -> None:
    frames = encode(
        m.Welcome(
            attempt=1, protocol="1.0", session="s", owner_key="k" * 32, is_resumed=False, limits=Limits(max_npcs=5)
        )
    )
    data = msgpack.unpackb(frames[1])
    del data["limits"]["max_turns"]
    data["limits"]["max_songs"] = 1
    welcome = decode([TAG, msgpack.packb(data)], DEFAULT_LIMITS, "to_client")
    assert isinstance(welcome, m.Welcome) and welcome.limits == Limits(max_npcs=5)
    for bad in ("5", 0, 5.5, True, None):
        data["limits"]["max_npcs"] = bad
        assert code_of([TAG, msgpack.packb(data)], "to_client") == "bad_message"


@pytest.mark.parametrize("value", [object(), {1, 2}, 2**65, "\ud800"])
def test_values_that_cannot_travel_are_told_before(value: object) -> None:
    action = m.ActionEvent(action_id="1", name="go", arguments={"x": value}, tick=0)
    with pytest.raises(RequestError) as caught:
        encode(m.Event(id=1, seq=0, event=action))
    assert caught.value.code == "not_plain"


def test_messages_that_are_too_large_are_told_before() -> None:
    with pytest.raises(RequestError) as caught:
        encode(m.NpcSay(id=1, npc="Bron", text="x" * 300), Limits(max_body_bytes=200))
    assert caught.value.code == "too_large"
    assert caught.value.details["limit"] == 200


@given(st.binary(max_size=300))
def test_any_body_is_a_message_or_an_error(data: bytes) -> None:
    for direction in DIRECTIONS:
        try:
            decode([TAG, data], DEFAULT_LIMITS, direction)
        except ProtocolError as error:
            assert error.code


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8) | st.integers(0, 5), inner, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = sorted({name for listed in DIRECTIONS.values() for message in listed for name in message.model_fields})
TYPES = sorted({message.model_fields["type"].default for listed in DIRECTIONS.values() for message in listed})


@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(FIELDS), PLAIN, max_size=6))
def test_any_map_is_a_message_or_an_error(name: str, fields: dict[str, Any]) -> None:
    try:
        data = msgpack.packb({**fields, "type": name})
    except (ValueError, OverflowError):
        return
    for direction in DIRECTIONS:
        try:
            message = decode([TAG, data], DEFAULT_LIMITS, direction)
        except ProtocolError as error:
            assert error.code
        else:
            assert decode(encode(message), DEFAULT_LIMITS, direction) == message
