"""A steady load of many clients: nothing may be lost, late or left over."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from npc_sdk.bench.harness import Row
from npc_sdk.bench.wire.children import Child
from npc_sdk.bench.wire.course import Course, fresh_folder
from npc_sdk.bench.wire.host import BenchHost
from npc_sdk.bench.wire.stamp import STEP_US

PROCESSES = 2
AGE_LIMIT_MS = 10.0
GROWTH_LIMIT = 0.05
RATE_LIMIT = 0.98
START_S = 1.0
SAMPLE_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A load.

    Args:
        clients: How many, in :data:`PROCESSES` processes.
        characters: Of all clients together.
        words: Words of an answer; its sentence and its end are events too.
        turn_s: How long an answer takes.
        events_per_s: Events of all together.
        cells: Tokens of a prompt. A few turns fill a history, so that minutes show what hours would keep.
        warm_s: How long it goes on before anything is timed: until every history is full.
        seconds: How long it is timed.
    """

    clients: int = 64
    characters: int = 1024
    words: int = 38
    turn_s: float = 1.0
    events_per_s: float = 2000.0
    cells: int = 512
    warm_s: float = 120.0
    seconds: float = 60.0

    @property
    def turns_per_s(self) -> float:
        """Turns that begin in a second."""
        return self.events_per_s / (self.words + 2)


@dataclass(slots=True)
class Outcome:
    """What a load came to; ages by their number of steps of :data:`STEP_US`."""

    counts: Counter[str]
    ages: Counter[int]
    end_ages: Counter[int]
    resident_bytes: list[tuple[float, int]]
    cpu_share: float


def measure_load(course: Course) -> list[Row]:
    """Measure a steady load on a host with an engine without a model."""
    if course.quick:
        shape = Shape(clients=16, characters=64, warm_s=2.0, seconds=course.steady_s)
    else:
        shape = Shape(seconds=course.steady_s)
    course.report(f"{shape.clients} clients, {shape.characters} characters, {shape.events_per_s:g} events a second")
    with fresh_folder() as folder:
        return rows(shape, run_load(shape, folder))


def run_load(shape: Shape, folder: Path) -> Outcome:
    """Run a load and return what it came to.

    Args:
        shape: The load.
        folder: For the host.
    """
    host = BenchHost(folder, words=shape.words, words_per_s=shape.words / shape.turn_s, cells=shape.cells)
    options = {
        "connection_file": str(host.connection_file),
        "clients": shape.clients // PROCESSES,
        "characters": shape.characters // shape.clients,
        "words": shape.words,
    }
    children: list[Child] = []
    try:
        children += [Child("load_child", options) for _ in range(PROCESSES)]
        for child in children:
            child.line()
        return _driven(shape, host, children)
    finally:
        for child in children:
            child.close()
        host.close()


def _driven(shape: Shape, host: BenchHost, children: Sequence[Child]) -> Outcome:
    begin_s = time.monotonic() + START_S
    every_s = PROCESSES / shape.turns_per_s
    for index, child in enumerate(children):
        child.tell(
            {
                "begin_s": begin_s + index * every_s / PROCESSES,
                "every_s": every_s,
                "warm_s": shape.warm_s,
                "seconds": shape.seconds,
            }
        )
    resident, cpu_share = _watched(host, begin_s + shape.warm_s, shape.seconds)
    told = [child.line() for child in children]
    return Outcome(
        counts=_sum(one["counts"] for one in told),
        ages=_sum({int(age): count for age, count in one["ages"].items()} for one in told),
        end_ages=_sum({int(age): count for age, count in one["end_ages"].items()} for one in told),
        resident_bytes=resident,
        cpu_share=cpu_share,
    )


def _watched(host: BenchHost, begin_s: float, seconds: float) -> tuple[list[tuple[float, int]], float]:
    """Return memory over time, and which share of a core the host used."""
    time.sleep(max(0.0, begin_s - time.monotonic()))
    before = host.process.cpu_times()
    samples: list[tuple[float, int]] = []
    while (since_s := time.monotonic() - begin_s) < seconds:
        samples.append((since_s, host.process.memory_info().rss))
        time.sleep(SAMPLE_S)
    after = host.process.cpu_times()
    return samples, (after.user + after.system - before.user - before.system) / seconds


def _sum(parts: Iterable[Any]) -> Counter[Any]:
    total: Counter[Any] = Counter()
    for part in parts:
        total.update(part)
    return total


def rows(shape: Shape, outcome: Outcome) -> list[Row]:
    """Return the figures of a load."""
    case = f"{shape.clients} clients, {shape.characters} characters, {shape.seconds:g} s"
    counts = outcome.counts
    wrong = _wrong(counts)
    everything = outcome.ages + outcome.end_ages
    total = everything.total()
    growth, first, last = growth_of(outcome.resident_bytes, shape.seconds)
    asked = shape.events_per_s * shape.seconds
    return [
        Row(
            figure=2, case=case, name="events / asked for", value=total / asked, limit=RATE_LIMIT, is_at_least=True,
            detail=f"{total / shape.seconds:.0f} a second; the host used {outcome.cpu_share:.2f} cores",
        ),
        Row(
            figure=2, case=case, name="events lost, doubled or out of order", value=sum(wrong.values()), limit=0,
            detail=", ".join(f"{name}: {count}" for name, count in wrong.items()) or f"{counts['turns']} turns",
        ),
        Row(
            figure=2, case=case, name="from birth to arrival (ms, p99)", value=quantile_ms(everything, 0.99),
            limit=AGE_LIMIT_MS,
            detail=f"p50 {quantile_ms(everything, 0.5):.2f}, p99.9 {quantile_ms(everything, 0.999):.2f}, "
            f"ends alone, which wait for the disk: p99 {quantile_ms(outcome.end_ages, 0.99):.2f}",
        ),
        Row(
            figure=2, case=case, name="growth of the host's memory", value=growth, limit=GROWTH_LIMIT,
            detail=f"{first / 2**20:.1f} MiB, then {last / 2**20:.1f}",
        ),
    ]  # fmt: skip


def _wrong(counts: Counter[str]) -> dict[str, int]:
    fine = ("turns", "events", "ended")
    wrong = {name: count for name, count in counts.items() if name not in fine and count}
    missing = counts["turns"] - counts["ended"]
    return {**wrong, "not ended": missing} if missing else wrong


def quantile_ms(ages: Counter[int], share: float) -> float:
    """Return the age in milliseconds that a share of all events does not exceed."""
    left = share * ages.total()
    for age in sorted(ages):
        left -= ages[age]
        if left <= 0:
            return (age + 1) * STEP_US / 1000.0
    return 0.0


def growth_of(samples: Sequence[tuple[float, int]], seconds: float) -> tuple[float, float, float]:
    """Return by which share memory grew from the first sixth to the last, and both."""
    first = mean([size for at_s, size in samples if at_s <= seconds / 6] or [0])
    last = mean([size for at_s, size in samples if at_s >= seconds * 5 / 6] or [0])
    return (last / first - 1 if first else 0.0), first, last
