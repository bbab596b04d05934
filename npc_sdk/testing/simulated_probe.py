"""A GPU for tests: its memory follows a recorded or made trace."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from npc_sdk.budget.probe import PROBE_CLOSED, Device, MemoryReading, NoReading
from npc_sdk.budget.trace import Trace, TraceFinding, TraceSample
from npc_sdk.errors import RequestError
from npc_sdk.runtime.clock import Clock

AtEnd = Literal["hold", "repeat", "stop"]

_FOLDER = Path(__file__).parent / "traces"


def shipped_traces() -> tuple[str, ...]:
    """Return the names of the traces that come with the package."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.jsonl")))


def shipped_trace(name: str) -> Trace:
    """Return a trace that comes with the package.

    Raises:
        RequestError: There is none of this name (``unknown_trace``).
    """
    names = shipped_traces()
    if name not in names:
        raise RequestError(
            f"There is no trace {name!r}.", f"There are: {', '.join(names)}.", code="unknown_trace", names=list(names)
        )
    return Trace.load(_FOLDER / f"{name}.jsonl")


class SimulatedProbe:
    """Replays a trace on a clock; the trace begins when the probe is made.

    Where time is missing in the trace, there is no reading (``trace_gap``). Not thread-safe, as every probe.

    Args:
        trace: What others do; its findings are this probe's.
        clock: The clock that it runs on.
        own_bytes: Says what the model holds now, which is then not free; nothing by default.
        at_end: What comes after the last sample: the same for good, the trace once more, or no reading
            (``trace_ended``).
    """

    def __init__(
        self, trace: Trace, clock: Clock, *, own_bytes: Callable[[], int] | None = None, at_end: AtEnd = "hold"
    ) -> None:
        self._trace = trace
        self._clock = clock
        self._own_bytes = own_bytes or _nothing
        self._at_end = at_end
        self._times_ms = [sample.at_ms for sample in trace.samples]
        self._gap_ms = trace.gap_ms
        self._start_ms = clock.now_ms() - self._times_ms[0]
        self._is_closed = False

    @property
    def name(self) -> str:
        """``simulated``."""
        return "simulated"

    @property
    def device(self) -> Device | None:
        """A GPU that is not there."""
        return Device(name=self._trace.about or "a simulated GPU", kind="simulated")

    @property
    def findings(self) -> tuple[TraceFinding, ...]:
        """What is wrong with the trace."""
        return self._trace.findings

    @property
    def frame_ms(self) -> float | None:
        """How long the game takes for a frame now; None when the trace does not say."""
        sample = self._sample()
        return sample.frame_ms if isinstance(sample, TraceSample) else None

    def read(self) -> MemoryReading | NoReading:
        """Return what the trace says about now."""
        sample = PROBE_CLOSED if self._is_closed else self._sample()
        if isinstance(sample, NoReading):
            return sample
        own = max(0, self._own_bytes())
        return MemoryReading(
            total_bytes=sample.total_bytes,
            free_bytes=max(0, sample.total_bytes - sample.used_by_others_bytes - own),
            at_ms=self._clock.now_ms(),
            source=self.name,
            used_by_others_bytes=sample.used_by_others_bytes,
            own_bytes=own,
            reserved_bytes=0,
            missing={"utilisation": "a trace does not say"},
        )

    def close(self) -> None:
        """End reading."""
        self._is_closed = True

    def _sample(self) -> TraceSample | NoReading:
        at_ms = self._clock.now_ms() - self._start_ms
        last_ms = self._times_ms[-1]
        if at_ms > last_ms and self._at_end == "repeat":
            at_ms = self._times_ms[0] + (at_ms - self._times_ms[0]) % max(1.0, self._trace.duration_ms)
        place = max(0, bisect_right(self._times_ms, at_ms) - 1)
        sample = self._trace.samples[place]
        if at_ms - sample.at_ms <= self._gap_ms:
            return sample
        if at_ms <= last_ms:
            return NoReading(code="trace_gap", reason=f"The trace says nothing about {at_ms:g} ms.")
        if self._at_end == "stop":
            return NoReading(code="trace_ended", reason=f"The trace ended at {last_ms:g} ms.")
        return sample


def _nothing() -> int:
    return 0
