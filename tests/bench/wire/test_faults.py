from __future__ import annotations

import pytest

from npc_sdk.bench.wire import trials
from npc_sdk.bench.wire.course import Course
from npc_sdk.bench.wire.faults import FAULTS, Fault, measure_faults, run_fault
from npc_sdk.bench.wire.trials import Bench, Trial
from npc_sdk.errors import RequestError, StateError


def test_a_short_cut_leaves_nothing_wrong() -> None:
    fault = Fault(trial=trials.network_cut(0.2), lanes=2, shares_host=True)
    assert run_fault(fault, times=2, seed="a") == []


def test_a_host_that_was_killed_forgets_nothing() -> None:
    assert run_fault(FAULTS["host killed"], times=1, seed="b") == []


def test_what_goes_wrong_in_a_trial_is_told() -> None:
    def wrong(bench: Bench) -> Trial:
        yield
        return [f"wrong {bench.folder.name}"]

    def broken(bench: Bench) -> Trial:
        yield
        raise StateError("It fell.", code="fell")

    assert run_fault(Fault(trial=wrong, lanes=2), times=2, seed="c") == ["wrong trial-1", "wrong trial-0"]
    assert "fell" in run_fault(Fault(trial=broken), times=1, seed="d")[0]


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(RequestError) as refused:
        measure_faults(Course(faults=("earthquake",)))
    assert refused.value.code == "unknown_fault"
