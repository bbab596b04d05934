from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from npc_sdk.budget.guarded import GuardedProbe
from npc_sdk.budget.probe import Device, MemoryReading, NoReading

LOST = NoReading(code="device_lost", reason="Gone.")
GOOD = MemoryReading(total_bytes=1000, free_bytes=500, at_ms=0.0, source="x")
HOLD_MS = 1000.0

Seen = MemoryReading | NoReading | Exception


class Script:
    """A probe that says what it is told to, one answer a reading; the last one for good."""

    name = "x"

    def __init__(self, *answers: Seen) -> None:
        self.answers = list(answers)
        self.at_ms = 0.0
        self.is_closed = False

    @property
    def device(self) -> Device | None:
        raise OSError("no")

    def read(self) -> MemoryReading | NoReading:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return replace(answer, at_ms=self.at_ms) if isinstance(answer, MemoryReading) else answer

    def close(self) -> None:
        self.is_closed = True
        raise OSError("no")

    def now_ms(self) -> float:
        return self.at_ms


def guarded(*answers: Seen) -> tuple[Script, GuardedProbe]:
    script = Script(*answers)
    return script, GuardedProbe(script, hold_ms=HOLD_MS, now_ms=script.now_ms)


def read_at(script: Script, probe: GuardedProbe, at_ms: float) -> MemoryReading:
    script.at_ms = at_ms
    seen = probe.read()
    assert isinstance(seen, MemoryReading)
    return seen


def test_good_readings_pass() -> None:
    script, probe = guarded(GOOD)
    assert read_at(script, probe, 5.0) == replace(GOOD, at_ms=5.0)
    assert probe.name == "x"


def test_before_the_first_good_one_there_is_nothing_to_hold() -> None:
    assert guarded(LOST)[1].read() == LOST


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (LOST, "device_lost"),
        (ValueError("no"), "probe_failed"),
        (replace(GOOD, total_bytes=0), "probe_zero_total"),
        (replace(GOOD, free_bytes=-1), "probe_negative_free"),
        (replace(GOOD, free_bytes=1001), "probe_free_above_total"),
        (replace(GOOD, free_bytes=float("nan")), "probe_failed"),
        (replace(GOOD, total_bytes="8 GiB"), "probe_failed"),
        (replace(GOOD, own_bytes="much"), "probe_failed"),
        (None, "probe_failed"),
        ({"free_bytes": 1}, "probe_failed"),
    ],
)
def test_silence_and_lies_are_held_and_then_the_safe_side(bad: Seen, code: str) -> None:
    script, probe = guarded(GOOD, bad)
    read_at(script, probe, 0.0)
    held = read_at(script, probe, HOLD_MS)
    assert (held.free_bytes, held.at_ms, held.trust) == (500, 0.0, "held")
    assert held.finding is not None and held.finding.code == code
    safe = read_at(script, probe, HOLD_MS + 1.0)
    assert (safe.free_bytes, safe.total_bytes, safe.trust) == (0, 1000, "assumed")
    assert safe.finding is not None and safe.finding.code == code
    script.answers = [GOOD]
    # From nothing to half is a jump; but what counts is the last good value.
    assert read_at(script, probe, HOLD_MS + 2.0).trust == "measured"


def test_bad_news_is_believed_at_once() -> None:
    script, probe = guarded(GOOD, replace(GOOD, free_bytes=0))
    read_at(script, probe, 0.0)
    assert read_at(script, probe, 1.0).free_bytes == 0


def test_good_news_is_believed_when_it_is_said_twice() -> None:
    script, probe = guarded(replace(GOOD, free_bytes=100), replace(GOOD, free_bytes=900))
    read_at(script, probe, 0.0)
    doubted = read_at(script, probe, 60_000.0)
    assert (doubted.free_bytes, doubted.trust) == (100, "held"), "held from the doubt on, however old it is"
    assert doubted.finding is not None and doubted.finding.code == "probe_jump"
    assert read_at(script, probe, 60_100.0).free_bytes == 900


def test_figures_that_keep_jumping_end_on_the_safe_side() -> None:
    jumps = [replace(GOOD, total_bytes=size, free_bytes=0) for size in (2000, 4000) for _ in range(1)] * 50
    script, probe = guarded(GOOD, *jumps)
    read_at(script, probe, 0.0)
    seen = [read_at(script, probe, at_ms) for at_ms in range(100, 2000, 100)]
    assert {one.trust for one in seen} == {"held", "assumed"}
    assert seen[-1].finding is not None and seen[-1].finding.code == "probe_total_changed"


def test_a_device_of_another_size_is_believed_when_it_stays() -> None:
    script, probe = guarded(GOOD, replace(GOOD, total_bytes=2000, free_bytes=600))
    read_at(script, probe, 0.0)
    assert read_at(script, probe, 1.0).total_bytes == 1000
    assert read_at(script, probe, 2.0).total_bytes == 2000


def test_parts_that_cannot_be_are_left_out() -> None:
    absurd = replace(GOOD, own_bytes=1001, used_by_others_bytes=-1, reserved_bytes=10, utilisation=7.0)
    script, probe = guarded(absurd)
    seen = read_at(script, probe, 0.0)
    assert (seen.own_bytes, seen.used_by_others_bytes, seen.reserved_bytes, seen.utilisation) == (None, None, 10, None)
    assert set(seen.missing) == {"own_bytes", "used_by_others_bytes", "utilisation"}
    assert seen.trust == "measured"


def test_a_probe_that_breaks_its_promise_reaches_nobody() -> None:
    script, probe = guarded(GOOD)
    assert probe.device is None
    probe.close()
    assert script.is_closed
    seen = probe.read()
    assert isinstance(seen, NoReading) and seen.code == "probe_closed"


numbers = some.integers(-(2**70), 2**70)
readings = some.builds(
    MemoryReading,
    total_bytes=numbers,
    free_bytes=numbers,
    at_ms=some.just(0.0),
    source=some.just("x"),
    used_by_others_bytes=some.none() | numbers,
    own_bytes=some.none() | numbers,
    reserved_bytes=some.none() | numbers,
    utilisation=some.none() | some.floats(),
)
answers = some.lists(readings | some.just(LOST) | some.just(RuntimeError("x")), min_size=1, max_size=30)


@given(answers, some.lists(some.floats(0.0, 5000.0), min_size=30, max_size=30))
def test_whatever_a_probe_says_the_guard_says_what_can_be(script_of: list[Seen], pauses_ms: Iterable[float]) -> None:
    script, probe = guarded(*script_of)
    for pause_ms in pauses_ms:
        script.at_ms += pause_ms
        seen = probe.read()
        if isinstance(seen, NoReading):
            continue
        assert 0 <= seen.free_bytes <= seen.total_bytes
        for part in (seen.own_bytes, seen.used_by_others_bytes, seen.reserved_bytes):
            assert part is None or 0 <= part <= seen.total_bytes
        assert seen.utilisation is None or 0.0 <= seen.utilisation <= 1.0
        assert (seen.trust == "measured") == (seen.finding is None)
        assert seen.trust != "assumed" or seen.free_bytes == 0
