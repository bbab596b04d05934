"""Limits are whole numbers above zero, and those of other versions can be read."""

from __future__ import annotations

from dataclasses import fields

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits


@pytest.mark.parametrize("value", [0, -1, 1.5, "5", None, True])
def test_a_limit_is_a_whole_number_above_zero(value: object) -> None:
    with pytest.raises(RequestError) as caught:
        Limits(max_npcs=value)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.details["field"]) == ("bad_limit", "max_npcs")


def test_every_limit_is_documented() -> None:
    said = Limits.__doc__ or ""
    assert all(f"{field.name}: " in said for field in fields(Limits))


def test_limits_of_another_version() -> None:
    assert Limits.from_dict({"max_npcs": 5, "max_songs": 9}) == Limits(max_npcs=5)
    assert Limits.from_dict({}) == DEFAULT_LIMITS


def test_the_defaults_fit_each_other() -> None:
    limits = DEFAULT_LIMITS
    assert limits.max_requests <= limits.max_list, "a hello names every open request in one list"
    assert limits.max_turns <= limits.max_requests
    assert limits.max_text_bytes <= limits.max_string_bytes <= limits.max_body_bytes
    assert limits.max_body_bytes <= limits.max_burst_bytes
    assert limits.ping_ms * 2 <= limits.lost_ms < limits.session_ttl_ms
    assert limits.max_events_unacked <= limits.max_events_queued
