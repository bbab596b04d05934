"""Who goes first, how much is read, and that nobody waits for ever."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from npc_sdk.engine.schedule import AGING_S, PATIENCE_S, pack, plan_reading, rank, urgency


@dataclass
class FakeJob:
    boost: int = 2
    submitted: float = 0.0
    deadline: float | None = None
    left: int = 10

    def next_stop(self) -> int:
        return self.left


JOBS = st.lists(
    st.builds(
        FakeJob,
        boost=st.integers(0, 2),
        submitted=st.floats(0, 100),
        deadline=st.none() | st.floats(0, 200),
        left=st.integers(1, 300),
    ),
    max_size=12,
)


@given(JOBS, st.integers(1, 256), st.floats(100, 200))
@settings(max_examples=150, deadline=None)
def test_a_plan_reads_equal_lengths_within_the_quantum(jobs: list[FakeJob], quantum: int, now: float) -> None:
    plan = plan_reading(jobs, quantum, now)
    assert bool(plan) == bool(jobs)
    if not plan:
        return
    assert sum(count for _, count in plan) <= quantum
    assert len({count for _, count in plan}) == 1
    assert len({id(job) for job, _ in plan}) == len(plan)
    assert all(0 < count <= job.next_stop() for job, count in plan)
    assert plan[0][0] is min(jobs, key=lambda job: rank(job, now))


def test_the_urgent_go_first_then_the_hurried_then_the_old() -> None:
    player, companion = FakeJob(0, 5.0), FakeJob(1, 4.0)
    hurried, old, young = FakeJob(2, 5.0, deadline=6.0), FakeJob(2, 4.9), FakeJob(2, 5.0)
    ordered = sorted([young, old, hurried, companion, player], key=lambda job: rank(job, 5.1))
    assert ordered == [player, companion, hurried, old, young]


@given(st.integers(0, 2), st.floats(0, 60))
def test_waiting_raises_the_class(priority: int, waited_s: float) -> None:
    assert 0 <= urgency(priority, waited_s) <= priority
    assert urgency(priority, waited_s + priority * AGING_S) == 0


@given(st.integers(0, 2), st.none() | st.floats(1000, 10_000))
def test_after_its_patience_a_job_passes_everybody_who_comes(boost: int, deadline: float | None) -> None:
    old = FakeJob(boost, 0.0, deadline)
    now = PATIENCE_S + 2 * AGING_S
    newcomers = [FakeJob(0, now, now + 0.1), FakeJob(0, now), FakeJob(1, now, now + 0.01)]
    assert min([*newcomers, old], key=lambda job: rank(job, now)) is old


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(50, 120))
def test_packing_keeps_order_and_limit(lengths: list[int], most: int) -> None:
    calls = pack(lengths, most)
    assert [index for call in calls for index in call] == list(range(len(lengths)))
    assert all(sum(lengths[index] for index in call) <= most for call in calls)
    assert all(calls)
