from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG, decode, encode
from npc_sdk.wire.host_core import owner_of
from npc_sdk.wire.limits import DEFAULT_LIMITS
from npc_sdk.wire.scrub import Scrubber

KEY = "real-key-" + "x" * 30
TOKEN = "real-token"


def test_tokens_are_left_out_and_keys_replaced_by_the_same_made_up_one() -> None:
    scrubber = Scrubber()
    hello = m.Hello(attempt=1, protocol="1.0", instance="i", token=TOKEN, owner_key=KEY)
    attach = m.Attach(attempt=1, session="s", owner_key=KEY)
    first, second = (scrubber.message(encode(each))["message"] for each in (hello, attach))
    assert "token" not in first and first["owner_key"] == second["owner_key"] != KEY
    again = decode([TAG, msgpack.packb(first)], DEFAULT_LIMITS, "to_host")
    assert isinstance(again, m.Hello) and again.owner_key == first["owner_key"]
    assert scrubber.key("another-key") != first["owner_key"]


def test_owners_and_sequences_are_those_of_the_made_up_key() -> None:
    scrubber = Scrubber()
    made_up = scrubber.key(KEY)
    assert scrubber.real_owner(made_up) == owner_of(KEY)
    assert scrubber.owner(owner_of(KEY)) == owner_of(made_up)
    assert scrubber.sequence(f"{owner_of(KEY)[:16]}:Bron: 2") == f"{owner_of(made_up)[:16]}:Bron: 2"
    assert scrubber.sequence("plain") == "plain" and scrubber.owner("other") == "other"


@pytest.mark.parametrize(
    "frames",
    [[], [TAG], [b"x" * 40, b"y"], [TAG, KEY.encode()], [TAG, msgpack.packb([KEY])], [TAG, b"{}", KEY.encode()]],
)
def test_of_what_cannot_be_read_only_the_size_is_told(frames: list[bytes]) -> None:
    told = Scrubber().message(frames)
    assert told == {"sizes": [len(frame) for frame in frames], "tag": frames[0][:16] if frames else b""}


@given(st.dictionaries(st.sampled_from(["type", "token", "owner_key", "id"]), st.text() | st.integers(0, 9)))
def test_no_secret_is_ever_in_a_scrubbed_message(message: dict[str, Any]) -> None:
    if isinstance(message.get("token"), str):
        message["token"] = TOKEN
    if isinstance(message.get("owner_key"), str):
        message["owner_key"] = KEY
    told = repr(Scrubber().message([TAG, msgpack.packb(message)]))
    assert TOKEN not in told and KEY not in told
