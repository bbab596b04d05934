from __future__ import annotations

from typing import Any

import pytest

from npc_sdk.errors import PromptError, RequestError
from npc_sdk.runtime.check import checked_count, checked_ms, checked_text


def test_text_at_the_limit_passes() -> None:
    assert checked_text("é" * 4, limit_bytes=8, what="text") == "éééé"
    with pytest.raises(PromptError, match="8"):
        checked_text("é" * 5, limit_bytes=8, what="text")


def test_half_a_surrogate_is_text() -> None:
    assert checked_text("\ud800", limit_bytes=8, what="text") == "\ud800"


def test_no_duration_takes_the_default() -> None:
    assert checked_ms(None, default_ms=5, what="x") == 5
    assert checked_ms(3, default_ms=5, what="x") == 3.0


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1e13, True, "5"])
def test_a_duration_that_cannot_be_waited_for(value: Any) -> None:
    with pytest.raises(RequestError) as raised:
        checked_ms(value, default_ms=5, what="deadline_ms")
    assert raised.value.code == "bad_duration"


def test_a_count() -> None:
    assert checked_count(3, what="characters") == 3
    assert checked_count(-3, what="characters") == 0
    for value in (2.5, "2", None, True):
        with pytest.raises(RequestError, match="characters"):
            checked_count(value, what="characters")
