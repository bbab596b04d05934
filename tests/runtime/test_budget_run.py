"""A game loads a level and takes all memory, and gives it back, while eight characters talk."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.budget.plan import Off, Plan
from npc_sdk.budget.trace import Trace, TraceSample
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.request import Ended, Failed, Request, Scored, TokensOut
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.errors import ModelError
from npc_sdk.persona import Limits, Persona
from npc_sdk.persona.persona import PersonaSampling
from npc_sdk.runtime import Npc, Runtime, TurnEnd
from npc_sdk.runtime.budget import BudgetStep
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing.simulated_probe import SimulatedProbe, shipped_trace

CHARACTERS = 8
TALK_MS = 32_000.0
PAUSES_S = (0.0, 0.4)
FASTER = 4.0
NEAR = 0.25
LINES = ("Who are you?", "What is new?", "Where is the well?", "Do you trust me?", "Tell me of the gate.")


class QuickClock(SystemClock):
    """The machine's clock, four times as fast, so that a trace of 25 s is over in 6."""

    def now_ms(self) -> float:
        return super().now_ms() * FASTER

    def seconds_until(self, at_ms: float) -> float | None:
        return max(0.0, (at_ms - self.now_ms()) / 1000.0 / FASTER)


class LaterClock(QuickClock):
    """Stands still until it is let go."""

    def __init__(self) -> None:
        self._began_ms: float | None = None

    def go(self) -> None:
        self._began_ms = super().now_ms()

    def now_ms(self) -> float:
        return 0.0 if self._began_ms is None else super().now_ms() - self._began_ms


@dataclass(frozen=True)
class Said:
    """A turn that is over."""

    line: str
    end: TurnEnd
    ends: int


def model_path() -> Path:
    from npc_sdk.models import resolve_model

    try:
        return resolve_model("starter").path
    except ModelError:
        pytest.skip("the starter model is not there")


def persona(number: int) -> Persona:
    return Persona(
        name=f"Guard {number}",
        role="a guard of the northern gate",
        fallback=("Hm.", "Wait a moment."),
        sampling=PersonaSampling(repeat_penalty=1.0),
        limits=Limits(sentences=2, characters=200, tokens=32),
    )


def scaled(trace: Trace, most_bytes: int) -> Trace:
    """Return a trace of a device on which a plan of ``most_bytes`` just fits when it is emptiest."""
    free = max(sample.total_bytes - sample.used_by_others_bytes for sample in trace.samples)
    total = 2 * most_bytes

    def used(sample: TraceSample) -> int:
        share = (sample.total_bytes - sample.used_by_others_bytes) / free
        return total - int(1.02 * most_bytes * share)

    samples = tuple(
        replace(sample, total_bytes=total, used_by_others_bytes=min(total, used(sample))) for sample in trace.samples
    )
    return Trace(samples=samples)


def settings(**changes: Any) -> dict[str, Any]:
    fixed = {"slots": CHARACTERS, "cells": CHARACTERS * 2048, "threads": 1, "gpu_layers": 0, "greedy": True, "seed": 1}
    return {**fixed, **changes}


def first_plan(path: Path) -> Plan:
    from npc_sdk.budget.plan import PlanRequest
    from npc_sdk.budget.planner import plan

    return plan(path, PlanRequest(budget_bytes=1 << 40, npcs=CHARACTERS, context_tokens=2048, device="cpu"))


def talk(npc: Npc, said: list[Said], pause_s: float, goes_on: Callable[[], bool]) -> None:
    while goes_on():
        line = LINES[len(said) % len(LINES)]
        ends = [event for event in npc.say(line, deadline_ms=120_000) if isinstance(event, TurnEnd)]
        said.append(Said(line, ends[-1], len(ends)))
        # Fallback lines come at once: nobody listens to a hundred of them.
        time.sleep(0.4 if ends[-1].source == "fallback" else pause_s)


class Record:
    """Hears what the engine was asked for speech, and what it said."""

    wants_calls = False

    def __init__(self) -> None:
        self.requests: dict[int, Request] = {}
        self.tokens: dict[int, list[int]] = {}
        self.ended: dict[int, str] = {}

    def asked(self, request: Request) -> None:
        if request.kind == "generate":
            self.requests[request.id] = request
            self.tokens[request.id] = []

    def told(self, event: Any) -> None:
        if isinstance(event, TokensOut) and event.id in self.tokens:
            self.tokens[event.id] += event.tokens
        elif isinstance(event, Ended) and event.id in self.tokens:
            self.ended[event.id] = event.reason

    def called(self, calls: Any) -> None:
        """Nobody asks for calls."""


class Undisturbed:
    """An engine that is left in peace and is asked the same, one request after the other."""

    def __init__(self, path: Path) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.engine = ThreadEngine(EngineConfig(model_path=str(path), slots=1, cells=2048, threads=1, gpu_layers=0))
        self.engine.start(self.events.put)

    def says(self, request: Request) -> list[int]:
        self.engine.submit(request)
        tokens: list[int] = []
        while not isinstance(event := self.events.get(timeout=30), (Ended, Failed)):
            tokens += getattr(event, "tokens", ())
        assert isinstance(event, Ended), event
        return tokens

    def is_tie(self, request: Request, before: list[int], left: int, right: int) -> bool:
        """Tell whether two tokens are so near that either is right; kernels differ by the shape of a batch."""
        tokens = (*request.tokens, *before)
        asked = replace(request, id=request.id + 1_000_000, kind="score", tokens=tokens, labels=(left, right))
        self.engine.submit(replace(asked, boundaries=()))
        scored = self.events.get(timeout=30)
        assert isinstance(scored, Scored), scored
        assert isinstance(self.events.get(timeout=30), Ended)
        return abs(scored.log_probabilities[0] - scored.log_probabilities[1]) < NEAR


def compare(record: Record, path: Path) -> tuple[int, int]:
    """Hold what was said against an undisturbed run; returns how much was the same, and how many ties there were."""
    undisturbed, same, ties = Undisturbed(path), 0, 0
    for number, request in record.requests.items():
        # What was cut short is compared as far as it came.
        said = record.tokens[number]
        alone = undisturbed.says(replace(request, deadline_ms=None))
        place = next((place for place, pair in enumerate(zip(said, alone)) if pair[0] != pair[1]), None)  # noqa: B905
        if place is None:
            same += 1
            assert record.ended.get(number) != "stop" or said == alone
        else:
            ties += 1
            assert undisturbed.is_tie(request, said[:place], said[place], alone[place]), (number, place)
    undisturbed.engine.close()
    return same, ties


def caches_of(plan: Plan) -> int:
    """Return what a plan takes beside the weights."""
    return plan.host_footprint.total_bytes - plan.host_footprint.weights_bytes


def check_bytes(step: BudgetStep, before: Plan | Off, report: Callable[[str], None]) -> None:
    after = caches_of(step.rung) if isinstance(step.rung, Plan) else 0
    planned = (caches_of(before) if isinstance(before, Plan) else 0) - after
    report(
        f"{step.from_index} to {step.to_index} ({step.cause}): {step.freed_context_bytes:,} bytes given back, "
        f"{planned:,} planned, {step.took_ms / FASTER:.0f} ms"
    )
    # llama.cpp's log, which the engine reads, rounds each buffer to a hundredth of a MiB.
    assert abs(step.freed_context_bytes - planned) <= 4 * 0.01 * (1 << 20)


def test_eight_characters_talk_while_a_level_is_loaded(report: Callable[[str], None]) -> None:
    path = model_path()
    best = first_plan(path)
    record, in_flight = Record(), []  # type: ignore[var-annotated]
    later, news, rung = LaterClock(), [], [best.host_bytes]  # type: ignore[var-annotated]

    def on_event(event: Any) -> None:
        news.append(event)
        if isinstance(event, BudgetStep):
            rung[0] = event.rung.host_bytes
            in_flight.append(len(record.requests) - len(record.ended))

    def goes_on() -> bool:
        return later.now_ms() < TALK_MS

    trace = scaled(shipped_trace("level_load"), best.host_bytes)
    probe = SimulatedProbe(trace, later, own_bytes=lambda: rung[0])
    said: list[list[Said]] = [[] for _ in range(CHARACTERS)]
    wanted = settings(probe=probe, clock=QuickClock(), on_event=on_event, watch=record)
    with Runtime(path, engine="process", **wanted) as runtime:
        assert runtime.status().budget.plan == best
        npcs = [runtime.spawn(persona(number)) for number in range(CHARACTERS)]
        talks = [
            threading.Thread(target=talk, args=(npc, said[number], PAUSES_S[number % 2], goes_on))
            for number, npc in enumerate(npcs)
        ]
        later.go()
        for thread in talks:
            thread.start()
        for thread in talks:
            thread.join(60)
        wait_until(lambda: runtime.status().budget.index == 0)
        assert runtime.status().npcs and not runtime.status().budget.is_changing
    sources = [one.end.source for turns in said for one in turns]
    report(f"{len(sources)} turns: " + ", ".join(f"{sources.count(name)} {name}" for name in sorted(set(sources))))
    report(f"in flight at the end of each step: {in_flight}")
    assert all(one.ends == 1 for turns in said for one in turns)
    assert sources.count("model") > 3 * CHARACTERS
    steps = [event for event in news if isinstance(event, BudgetStep)]
    assert any(isinstance(step.rung, Off) for step in steps)
    before: Any = best
    for step in steps:
        assert step.error is None
        check_bytes(step, before, report)
        before = step.rung
    assert before == best
    same, ties = compare(record, path)
    report(f"{same} requests answered as in an undisturbed run, {ties} with another token where two were as good")
    assert ties <= 0.15 * len(record.requests)


def wait_until(is_done: Callable[[], bool], limit_s: float = 30.0) -> None:
    until = time.monotonic() + limit_s
    while not is_done():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a line past the capture of the test's output."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(text)

    return line


@pytest.mark.parametrize("kind", ["process", "thread"])
def test_a_smaller_model_takes_over_and_gives_back(kind: Any, tmp_path: Path, report: Callable[[str], None]) -> None:
    from npc_sdk.models import build

    path, news = model_path(), []  # type: ignore[var-annotated]
    best = first_plan(path)
    smaller = build(tmp_path / "tiny.gguf", "tiny")
    small = replace(first_plan(smaller), slots=2, cells=2048)
    probe = SimulatedProbe(scaled(shipped_trace("calm"), 4 * best.host_bytes), QuickClock(), own_bytes=lambda: 0)
    changes = {"probe": probe, "ladder": (best, small, Off()), "clock": QuickClock(), "on_event": news.append}
    with Runtime(path, engine=kind, **settings(**changes)) as runtime:
        guard = runtime.spawn(persona(0))
        first = guard.say("Who are you?").result()
        room = runtime.status().budget.room_bytes or 0
        reserve_mib = (room - (best.host_bytes + small.host_bytes) / 2) / (1 << 20)
        runtime.reserve(reserve_mib)
        wait_until(lambda: runtime.status().budget.index == 1 and not runtime.status().budget.is_changing)
        second = guard.say("And what is new?").result()
        engine = runtime.status().engine
        assert engine is not None and engine.slots == 2
        runtime.reserve(0)
        wait_until(lambda: runtime.status().budget.index == 0 and not runtime.status().budget.is_changing)
        third = guard.say("Where is the well?").result()
        lines = [line.text for line in guard.history if line.speaker == "player"]
    # The small model's weights are random: it may say nothing that can be used.
    assert first.source == third.source == "model", (first, second, third)
    assert second.why not in ("model_changed", "deadline")
    assert lines == ["Who are you?", "And what is new?", "Where is the well?"]
    steps = [event for event in news if isinstance(event, BudgetStep)]
    assert [(step.from_index, step.to_index, step.error) for step in steps] == [(0, 1, None), (1, 0, None)]
    for step in steps:
        took_ms = step.took_ms / FASTER
        report(f"{kind}, another model: {took_ms:.0f} ms, of that {step.load_ms:.0f} ms loading")
