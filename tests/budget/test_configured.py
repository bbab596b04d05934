from __future__ import annotations

import pytest

from npc_sdk.budget.configured import ConfiguredProbe
from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.errors import RequestError


def test_it_says_what_it_was_told() -> None:
    probe = ConfiguredProbe(100)
    seen = probe.read()
    assert isinstance(seen, MemoryReading)
    assert (seen.total_bytes, seen.free_bytes, seen.own_bytes) == (100, 100, 0)
    assert seen.room_bytes(60) == 100, "what the model holds is part of the figure"
    assert probe.device is not None and probe.device.kind == "configured"
    probe.close()
    assert isinstance(probe.read(), NoReading)


@pytest.mark.parametrize("n_bytes", [0, -1])
def test_nothing_is_no_budget(n_bytes: int) -> None:
    with pytest.raises(RequestError) as caught:
        ConfiguredProbe(n_bytes)
    assert caught.value.code == "bad_budget"
