"""Who goes first and how much is read at once: pure functions over jobs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

AGING_S = 2.0
PATIENCE_S = 10.0
"""A job without a deadline is treated as if it had this one: a stream of hurried ones must not pass it for ever."""


class Ranked(Protocol):
    """What ordering needs to know of a job."""

    boost: int
    submitted: float

    @property
    def deadline(self) -> float | None: ...


def urgency(priority: int, waited_s: float) -> int:
    """Return the class of urgency: every ``AGING_S`` seconds of waiting raise it by one, so that nobody starves."""
    return max(0, priority - int(waited_s / AGING_S))


def rank(job: Ranked, now: float) -> tuple[int, float, float]:
    """Return the sort key of a job: class of urgency, then deadline, then age."""
    patience = job.submitted + PATIENCE_S
    deadline = patience if job.deadline is None else min(job.deadline, patience)
    return urgency(job.boost, now - job.submitted), deadline, job.submitted


class Reader(Ranked, Protocol):
    """What planning the reading needs to know of a job."""

    def next_stop(self) -> int:
        """Return how many tokens may be read before the state must be kept."""
        ...


def plan_reading(jobs: Iterable[Reader], quantum: int, now: float) -> list[tuple[Reader, int]]:
    """Choose what to read in one call: at most ``quantum`` tokens, the same number for each job.

    Hybrid models compute ubatches of equal length, so a job joins the first one only if it can read as
    many tokens; the others come in a later call.

    Args:
        jobs: Jobs with something left to read.
        quantum: Most tokens in the call.
        now: Time in seconds.

    Returns:
        Jobs and their number of tokens; empty when there is nothing to read.
    """
    ordered = sorted(jobs, key=lambda job: rank(job, now))
    if not ordered:
        return []
    length = min(ordered[0].next_stop(), quantum)
    chosen = [job for job in ordered if job.next_stop() >= length][: max(1, quantum // length)]
    if ordered[0] not in chosen:
        chosen = [ordered[0], *chosen[:-1]]
    return [(job, length) for job in chosen]


def pack(lengths: Sequence[int], most_tokens: int) -> list[list[int]]:
    """Split rows into calls of at most ``most_tokens`` tokens, in order; returns indices.

    A row longer than a call has a call of its own and must be split by the caller.
    """
    calls: list[list[int]] = []
    room = 0
    for index, length in enumerate(lengths):
        if not calls or length > room:
            calls.append([])
            room = most_tokens
        calls[-1].append(index)
        room -= length
    return calls
