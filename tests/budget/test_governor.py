from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.budget.governor import Governor, GovernorConfig, Pressure, Step
from npc_sdk.budget.guarded import GuardedProbe
from npc_sdk.budget.plan import Footprint, Off, Plan, Rung
from npc_sdk.budget.probe import MemoryReading, Probe
from npc_sdk.errors import RequestError
from npc_sdk.testing import FakeClock
from npc_sdk.testing.simulated_probe import SimulatedProbe, shipped_trace, shipped_traces

MIB = 1 << 20
TOTAL = 8192 * MIB
PERIOD_MS = 100.0
CONFIG = GovernorConfig()


def make_plan(mib: int, **changes: object) -> Plan:
    plan = Plan(
        model_path="4b.gguf",
        model_name="4b",
        layers=43,
        gpu_layers=43,
        slots=4,
        cells=8192,
        kv_type="f16",
        quantum=128,
        threads=1,
        footprint=Footprint(weights_bytes=mib * MIB),
        host_footprint=Footprint(weights_bytes=300 * MIB),
    )
    return replace(plan, **changes)


LADDER: tuple[Rung, ...] = (
    make_plan(3000, slots=8),
    make_plan(2900, slots=4),
    make_plan(2700, slots=2),
    make_plan(2500, cells=2048),
    make_plan(1500, gpu_layers=20),
    make_plan(400, model_path="small.gguf"),
    make_plan(0, gpu_layers=0),
    Off(),
)


def reading(free_mib: float, governor: Governor | None = None, at_ms: float = 0.0) -> MemoryReading:
    own = 0 if governor is None else governor.bytes_of(governor.rung)
    return MemoryReading(total_bytes=TOTAL, free_bytes=int(free_mib * MIB), at_ms=at_ms, source="test", own_bytes=own)


class Walk:
    """Lets time pass over a governor whose steps are made at once, and checks what must always hold."""

    def __init__(self, governor: Governor) -> None:
        self.governor = governor
        self.now_ms = 0.0
        self.steps: list[Step] = []

    def tick(self, others_mib: float, **pressure: object) -> Step | None:
        before = self.governor.index
        own = self.governor.bytes_of(self.governor.rung)
        free = max(0, TOTAL - int(others_mib * MIB) - own)
        seen = MemoryReading(
            total_bytes=TOTAL,
            free_bytes=free,
            at_ms=self.now_ms,
            source="test",
            own_bytes=own,
            used_by_others_bytes=int(others_mib * MIB),
        )
        told = Pressure(now_ms=self.now_ms, reading=seen, **pressure)  # type: ignore[arg-type]
        step = self.governor.tick(told)
        self.check(step, before, told)
        self.now_ms += PERIOD_MS
        return step

    def check(self, step: Step | None, before: int, told: Pressure) -> None:
        assert told.reading is not None
        room = max(0, TOTAL - (told.reading.used_by_others_bytes or 0) - told.reserve_bytes)
        assert self.governor.bytes_of(self.governor.rung) <= room
        assert (step is None) == (self.governor.index == before)
        if step is None:
            return
        if step.is_up:
            assert step.to_index == step.from_index - 1
            ups = [earlier for earlier in self.steps if earlier.is_up]
            assert not ups or step.at_ms - ups[-1].at_ms >= CONFIG.up_every_ms
            for earlier in self.steps:
                if not earlier.is_up:
                    assert step.at_ms - earlier.at_ms >= CONFIG.cool_ms(earlier.cause)
        self.steps.append(step)

    def calm(self, others_mib: float, seconds: float = 90.0) -> None:
        for _ in range(int(seconds * 1000 / PERIOD_MS)):
            self.tick(others_mib)


def test_memory_that_got_short_is_given_back_in_one_step() -> None:
    governor = Governor(LADDER)
    assert governor.tick(Pressure(now_ms=0, reading=reading(100, governor))) is None
    others = TOTAL // MIB - 1600
    step = Walk(governor).tick(others)
    assert step is not None
    assert (step.from_index, step.to_index, step.cause) == (0, 4, "memory")
    assert "1,600 MiB may be taken, 3,000 MiB were planned" in step.words


def test_a_reserve_of_the_game_is_named_as_the_cause() -> None:
    governor = Governor(LADDER)
    step = Walk(governor).tick(4000, reserve_bytes=0)
    assert step is None
    walk = Walk(governor)
    step = walk.tick(4000, reserve_bytes=1500 * MIB)
    assert step is not None
    assert (step.to_index, step.cause) == (3, "reserve")
    assert "The game wants 1,500 MiB free" in step.words


def test_a_reserve_above_the_card_leaves_the_gpu_but_keeps_the_model() -> None:
    governor = Governor(LADDER)
    walk = Walk(governor)
    step = walk.tick(1000, reserve_bytes=99_000 * MIB)
    assert step is not None
    assert step.to_rung == LADDER[6]
    assert walk.tick(1000, reserve_bytes=99_000 * MIB) is None


def test_nothing_fits_the_host_either_so_the_model_goes_off() -> None:
    governor = Governor(LADDER)
    step = Walk(governor).tick(8192, host_room_bytes=10 * MIB)
    assert step is not None
    assert isinstance(step.to_rung, Off)


def test_a_cap_holds_without_any_reading() -> None:
    governor = Governor(LADDER)
    assert governor.tick(Pressure(now_ms=0)) is None
    step = governor.tick(Pressure(now_ms=1, cap_bytes=450 * MIB))
    assert step is not None
    assert step.to_index == 5


def test_after_calm_it_goes_up_rung_by_rung_to_the_first_plan() -> None:
    walk = Walk(Governor(LADDER))
    walk.tick(8192)
    assert walk.governor.index == 6
    walk.calm(2000, seconds=CONFIG.memory_cool_ms / 1000 - PERIOD_MS / 1000)
    assert walk.governor.index == 6
    walk.calm(2000, seconds=8)
    assert walk.governor.index == 0
    assert [step.cause for step in walk.steps[1:]] == ["calm"] * 6


def test_a_passing_ease_moves_nothing() -> None:
    walk = Walk(Governor(LADDER))
    for _ in range(100):
        for others in (8192, *[2000] * int(CONFIG.calm_ms / PERIOD_MS - 2)):
            walk.tick(others)
    assert walk.governor.index == 6


def test_steps_up_that_are_taken_back_come_less_and_less_often() -> None:
    walk = Walk(Governor(LADDER[:2]))
    for second in range(300):
        for _ in range(10):
            walk.tick(5000 if second % 8 else 5250)
    ups = [step.at_ms for step in walk.steps if step.is_up]
    waits = [after - before for before, after in zip(ups, ups[1:], strict=False)]
    assert len(ups) < 12
    assert waits[-1] > 2 * waits[0]


def test_held_and_assumed_readings_take_nothing_more() -> None:
    governor = Governor(LADDER, index=3)
    for second in range(60):
        held = replace(reading(4000, governor), trust="held" if second % 2 else "assumed")
        assert governor.tick(Pressure(now_ms=second * 1000.0, reading=held)) is None


def test_late_frames_step_down_one_rung_at_a_time_and_never_to_off() -> None:
    walk = Walk(Governor(LADDER))
    for _ in range(2000):
        walk.tick(1000, late_share=0.2)
    assert walk.governor.index == 6
    assert {step.cause for step in walk.steps} == {"frame"}
    assert all(step.to_index == step.from_index + 1 for step in walk.steps)
    gaps = [after.at_ms - before.at_ms for before, after in zip(walk.steps, walk.steps[1:], strict=False)]
    assert min(gaps) >= CONFIG.frame_cool_ms
    assert walk.steps[0].at_ms >= CONFIG.late_ms


def test_a_few_late_frames_are_no_pressure() -> None:
    walk = Walk(Governor(LADDER))
    for tick in range(600):
        walk.tick(1000, late_share=0.2 if tick % 20 < 10 else 0.0)
    assert not walk.steps


def test_a_collapse_of_speed_steps_down_once_and_up_again_after_calm() -> None:
    walk = Walk(Governor(LADDER))
    for tick in range(50):
        walk.tick(1000, tokens_per_s=60.0 + tick % 3)
    walk.tick(1000, tokens_per_s=6.0)
    assert not walk.steps
    for _ in range(5):
        walk.tick(1000, tokens_per_s=6.0)
    assert [(step.cause, step.to_index) for step in walk.steps] == [("speed", 1)]
    assert "6.0 a second of computing instead of 61.0" in walk.steps[0].words
    for _ in range(200):
        walk.tick(1000, tokens_per_s=61.0)
    assert walk.governor.index == 0


def test_no_step_up_while_the_engine_changes() -> None:
    walk = Walk(Governor(LADDER, index=2))
    for _ in range(100):
        walk.tick(1000, is_changing=True)
    assert not walk.steps
    walk.tick(1000)
    assert len(walk.steps) == 1


def test_a_step_up_that_fails_is_not_tried_again_soon() -> None:
    walk = Walk(Governor(LADDER, index=2))
    while not walk.steps:
        walk.tick(1000)
    assert walk.governor.failed(walk.steps[0], walk.now_ms) is None
    assert walk.governor.index == 2
    walk.steps.clear()
    walk.calm(1000, seconds=59)
    assert walk.governor.index == 2
    walk.calm(1000, seconds=20)
    assert walk.governor.index == 0


def test_a_crash_on_the_way_up_holds_it_up_once() -> None:
    walk = Walk(Governor(LADDER, index=1))
    while not walk.steps:
        walk.tick(1000)
    assert walk.governor.failed(walk.steps[0], walk.now_ms, is_crash=True) is None
    walk.steps.clear()
    walk.calm(1000, seconds=15)
    assert walk.governor.index == 0, "a crash says little about the step"
    assert walk.governor.failed(walk.steps[0], walk.now_ms, is_crash=True) is None
    walk.calm(1000, seconds=50)
    assert walk.governor.index == 1, "two of them say more"
    walk.calm(1000, seconds=20)
    assert walk.governor.index == 0


def test_a_step_down_that_fails_goes_further_down() -> None:
    walk = Walk(Governor(LADDER))
    step = walk.tick(5250)
    assert step is not None
    further = walk.governor.failed(step, walk.now_ms)
    assert further is not None
    assert (further.from_index, further.to_index, further.cause) == (step.to_index, step.to_index + 1, "failed")
    assert walk.governor.failed(step, walk.now_ms) is None


def test_the_last_rung_has_nothing_below() -> None:
    governor = Governor((Off(),))
    assert governor.tick(Pressure(now_ms=0, cap_bytes=0, late_share=1.0)) is None
    step = Step(from_index=0, to_index=0, from_rung=Off(), to_rung=Off(), cause="memory", words="", at_ms=0.0)
    assert governor.failed(step, 0.0) is None


def test_on_memory_that_both_share_both_sides_count() -> None:
    rung = make_plan(0, host_footprint=Footprint(weights_bytes=300 * MIB))
    assert Governor((rung,), is_unified=True).bytes_of(rung) == rung.device_bytes + rung.host_bytes
    assert Governor((rung,)).bytes_of(rung) == rung.device_bytes


def test_on_the_cpu_the_memory_of_the_host_counts() -> None:
    rungs = [make_plan(0, gpu_layers=0, host_footprint=Footprint(weights_bytes=mib * MIB)) for mib in (900, 600)]
    governor = Governor((*rungs, Off()), device="cpu")
    step = Walk(governor).tick(TOTAL // MIB - 700)
    assert step is not None
    assert step.to_index == 1
    step = Walk(governor).tick(TOTAL // MIB)
    assert step is not None
    assert isinstance(step.to_rung, Off)


def test_what_cannot_be_used_is_refused() -> None:
    with pytest.raises(RequestError) as caught:
        Governor(())
    assert caught.value.code == "empty_ladder"
    for bad in ({"calm_ms": -1.0}, {"collapse": 0.5}, {"late_ms": float("nan")}):
        with pytest.raises(RequestError) as caught:
            GovernorConfig(**bad)
        assert caught.value.code == "bad_governor_config"


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 4000), min_size=1, max_size=8, unique=True),
    trace=st.lists(
        st.tuples(st.integers(0, 9000), st.integers(1, 60), st.sampled_from((0, 512, 3000))), min_size=1, max_size=12
    ),
    start=st.integers(0, 7),
)
def test_whatever_happens_the_budget_holds_and_calm_brings_the_first_plan_back(
    sizes: list[int], trace: list[tuple[int, int, int]], start: int
) -> None:
    rungs = [make_plan(mib) for mib in sorted(sizes, reverse=True)]
    walk = Walk(Governor((*rungs, Off()), index=start))
    for others, ticks, reserve in trace:
        for _ in range(ticks):
            walk.tick(min(others, TOTAL // MIB), reserve_bytes=reserve * MIB)
    walk.calm(0, seconds=CONFIG.longest_cool_ms / 1000 + len(rungs) + 5)
    assert walk.governor.index == 0


@settings(max_examples=40, deadline=None)
@given(
    trace=st.lists(
        st.tuples(
            st.integers(0, 8192),
            st.floats(0, 1, allow_nan=False),
            st.none() | st.floats(0, 100, allow_nan=False),
            st.integers(1, 40),
        ),
        max_size=10,
    )
)
def test_late_frames_and_slow_tokens_never_break_the_rules_of_the_budget(
    trace: list[tuple[int, float, float | None, int]],
) -> None:
    walk = Walk(Governor(LADDER))
    for others, late, speed, ticks in trace:
        for _ in range(ticks):
            walk.tick(others, late_share=late, tokens_per_s=speed)
    walk.calm(1000)
    assert walk.governor.index == 0


@pytest.mark.parametrize("name", shipped_traces())
@pytest.mark.parametrize("is_guarded", [False, True])
def test_the_shipped_traces(name: str, is_guarded: bool) -> None:
    clock = FakeClock()
    governor = Governor(LADDER)
    trace = shipped_trace(name)
    own = lambda: governor.bytes_of(governor.rung)  # noqa: E731
    simulated = SimulatedProbe(trace, clock, own_bytes=own)
    probe: Probe = GuardedProbe(simulated, now_ms=clock.now_ms) if is_guarded else simulated
    walk = Walk(governor)
    longest = trace.samples[-1].at_ms + 90_000
    while clock.now_ms() < longest:
        seen = probe.read()
        assert isinstance(seen, MemoryReading)
        before = governor.index
        step = governor.tick(Pressure(now_ms=clock.now_ms(), reading=seen))
        truth = simulated.read()
        assert isinstance(truth, MemoryReading)
        others = truth.used_by_others_bytes or 0
        assert own() <= max(0, truth.total_bytes - others), (name, clock.now_ms())
        if step is not None:
            assert step.from_index == before
            if step.is_up:
                downs = [earlier for earlier in walk.steps if not earlier.is_up]
                ups = [earlier for earlier in walk.steps if earlier.is_up]
                assert not ups or step.at_ms - ups[-1].at_ms >= CONFIG.up_every_ms
                assert all(step.at_ms - down.at_ms >= CONFIG.cool_ms(down.cause) for down in downs)
            walk.steps.append(step)
        clock.advance(PERIOD_MS)
    last_room = trace.samples[-1].total_bytes - trace.samples[-1].used_by_others_bytes
    best = next(index for index, rung in enumerate(LADDER) if governor.bytes_of(rung) <= last_room)
    assert governor.index == best
    assert len(walk.steps) < 40
