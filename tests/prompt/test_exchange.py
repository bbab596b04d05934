from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npc_sdk.prompt.exchange import oldest_to_drop


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30), st.integers(0, 500))
def test_the_rest_fits_and_a_quarter_goes(sizes, room):
    count = oldest_to_drop(sizes, room)
    assert sum(sizes[count:]) <= room
    assert sum(sizes[:count]) * 4 >= sum(sizes)
    fewer = count - 1
    assert sum(sizes[fewer:]) > room or sum(sizes[:fewer]) * 4 < sum(sizes)
