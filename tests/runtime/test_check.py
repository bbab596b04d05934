from __future__ import annotations

import pytest

from npc_sdk.errors import PromptError
from npc_sdk.runtime.check import checked_ms, checked_text


def test_text_at_the_limit_passes() -> None:
    assert checked_text("é" * 4, limit_bytes=8, what="text") == "éééé"
    with pytest.raises(PromptError, match="8"):
        checked_text("é" * 5, limit_bytes=8, what="text")


def test_half_a_surrogate_is_text() -> None:
    assert checked_text("\ud800", limit_bytes=8, what="text") == "\ud800"


def test_no_duration_takes_the_default() -> None:
    assert checked_ms(None, default_ms=5, what="x") == 5
    assert checked_ms(3, default_ms=5, what="x") == 3.0
