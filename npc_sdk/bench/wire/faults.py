"""Faults during live turns, many times: turns end once, characters stay, nothing is left over."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from random import Random

from npc_sdk.bench.harness import Row
from npc_sdk.bench.wire import trials
from npc_sdk.bench.wire.course import Course, fresh_folder
from npc_sdk.bench.wire.game import FRAME_S
from npc_sdk.bench.wire.host import BenchHost
from npc_sdk.bench.wire.leftovers import Standing, files_left, tracebacks
from npc_sdk.bench.wire.trials import Bench, Trial
from npc_sdk.errors import NpcError, RequestError

SHOWN = 3
FULL_DISK = "/dev/full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One kind of fault.

    Args:
        trial: Makes it happen once.
        lanes: How many go on side by side.
        shares_host: Whether all of them have one host.
        limits: Of that host.
    """

    trial: Callable[[Bench], Trial]
    lanes: int = 1
    shares_host: bool = False
    limits: Mapping[str, int] | None = None


FAULTS: dict[str, Fault] = {
    "engine killed": Fault(trial=trials.engine_killed, lanes=2),
    "host killed": Fault(trial=trials.host_killed, lanes=2),
    "client killed": Fault(trial=trials.client_killed, lanes=2, shares_host=True),
    "cut for 1 s": Fault(trial=trials.network_cut(1.0), lanes=10, shares_host=True),
    "cut for 10 s": Fault(trial=trials.network_cut(10.0), lanes=10, shares_host=True),
    "jitter": Fault(trial=trials.jitter, lanes=5, shares_host=True),
    "reader stopped": Fault(
        trial=trials.reader_stopped,
        lanes=5,
        shares_host=True,
        limits={"max_events_unacked": 16, "slow_reader_ms": 1000},
    ),
    "disk full": Fault(trial=trials.disk_full, lanes=2),
    "clock jump": Fault(trial=trials.clock_jump, lanes=2, shares_host=True),
}


def measure_faults(course: Course) -> list[Row]:
    """Make every fault happen, and count what went wrong.

    Raises:
        RequestError: The course names a fault that does not exist (``unknown_fault``).
    """
    names = course.faults or tuple(FAULTS)
    unknown = [name for name in names if name not in FAULTS]
    if unknown:
        raise RequestError(
            f"There is no fault {unknown[0]!r}.", f"Choose among: {', '.join(FAULTS)}.", code="unknown_fault"
        )
    here = [name for name in names if _is_possible(name)]
    for name in set(names) - set(here):
        course.report(f"{name}: this system has no {FULL_DISK}")
    return [_row(name, course) for name in here]


def _is_possible(name: str) -> bool:
    return FAULTS[name].trial is not trials.disk_full or Path(FULL_DISK).exists()


def _row(name: str, course: Course) -> Row:
    course.report(f"{name}, {course.times} times")
    began_s = time.monotonic()
    found = run_fault(FAULTS[name], times=course.times, seed=f"{course.seed} {name}")
    took_s = time.monotonic() - began_s
    for problem in [f"{len(found)} things went wrong, in {took_s:.0f} s", *found[:SHOWN]]:
        course.report(f"  {problem}")
    return Row(
        figure=3,
        case=f"{name}, {course.times} times",
        name="turns without one end, characters lost, things left over",
        value=len(found),
        limit=0,
        detail="; ".join(found[:SHOWN]) or f"{took_s:.0f} s",
    )


def run_fault(fault: Fault, *, times: int, seed: str) -> list[str]:
    """Return everything that went wrong.

    Args:
        fault: The fault.
        times: How often it happens.
        seed: Makes what is left to chance.
    """
    before = Standing.now()
    with fresh_folder() as folder:
        shared = folder / "shared"
        shared.mkdir()
        host = BenchHost(shared, limits=fault.limits) if fault.shares_host else None
        with nullcontext() if host is None else host:
            found = _all(fault, host, folder, times, Random(seed))
        if host is not None:
            found += [f"{name} was left" for name in files_left(shared)]
            found += ["an unhandled exception in the host"] * tracebacks(host.log())
    return [*found, *Standing.now().left_since(before)]


def _all(fault: Fault, host: BenchHost | None, folder: Path, times: int, chance: Random) -> list[str]:
    """Run the trials in lanes, each moved once a frame."""
    waiting = [
        Bench(host=host, folder=folder / f"trial-{number}", chance=Random(chance.getrandbits(64)))
        for number in range(times)
    ]
    found: list[str] = []
    live: list[Trial] = []
    while waiting or live:
        while waiting and len(live) < fault.lanes:
            live.append(fault.trial(waiting.pop()))
        for trial in list(live):
            problems = _moved(trial)
            if problems is not None:
                live.remove(trial)
                found += problems
        time.sleep(FRAME_S)
    return found


def _moved(trial: Trial) -> list[str] | None:
    """Move a trial by one frame; returns what went wrong once it is over."""
    try:
        next(trial)
    except StopIteration as over:
        return list(over.value)
    except NpcError as error:
        return [f"{type(error).__name__} {error.code}: {error}"]
    return None
