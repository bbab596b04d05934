"""The learning rate as a function of the time that is used."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """Up, level, down: so that a time limit, not a number of steps, ends with a small rate.

    What the steps of a full rate get wrong at random is put right only while it falls, so it begins to fall as soon
    as the first patterns are found, and falls fast at first.

    Attributes:
        warm_until: Part of the time at which the rate is full.
        level_until: Part of the time at which it begins to fall, as the square of the time that is left.
        last: The rate at the very end, as a part of the full one.
        height: The full rate, as a part of the optimizer's; less for a model that has learned much already.
    """

    warm_until: float = 0.01
    level_until: float = 0.06
    last: float = 0.01
    height: float = 1.0

    def scale(self, fraction: float) -> float:
        """Return the factor on the learning rates when a part of the time is used."""
        return self.height * self._part(fraction)

    def _part(self, fraction: float) -> float:
        if fraction < self.warm_until:
            return max(0.05, fraction / self.warm_until)
        if fraction <= self.level_until:
            return 1.0
        left = max(0.0, 1.0 - fraction) / (1.0 - self.level_until)
        return self.last + (1.0 - self.last) * left**2
