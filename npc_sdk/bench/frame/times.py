"""Frame times and what they come to."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

FPS: Final = 60.0
TARGET_MS: Final = 1000.0 / FPS
LONG_MS: Final = 2 * TARGET_MS
SLACK_MS: Final = 1.0
"""How much later than its time a frame may begin before it counts as late: a sleep is not more exact than that."""


def _doubles() -> array[float]:
    return array("d")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLog:
    """One entry for each frame, in milliseconds.

    Args:
        interval_ms: From the start of the frame before to the start of this one.
        work_ms: From the start of this frame until it was drawn.
        model_ms: The part of it that the model's side took: polling, asking, hints.
    """

    interval_ms: array[float] = field(default_factory=_doubles)
    work_ms: array[float] = field(default_factory=_doubles)
    model_ms: array[float] = field(default_factory=_doubles)

    def add(self, interval_ms: float, work_ms: float, model_ms: float) -> None:
        """Take note of a frame."""
        self.interval_ms.append(interval_ms)
        self.work_ms.append(work_ms)
        self.model_ms.append(model_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What many times come to, in milliseconds: half of them, 99 of 100 and 999 of 1000 took no longer."""

    p50: float = 0.0
    p99: float = 0.0
    p999: float = 0.0
    longest: float = 0.0


def spread(times_ms: Sequence[float]) -> Spread:
    """Return what times come to; zeros for none."""
    ordered = sorted(times_ms)
    if not ordered:
        return Spread()
    return Spread(
        p50=quantile(ordered, 0.5), p99=quantile(ordered, 0.99), p999=quantile(ordered, 0.999), longest=ordered[-1]
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the time that a share of sorted times stays under.

    Args:
        ordered: Shortest first, at least one.
        share: From 0 to 1.
    """
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFigures:
    """Frames of one run.

    Args:
        frames: How many there were.
        interval_ms: From the start of one frame to the start of the next.
        work_ms: From the start of a frame until it was drawn.
        model_ms: The part of the work that the model's side took.
        late: Frames that began more than a millisecond after their time.
        long: Frames whose interval was longer than two frames (33.3 ms).
    """

    frames: int
    interval_ms: Spread
    work_ms: Spread
    model_ms: Spread
    late: int
    long: int

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return asdict(self)


def figures_of(log: FrameLog) -> FrameFigures:
    """Return what the frames of a run come to."""
    return FrameFigures(
        frames=len(log.interval_ms),
        interval_ms=spread(log.interval_ms),
        work_ms=spread(log.work_ms),
        model_ms=spread(log.model_ms),
        late=count_over(log.interval_ms, TARGET_MS + SLACK_MS),
        long=count_over(log.interval_ms, LONG_MS),
    )


def count_over(times_ms: Sequence[float], limit_ms: float) -> int:
    """Return how many times are longer than a limit."""
    return sum(time_ms > limit_ms for time_ms in times_ms)
