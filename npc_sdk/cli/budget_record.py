"""Writes a trace while it is recorded, so that Ctrl-C and a full disk lose nothing of it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from npc_sdk.cli.console import notes, plain
from npc_sdk.cli.memory_size import memory_size
from npc_sdk.cli.progress import share_progress
from npc_sdk.cli.target_file import writing_lines
from npc_sdk.errors import BackendError

if TYPE_CHECKING:
    from npc_sdk.budget.probe import NoReading, Probe
    from npc_sdk.budget.trace import TraceSample


@dataclass(slots=True)
class Recorded:
    """What a recording holds so far.

    Args:
        path: The file.
        about: What was recorded.
        samples: Lines with a sample.
        seconds: Time from the first to the last.
        least_free_bytes: The least that was left for the model.
        most_free_bytes: The most that was left for the model.
        missed: How often there was nothing to see, by the probe's code.
    """

    path: str
    about: str
    samples: int = 0
    seconds: float = 0.0
    least_free_bytes: int = 0
    most_free_bytes: int = 0
    missed: Counter[str] = field(default_factory=Counter)

    def take(self, sample: TraceSample) -> None:
        """Count a sample."""
        free_bytes = sample.total_bytes - sample.used_by_others_bytes
        self.least_free_bytes = free_bytes if not self.samples else min(self.least_free_bytes, free_bytes)
        self.most_free_bytes = max(self.most_free_bytes, free_bytes)
        self.seconds = round(sample.at_ms / 1000.0, 3)
        self.samples += 1

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain data."""
        return {**asdict(self), "missed": dict(self.missed)}

    def text(self) -> str:
        """Return the record as a line for people."""
        free = f"{memory_size(self.least_free_bytes)} to {memory_size(self.most_free_bytes)} free"
        samples = f"{self.samples} sample{'s' if self.samples != 1 else ''}"
        missed = "".join(f"; {count} times {code}" for code, count in sorted(self.missed.items()))
        return f"{self.path} is written: {samples} in {self.seconds:.1f} s, {free}{missed}."


def record_trace(probe: Probe, path: Path, *, seconds: float | None, period_ms: float, is_new: bool) -> Recorded:
    """Record until the time is over or Ctrl-C is pressed; return what was recorded.

    Args:
        probe: What is recorded.
        path: Where to.
        seconds: How long; None until Ctrl-C.
        period_ms: Time from one sample to the next.
        is_new: Whether a file that is there must stay as it is.

    Raises:
        BackendError: The device shows nothing to begin with; its code is the probe's.
        RequestError: The file is there already (``file_exists``) or cannot be written (``file_unwritable``), or no
            time can be measured so (``bad_time``).
        CapacityError: The disk is full (``disk_full``).
    """
    from npc_sdk.budget.probe import NoReading
    from npc_sdk.budget.recording import check_times, sampled
    from npc_sdk.budget.trace import header_line

    check_times(period_ms, seconds)
    first = probe.read()
    if isinstance(first, NoReading):
        raise BackendError(first.reason, first.next_step or "See npc doctor.", code=first.code)
    device = probe.device
    about = f"recorded: {device.name if device else probe.name} ({probe.name}), every {period_ms:g} ms"
    recorded = Recorded(path=str(path), about=about)
    with writing_lines(path, is_new=is_new) as file, _shown(recorded, seconds) as show:
        file.write(header_line(about))
        # Ctrl-C is how a recording without a time ends.
        with suppress(KeyboardInterrupt):
            _fill(file, recorded, sampled(probe, period_ms=period_ms, seconds=seconds), show)
    return recorded


def _fill(file: TextIO, recorded: Recorded, seen: Iterable[TraceSample | NoReading], show: Callable[[], None]) -> None:
    from npc_sdk.budget.trace import TraceSample

    for sample in seen:
        if isinstance(sample, TraceSample):
            file.write(sample.to_line())
            recorded.take(sample)
        else:
            recorded.missed[sample.code] += 1
        show()


@contextmanager
def _shown(recorded: Recorded, seconds: float | None) -> Iterator[Callable[[], None]]:
    """Give a function that shows how far a recording is."""
    title = f"recording {Path(recorded.path).name}"
    if seconds:
        with share_progress(title) as progress:
            yield lambda: progress(min(1.0, recorded.seconds / seconds))
    elif sys.stderr.isatty():
        with notes().status(plain(title)) as status:
            yield lambda: status.update(plain(f"{title}: {recorded.seconds:.0f} s; Ctrl-C ends it"))
    else:
        yield _nobody_looks


def _nobody_looks() -> None:
    """Nobody looks."""
