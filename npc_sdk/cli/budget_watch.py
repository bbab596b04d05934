"""Looks at a probe again and again and shows what it sees."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npc_sdk.cli.console import output, plain, print_json_line
from npc_sdk.cli.memory_view import MemoryView, pressure, reading_text
from npc_sdk.errors import BackendError

if TYPE_CHECKING:
    from npc_sdk.budget.probe import MemoryReading, NoReading, Probe

    StepSource = Callable[[MemoryReading | NoReading], Sequence[str]]
    """Is shown each reading and returns the steps taken since the last one, as lines of text."""

    Seen = Iterator[tuple[float, MemoryReading | NoReading]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched.

    Args:
        probe: A guarded probe.
        title: What it looks at, in words.
        remarks: What to say before anything is seen.
    """

    probe: Probe
    title: str
    remarks: tuple[str, ...] = ()


def open_watched(device: str, trace: str | None) -> Watched:
    """Return a device, or a trace in its place.

    Args:
        device: A selector; see :func:`npc_sdk.budget.choose.explain_choice`.
        trace: A file, or the name of a shipped trace; None looks at the device.

    Raises:
        RequestError: The device or the trace cannot be used.
    """
    from npc_sdk.budget.guarded import GuardedProbe

    if trace is not None:
        return _replayed(trace)
    from npc_sdk.budget.apart import ApartProbe
    from npc_sdk.budget.choose import explain_choice

    choice = explain_choice(device)
    found = choice.probe.device
    title = f"{found.name if found else 'no device'} ({choice.probe.name})"
    remarks = (choice.reason, *(finding.reason for finding in choice.passed_over))
    return Watched(probe=GuardedProbe(ApartProbe(choice.probe)), title=title, remarks=remarks)


def _replayed(name: str) -> Watched:
    from npc_sdk.budget.guarded import GuardedProbe
    from npc_sdk.budget.trace import Trace
    from npc_sdk.runtime.clock import SystemClock
    from npc_sdk.testing.simulated_probe import SimulatedProbe, shipped_trace, shipped_traces

    is_shipped = name in shipped_traces() or not (Path(name).suffix or Path(name).exists())
    trace = shipped_trace(name) if is_shipped else Trace.load(Path(name))
    remarks = tuple(f"line {finding.line}: {finding.code}: {finding.problem}" for finding in trace.findings)
    probe = SimulatedProbe(trace, SystemClock(), at_end="stop")
    return Watched(probe=GuardedProbe(probe), title=trace.about or name, remarks=remarks)


def no_steps(_reading: MemoryReading | NoReading) -> Sequence[str]:
    """Return no steps: nobody governs."""
    return ()


def watch_probe(
    watched: Watched,
    *,
    reserve_bytes: int,
    seconds: float | None,
    period_ms: float,
    as_json: bool,
    steps: StepSource = no_steps,
) -> None:
    """Show readings until the time is over, the trace has ended or Ctrl-C is pressed.

    Args:
        watched: What is looked at.
        reserve_bytes: What the game wants free.
        seconds: How long; None until Ctrl-C.
        period_ms: Time from one reading to the next.
        as_json: Whether to print a line of JSON for each reading.
        steps: Is shown each reading, and says what was done about it.

    Raises:
        BackendError: There is nothing to see to begin with; its code is the probe's.
        RequestError: No time can be measured so (``bad_time``).
    """
    from npc_sdk.budget.probe import NoReading
    from npc_sdk.budget.recording import check_times

    check_times(period_ms, seconds)
    first = watched.probe.read()
    if isinstance(first, NoReading):
        raise BackendError(first.reason, first.next_step or "See npc doctor.", code=first.code)
    seen = _readings(watched.probe, first, seconds=seconds, period_ms=period_ms)
    # Ctrl-C is how looking on ends.
    with suppress(KeyboardInterrupt):
        if as_json:
            for _, reading in seen:
                print_json_line(_plain(reading, reserve_bytes, steps(reading)))
        elif sys.stdout.isatty():
            _draw(watched, seen, reserve_bytes, steps)
        else:
            _list(watched, seen, reserve_bytes, steps)


def _readings(
    probe: Probe, first: MemoryReading, *, seconds: float | None, period_ms: float
) -> Iterator[tuple[float, MemoryReading | NoReading]]:
    """Yield the seconds since the beginning and what is seen then."""
    from npc_sdk.budget.probe import monotonic_ms

    start_ms = monotonic_ms()
    spent_ms = 0.0
    reading: MemoryReading | NoReading = first
    while True:
        yield spent_ms / 1000.0, reading
        spent_ms = monotonic_ms() - start_ms
        if seconds is not None and spent_ms + period_ms > seconds * 1000.0:
            return
        time.sleep((period_ms - spent_ms % period_ms) / 1000.0)
        reading, spent_ms = probe.read(), monotonic_ms() - start_ms
        if _is_over(reading):
            return


def _is_over(reading: MemoryReading | NoReading) -> bool:
    from npc_sdk.budget.probe import MemoryReading

    finding = reading.finding if isinstance(reading, MemoryReading) else reading
    return finding is not None and finding.code == "trace_ended"


def _draw(watched: Watched, seen: Seen, reserve_bytes: int, steps: StepSource) -> None:
    from rich.live import Live

    console = output()
    view = MemoryView(watched.title, reserve_bytes=reserve_bytes)
    for remark in watched.remarks:
        view.note(remark, style="dim")
    with Live(console=console, auto_refresh=False) as live:
        for _, reading in seen:
            for line in steps(reading):
                view.note(line, style="bold cyan")
            live.update(view.render(reading, width=console.width), refresh=True)


def _list(watched: Watched, seen: Seen, reserve_bytes: int, steps: StepSource) -> None:
    console = output()
    for line in (watched.title, *watched.remarks):
        console.out(plain(line))
    for at_s, reading in seen:
        console.out(plain(f"{at_s:8.1f} s  {reading_text(reading, reserve_bytes)}"))
        for line in steps(reading):
            console.out(plain(f"    {line}"))


def _plain(reading: MemoryReading | NoReading, reserve_bytes: int, steps: Sequence[str]) -> dict[str, Any]:
    from npc_sdk.budget.probe import NoReading

    extra = {} if isinstance(reading, NoReading) else {"pressure": pressure(reading, reserve_bytes)}
    return {**asdict(reading), **extra, "steps": list(steps)}
