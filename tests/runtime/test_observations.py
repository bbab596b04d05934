from __future__ import annotations

from npc_sdk.runtime.observations import Observations


def test_a_known_text_lasts_anew() -> None:
    seen = Observations(3)
    seen.add("Rain.", until_ms=10)
    seen.add("Bell.", until_ms=30)
    seen.add("Rain.", until_ms=50)
    assert seen.current(9) == ("Bell.", "Rain.")
    assert seen.current(30) == ("Rain.",)
    assert seen.current(50) == ()


def test_none_may_be_kept() -> None:
    seen = Observations(0)
    seen.add("Rain.", until_ms=10)
    assert seen.current(0) == ()
