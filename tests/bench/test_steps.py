from __future__ import annotations

from dataclasses import replace

import pytest

from npc_sdk.bench.harness import Waiter
from npc_sdk.bench.steps import _change, _row, _suspend
from npc_sdk.errors import CapacityError
from npc_sdk.testing import FakeEngine


def test_changes_are_waited_for() -> None:
    engine = FakeEngine()
    waiter = Waiter(engine)
    taken_ms, load_ms = _change(waiter, replace(engine.config, slots=2))
    assert taken_ms >= 0 == load_ms
    assert engine.config.slots == 2
    assert _suspend(waiter)[0] >= 0
    assert engine.is_suspended


def test_a_change_that_fails_ends_the_measurement() -> None:
    engine = FakeEngine()
    waiter = Waiter(engine)
    engine.script_change(error=CapacityError("No room."))
    with pytest.raises(CapacityError):
        _change(waiter, replace(engine.config, slots=2))


def test_the_worst_counts() -> None:
    row = _row("starter", "fewer slots", [(10.0, 0.0), (300.0, 0.0), (20.0, 0.0)], 250.0)
    assert (row.value, row.is_met, row.detail) == (300.0, False, "median 20 ms")
    assert "loading 5 ms more" in _row("starter", "other", [(1.0, 5.0)], 250.0).detail
