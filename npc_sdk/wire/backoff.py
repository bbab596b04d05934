"""How long to wait before trying again."""

from __future__ import annotations

import random


class Backoff:
    """Doubles from try to try up to a limit, with chance so that many clients do not come at once. Not thread safe.

    Args:
        first_ms: The first wait.
        limit_ms: The longest wait, before chance.
        seed: Start of the random numbers.
    """

    def __init__(self, *, first_ms: float, limit_ms: float, seed: int) -> None:
        self._first_ms = first_ms
        self._limit_ms = limit_ms
        self._random = random.Random(seed)
        self._tries = 0

    def reset(self) -> None:
        """Begin again with the first wait."""
        self._tries = 0

    def next_ms(self) -> float:
        """Return the next wait: between three and five quarters of its nominal length."""
        nominal_ms = min(self._first_ms * 2.0 ** min(self._tries, 32), self._limit_ms)
        self._tries += 1
        return nominal_ms * self._random.uniform(0.75, 1.25)
