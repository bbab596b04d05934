from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.bench.wire.stamp import STEP_US, stamped, stamps


@given(st.integers(0, 10**12), st.integers(0, 99), st.integers(0, 60_000_000))
def test_an_event_tells_its_number_and_its_age(born_us: int, number: int, age_us: int) -> None:
    ((told, found_us),) = stamps(stamped(number, born_us), born_us + age_us)
    assert told == number
    assert age_us <= found_us <= age_us + STEP_US


def test_several_events_may_come_as_one_text() -> None:
    text = "".join(stamped(number, 1000 * number) for number in range(3)).strip()
    assert [number for number, _ in stamps(text, 5000)] == [0, 1, 2]
    assert stamps("I hear you.", 5000) == []
