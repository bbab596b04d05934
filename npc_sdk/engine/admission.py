"""Who of those that wait may start now: their place in line, a slot, enough cells, nobody to wait for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from heapq import nsmallest

import numpy as np

from npc_sdk.engine.job import Job, JobState
from npc_sdk.engine.memory import SequenceMemory
from npc_sdk.engine.schedule import PATIENCE_S, rank
from npc_sdk.engine.slots import Slot

_LOOK_AHEAD = 32


def admissible(jobs: Mapping[int, Job], memory: SequenceMemory, now: float) -> Iterator[Job]:
    """Yield the jobs that can start, each after the one before has started.

    Less urgent jobs are suspended where that gives a more urgent one its place.

    Args:
        jobs: All jobs.
        memory: Tells whether there is room, and gives it.
        now: Time in seconds.
    """
    waiting = [job for job in jobs.values() if job.state is JobState.WAITING]
    if not waiting:
        return
    for job in jobs.values():
        job.boost = int(job.request.priority)
    # Only the foremost are looked at: with a thousand waiting, asking all of them would be the step's cost.
    for job in nsmallest(_LOOK_AHEAD, waiting, key=lambda job: rank(job, now)):
        if is_running(jobs.values(), job.request.sequence) or _is_being_read(job, jobs.values(), memory):
            continue
        if memory.can_hold(job.request.sequence, job.worst_cells) or _make_way(job, jobs.values(), memory, now):
            yield job
        elif now - job.submitted > PATIENCE_S:
            return  # smaller ones must not fill for ever the room that this one waits for


def is_running(jobs: Collection[Job], sequence: str) -> bool:
    """Tell whether a job of a sequence has a slot."""
    return any(job.request.sequence == sequence and job.state is not JobState.WAITING for job in jobs)


def _is_being_read(job: Job, jobs: Collection[Job], memory: SequenceMemory) -> bool:
    """Tell whether somebody is just reading a prefix that this job shares; it is cheaper to wait for it."""
    have = memory.longest_prefix(job.prompt)
    for boundary in reversed(job.request.boundaries):
        if boundary.length <= have:
            return False
        for other in jobs:
            if other.state is JobState.READING and _reads_for(other, job, boundary.length):
                other.boost = min(other.boost, job.boost)
                return True
    return False


def _reads_for(reader: Job, job: Job, length: int) -> bool:
    stops = any(stop.length == length for stop in reader.stops)
    return stops and reader.position < length and bool(np.array_equal(reader.prompt[:length], job.prompt[:length]))


def _make_way(job: Job, jobs: Collection[Job], memory: SequenceMemory, now: float) -> bool:
    """Suspend less urgent jobs if that gives this one its place; False when it would not."""
    others = [other for other in jobs if other.slot is not None and other.urgency > job.request.priority]
    others.sort(key=lambda other: (other.urgency, other.submitted), reverse=True)
    given_up: list[Slot] = []
    for count, other in enumerate(others, 1):
        given_up += [other.slot] if other.slot is not None else []
        if memory.can_hold(job.request.sequence, job.worst_cells, without=given_up):
            for victim, slot in zip(others[:count], given_up, strict=True):
                victim.suspend(now)
                memory.release(slot)
            return True
    return False
