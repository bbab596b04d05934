from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from npc_sdk.budget.apart import ApartProbe
from npc_sdk.budget.guarded import GuardedProbe
from npc_sdk.budget.probe import Device, MemoryReading, NoReading

GOOD = MemoryReading(total_bytes=1000, free_bytes=500, at_ms=0.0, source="x")
CARD = Device(name="card", kind="card")
LONG_S = 30.0


class Gate:
    """A probe that answers when it is let."""

    name = "gate"

    def __init__(self) -> None:
        self.is_open = threading.Event()
        self.is_open.set()
        self.is_closed = threading.Event()
        self.answer: MemoryReading | NoReading | Exception = GOOD
        self.readings = 0
        self.threads: set[str] = set()

    @property
    def device(self) -> Device | None:
        return CARD

    def read(self) -> MemoryReading | NoReading:
        self.readings += 1
        self.threads.add(threading.current_thread().name)
        self.is_open.wait(LONG_S)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.is_closed.set()
        raise OSError("no")


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.is_open.set()


def code_of(seen: MemoryReading | NoReading) -> str:
    assert isinstance(seen, NoReading)
    return seen.code


def test_a_reading_passes(gate: Gate) -> None:
    probe = ApartProbe(gate, answer_ms=1000 * LONG_S)
    assert (probe.name, probe.device) == ("gate", CARD)
    assert probe.read() == GOOD and probe.read() == GOOD
    assert gate.threads == {"npc-probe"} and probe.device == CARD


def test_a_probe_that_hangs_holds_up_nobody(gate: Gate) -> None:
    probe = ApartProbe(gate, answer_ms=20.0)
    gate.is_open.clear()
    began = time.monotonic()
    codes = [code_of(probe.read()) for _ in range(100)]
    assert set(codes) == {"probe_slow"} and gate.readings == 1
    assert time.monotonic() - began < LONG_S / 2
    assert probe.device is None  # asking would hang


def test_what_comes_late_is_given_out_and_then_all_is_well_again(gate: Gate) -> None:
    probe = ApartProbe(gate, answer_ms=1.0, stale_ms=1000 * LONG_S)
    gate.is_open.clear()
    assert code_of(probe.read()) == "probe_slow"
    gate.is_open.set()
    until = time.monotonic() + LONG_S
    while isinstance(probe.read(), NoReading):
        assert time.monotonic() < until
    assert gate.readings >= 1


def test_what_comes_too_late_is_not_given_out(gate: Gate) -> None:
    probe = ApartProbe(gate, answer_ms=1000 * LONG_S, stale_ms=-1.0)
    assert code_of(probe.read()) == "probe_slow"


def test_a_probe_that_raises_does_so_here(gate: Gate) -> None:
    gate.answer = ValueError("no")
    probe = ApartProbe(gate, answer_ms=1000 * LONG_S)
    with pytest.raises(ValueError, match="no"):
        probe.read()
    assert code_of(GuardedProbe(probe).read()) == "probe_failed"
    gate.answer = GOOD
    assert probe.read() == GOOD


def test_it_closes_what_hangs_once_that_comes_back(gate: Gate) -> None:
    probe = ApartProbe(gate, answer_ms=5.0)
    gate.is_open.clear()
    assert code_of(probe.read()) == "probe_slow"
    probe.close()
    probe.close()
    assert not gate.is_closed.is_set()
    assert code_of(probe.read()) == "probe_closed"
    gate.is_open.set()
    assert gate.is_closed.wait(LONG_S)


def test_it_closes_at_once_what_does_not_hang(gate: Gate) -> None:
    probe = ApartProbe(gate, answer_ms=1000 * LONG_S)
    probe.read()
    probe.close()
    assert gate.is_closed.is_set()
