"""What a fake engine still has to do, by the time on its clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable


class FakeSchedule:
    """Things to do at a time, each for a request or for the engine itself; those of requests can be held up.

    Not thread safe; owned by the fake engine.
    """

    def __init__(self) -> None:
        self._due: list[tuple[float, int, int | None, Callable[[], None]]] = []
        self._held: list[tuple[float, int, int | None, Callable[[], None]]] = []
        self._held_ms: float | None = None
        self._order = itertools.count()

    def plan(self, at_ms: float, request_id: int | None, happen: Callable[[], None]) -> None:
        """Have something happen.

        Args:
            at_ms: When.
            request_id: For which request, or None for the engine itself.
            happen: What.
        """
        is_held = self._held_ms is not None and request_id is not None
        heapq.heappush(self._held if is_held else self._due, (at_ms, next(self._order), request_id, happen))

    def next_ms(self) -> float | None:
        """Return when the next thing is due."""
        return self._due[0][0] if self._due else None

    def pop(self, now_ms: float) -> tuple[int | None, Callable[[], None]] | None:
        """Return the next thing that is due now."""
        if not self._due or self._due[0][0] > now_ms:
            return None
        _, _, request_id, happen = heapq.heappop(self._due)
        return request_id, happen

    def hold(self, now_ms: float) -> None:
        """Hold up everything of requests from now on."""
        if self._held_ms is None:
            self._held_ms = now_ms
            self._held = [entry for entry in self._due if entry[2] is not None]
            self._due = [entry for entry in self._due if entry[2] is None]
            heapq.heapify(self._due)

    def go_on(self, now_ms: float) -> None:
        """Let it happen again, as much later as it was held up."""
        held_ms, self._held_ms = self._held_ms, None
        if held_ms is not None:
            for at_ms, order, request_id, happen in self._held:
                heapq.heappush(self._due, (at_ms + now_ms - held_ms, order, request_id, happen))
            self._held = []
