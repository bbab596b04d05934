from __future__ import annotations

import subprocess
import sys
from collections import namedtuple
from typing import Any

import psutil
import pytest

from npc_sdk.bench.frame import neighbours as module
from npc_sdk.bench.frame.neighbours import Neighbours

Times = namedtuple("Times", "user system idle iowait steal guest")


class Machine:
    """Stands for the system's clocks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s, self.times, self.own = 0.0, Times(0.0, 0.0, 0.0, 0.0, 0.0, 0.0), {1: 0.0}
        monkeypatch.setattr(module, "perf_counter", lambda: self.now_s)
        monkeypatch.setattr(module.psutil, "cpu_times", lambda: self.times)
        monkeypatch.setattr(module, "_own_seconds", lambda: dict(self.own))
        monkeypatch.setattr(module.os, "cpu_count", lambda: 2)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    ("after", "own_s", "share"),
    [
        (Times(6.0, 2.0, 12.0, 0.0, 0.0, 0.0), 8.0, 0.0),
        (Times(6.0, 2.0, 10.0, 0.0, 2.0, 0.0), 8.0, 0.1),
        (Times(9.0, 3.0, 6.0, 2.0, 0.0, 1.0), 8.0, 0.2),
        (Times(1.0, 0.0, 19.0, 0.0, 0.0, 0.0), 8.0, 0.0),
    ],
    ids=["alone", "stolen", "others", "clocks that disagree"],
)
def test_what_others_had_counts(machine: Machine, after: Times, own_s: float, share: float) -> None:
    watch = Neighbours()
    machine.now_s, machine.times, machine.own = 10.0, after, {1: own_s}
    assert watch.share() == pytest.approx(share)


def test_a_child_that_was_there_before_counts_from_the_beginning(machine: Machine) -> None:
    machine.own = {1: 5.0, 2: 30.0}
    watch = Neighbours()
    machine.now_s, machine.times, machine.own = 10.0, Times(6.0, 0.0, 14.0, 0.0, 0.0, 0.0), {1: 8.0, 2: 33.0}
    assert watch.share() == 0.0


def test_no_time_is_nobodys(machine: Machine) -> None:
    assert Neighbours().share() == 0.0


def test_real_clocks_and_a_child_of_ones_own() -> None:
    before = psutil.cpu_times()
    watch = Neighbours()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True, timeout=60)
    share: Any = watch.share()
    assert 0.0 <= share <= 1.0 and psutil.cpu_times().user >= before.user
