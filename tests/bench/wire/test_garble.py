from __future__ import annotations

import msgpack

from npc_sdk.bench.wire.garble import KINDS, Garbler, to_control, to_host
from npc_sdk.errors import ProtocolError
from npc_sdk.wire.codec import DIRECTIONS, decode
from npc_sdk.wire.limits import DEFAULT_LIMITS


def test_the_same_seed_makes_the_same_messages() -> None:
    first, second = Garbler(3, "token"), Garbler(3, "token")
    assert [first.next() for _ in range(300)] == [second.next() for _ in range(300)]


def test_all_kinds_come_and_each_type_is_a_model_for_them() -> None:
    assert {Garbler(1).next().kind} <= set(KINDS)
    garbler = Garbler(2)
    assert {garbler.next().kind for _ in range(500)} == set(KINDS)
    assert {type(message) for message in to_host()} == set(DIRECTIONS["to_host"])
    assert {type(message) for message in to_control()} == set(DIRECTIONS["to_host_control"])


def test_large_and_deep_ones_are_always_refused() -> None:
    garbler = Garbler(4)
    for garbage in (garbler.next() for _ in range(600)):
        if garbage.kind == "nested" or (garbage.kind == "oversized" and _is_list(garbage.frames[1])):
            direction = "to_host" if garbage.channel == "requests" else "to_host_control"
            try:
                decode(garbage.frames, DEFAULT_LIMITS, direction)
            except ProtocolError as error:
                assert error.code
            else:
                raise AssertionError("it was taken")


def _is_list(body: bytes) -> bool:
    try:
        return len(msgpack.unpackb(body)["text"]) > DEFAULT_LIMITS.max_list
    except (ValueError, TypeError, KeyError, msgpack.UnpackException):
        return False
