"""A GPU without a GPU: work of several programs on one device, in simulated time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from npc_sdk.errors import StateError

Sharing: TypeAlias = Literal["sliced", "exclusive"]

_DONE_MS = 1e-9


@dataclass(slots=True)
class _Job:
    name: str
    left_ms: float


class SimulatedGpu:
    """One device, on which every program has at most one piece of work at a time.

    Time moves through :meth:`advance` alone. Not thread safe.

    Args:
        sharing: ``sliced`` gives everybody who has work an equal part of the time, as drivers do between
            processes; ``exclusive`` lets each piece of work run to its end in the order of arrival.
    """

    def __init__(self, sharing: Sharing = "sliced") -> None:
        self.now_ms = 0.0
        self.busy_ms: dict[str, float] = {}
        self._is_sliced = sharing == "sliced"
        self._jobs: list[_Job] = []

    def start(self, name: str, work_ms: float) -> None:
        """Hand in work that would take ``work_ms`` on an idle device.

        Raises:
            StateError: This program's last work is not done (``device_busy``).
        """
        if self.is_running(name):
            raise StateError(f"{name} has work on the device.", "Wait for its end.", code="device_busy")
        self._jobs.append(_Job(name, max(work_ms, _DONE_MS)))

    def is_running(self, name: str) -> bool:
        """Tell whether a program's work is not done yet."""
        return any(job.name == name for job in self._jobs)

    def next_end_ms(self) -> float | None:
        """Return when the next piece of work ends if no other is handed in before, or None."""
        if not self._jobs:
            return None
        if self._is_sliced:
            return self.now_ms + min(job.left_ms for job in self._jobs) * len(self._jobs)
        return self.now_ms + self._jobs[0].left_ms

    def advance(self, until_ms: float) -> list[str]:
        """Let time pass, at most to the next end of work.

        Returns:
            Whose work ended; time stands at that moment then, else at ``until_ms``.
        """
        end_ms = self.next_end_ms()
        stop_ms = until_ms if end_ms is None else min(until_ms, end_ms)
        served = self._jobs if self._is_sliced else self._jobs[:1]
        for job in served:
            part_ms = max(0.0, stop_ms - self.now_ms) / len(served)
            job.left_ms -= part_ms
            self.busy_ms[job.name] = self.busy_ms.get(job.name, 0.0) + part_ms
        self.now_ms = max(self.now_ms, stop_ms)
        ended = [job.name for job in self._jobs if job.left_ms <= _DONE_MS]
        self._jobs = [job for job in self._jobs if job.left_ms > _DONE_MS]
        return ended
