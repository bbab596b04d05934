"""The loop over a stand-in for llama.cpp: whatever comes in which order, each request gives what it gives alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from fake_decoder import (
    END,
    PIECES,
    VOCABULARY,
    Clock,
    FakeDecoder,
    MoodyPace,
    logits_of,
    no_grammars,
    run_alone,
    text_of,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from npc_sdk.budget.pacing import Grant
from npc_sdk.engine.job import JobState
from npc_sdk.engine.loop import EngineLoop
from npc_sdk.engine.memory import SequenceMemory
from npc_sdk.engine.prefix_cache import PrefixCache
from npc_sdk.engine.request import (
    Boundary,
    Ended,
    EngineCost,
    Event,
    Failed,
    PrefixKind,
    Priority,
    Request,
    Sampling,
    Scored,
    Thinking,
    TokensOut,
)
from npc_sdk.engine.schedule import AGING_S
from npc_sdk.engine.state import MemoryStore
from npc_sdk.errors import BackendError, NpcError

WORLDS = ((1, 2, 3, 4, 5, 6, 7, 8), (1, 2, 3, 9, 9, 9))
PERSONAS = ((10, 11, 12), (10, 13), ())


class Stage:
    """A loop, its stand-ins, and a record of all events."""

    def __init__(
        self, *, slots: int = 3, cells: int = 200, is_hybrid: bool = True, parked_bytes: int = 1 << 20, quantum: int = 8
    ) -> None:
        self.clock = Clock()
        self.decoder = FakeDecoder(slots=slots, cells=cells, is_hybrid=is_hybrid)
        self.cache = PrefixCache(MemoryStore(), parked_bytes)
        self.memory = SequenceMemory(self.decoder, self.cache)
        self.pace = MoodyPace()
        self.loop = EngineLoop(
            self.decoder,
            self.memory,
            no_grammars(),
            pieces=PIECES,
            end_tokens=frozenset({END}),
            quantum=quantum,
            pace=self.pace,
            clock=self.clock,
        )
        self.tokens: dict[int, list[int]] = {}
        self.data: dict[int, bytes] = {}
        self.scores: dict[int, tuple[float, ...]] = {}
        self.ends: dict[int, Ended | Failed] = {}

    def take(self) -> list[Event]:
        events = self.loop.take_events()
        for event in events:
            assert isinstance(event, (TokensOut, Scored, Ended, Failed))
            assert event.id not in self.ends, "an event after the end"
            if isinstance(event, TokensOut):
                self.tokens.setdefault(event.id, []).extend(event.tokens)
                self.data[event.id] = self.data.get(event.id, b"") + event.data
            elif isinstance(event, Scored):
                self.scores[event.id] = event.log_probabilities
            else:
                self.ends[event.id] = event
        return events

    def change(self, *, slots: int, cells: int, quantum: int = 8, keep: bool = True) -> None:
        """Put another context under the loop, as a change of sizes does."""
        self.loop.suspend(keep=keep)
        assert self.decoder.used == 0, "something was left in the old context"
        if not keep:
            self.cache.clear()
        old = self.decoder
        self.decoder = FakeDecoder(slots=slots, cells=cells, is_hybrid=old.is_hybrid, samplers=old.samplers)
        self.memory = SequenceMemory(self.decoder, self.cache)
        self.loop.attach(self.decoder, self.memory, quantum=quantum)
        self.take()

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.loop.step()
            self.take()
            self.check()

    def finish(self, limit: int = 3000) -> None:
        """Work until nothing is left; the limit shows a loop that never ends."""
        self.pace.grants = Grant(quantum=1 << 20)
        self.loop.repace()
        for _ in range(limit):
            self.take()
            if self.loop.is_idle:
                return
            self.step()
        raise AssertionError("requests are left for ever")

    def run(self, *requests: Request) -> None:
        for request in requests:
            self.loop.submit(request)
        self.finish()

    def said(self, request: Request) -> tuple[list[int], str]:
        end = self.ends[request.id]
        assert isinstance(end, Ended), end
        return self.tokens.get(request.id, []), end.reason

    def check(self) -> None:
        """Compare the loop's books with what the decoder holds."""
        ledger, slots = self.memory._ledger, self.memory._slots
        jobs = self.loop._jobs.values()
        assert self.decoder.no_room == 0
        assert ledger.used == self.decoder.used <= self.decoder.cells
        for slot in slots:
            assert slot.tokens.view().tolist() == self.decoder.tokens(slot.id)
            assert ledger.length(slot.id) == self.decoder.length(slot.id) == len(slot.tokens)
            assert slot.sequence is not None or not (len(slot.tokens) or slot.is_busy)
        busy = {slot.id for slot in slots if slot.is_busy}
        assert busy == {job.slot.id for job in jobs if job.slot is not None}
        assert busy == set(ledger._reserved)
        assert all((job.slot is None) == (job.state is JobState.WAITING) for job in jobs)
        names = [slot.sequence for slot in slots if slot.sequence is not None]
        assert len(names) == len(set(names)), "a sequence has two slots"
        assert sum(not sampler.is_closed for sampler in self.decoder.samplers) <= len(jobs)


def ask(request_id: int, sequence: str, tokens: Iterable[int] = (1, 2, 3), **fields: object) -> Request:
    return replace(Request(id=request_id, sequence=sequence, tokens=tuple(tokens), max_tokens=8), **fields)  # type: ignore[arg-type]


class LoopMachine(RuleBasedStateMachine):
    """Random talk of six characters of two worlds, with all that a game may do to it."""

    @initialize(
        is_hybrid=st.booleans(),
        slots=st.integers(1, 4),
        cells=st.integers(60, 200),
        parked_states=st.sampled_from([0, 3, 1000]),
        quantum=st.integers(1, 16),
    )
    def begin(self, is_hybrid: bool, slots: int, cells: int, parked_states: int, quantum: int) -> None:
        self.stage = Stage(
            slots=slots, cells=cells, is_hybrid=is_hybrid, parked_bytes=parked_states * 200, quantum=quantum
        )
        self.least_cells = cells
        self.requests: dict[int, Request] = {}
        self.cancelled: set[int] = set()
        self.histories: dict[str, tuple[int, ...]] = {}
        self.ids = count(1)

    def prompt(self, sequence: str, line: list[int], heard: float) -> tuple[tuple[int, ...], tuple[Boundary, ...]]:
        index = int(sequence)
        world, persona = WORLDS[index % 2], PERSONAS[index % 3]
        stable = world + persona
        history = self.histories.get(sequence, ())
        history = history[: int(heard * len(history))][-25:]
        tokens = stable + history + tuple(line)
        boundaries = [Boundary(len(world), PrefixKind.WORLD)]
        if persona:
            boundaries.append(Boundary(len(stable), PrefixKind.PERSONA))
        if history:
            boundaries.append(Boundary(len(stable) + len(history), PrefixKind.CONVERSATION))
        self.histories[sequence] = tokens[len(stable) :]
        return tokens, tuple(boundaries)

    @rule(
        sequence=st.sampled_from("012345"),
        line=st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=9),
        heard=st.sampled_from([1.0, 1.0, 1.0, 0.5, 0.0]),
        kind=st.sampled_from(["generate", "generate", "generate", "score", "read"]),
        priority=st.sampled_from(Priority),
        deadline_ms=st.none() | st.integers(0, 5000),
        max_tokens=st.integers(0, 14),
        temperature=st.sampled_from([0.0, 0.0, 0.7]),
        stop=st.sampled_from([(), (), ("a",), ("bc", "d")]),
    )
    def submit(
        self,
        sequence: str,
        line: list[int],
        heard: float,
        kind: str,
        priority: Priority,
        deadline_ms: int | None,
        max_tokens: int,
        temperature: float,
        stop: tuple[str, ...],
    ) -> None:
        tokens, boundaries = self.prompt(sequence, line, heard)
        request = ask(
            next(self.ids),
            sequence,
            tokens,
            kind=kind,
            boundaries=boundaries,
            priority=priority,
            deadline_ms=deadline_ms,
            max_tokens=max_tokens,
            sampling=Sampling(temperature=temperature, seed=len(self.requests)),
            stop=stop,
            labels=(1, 2, 3) if kind == "score" else (),
        )
        self.requests[request.id] = request
        self.stage.loop.submit(request)

    @rule(times=st.integers(1, 6), seconds=st.floats(0, 0.5))
    def step(self, times: int, seconds: float) -> None:
        for _ in range(times):
            self.stage.clock.now += seconds
            self.stage.step()

    @rule(pick=st.integers(0, 40))
    def cancel(self, pick: int) -> None:
        self.stage.loop.cancel(pick)
        self.cancelled.add(pick)

    @rule(sequence=st.sampled_from("0123456"))
    def park(self, sequence: str) -> None:
        self.stage.loop.park(sequence)

    @rule(sequence=st.sampled_from("0123456"))
    def forget(self, sequence: str) -> None:
        self.stage.loop.forget(sequence)
        self.cancelled |= {request.id for request in self.requests.values() if request.sequence == sequence}

    @rule(calls=st.integers(0, 3))
    def break_off(self, calls: int) -> None:
        self.stage.decoder.abort_in = calls

    @rule(quantum=st.integers(1, 40))
    def change_quantum(self, quantum: int) -> None:
        self.stage.loop.quantum = quantum

    @rule(slots=st.integers(1, 4), cells=st.integers(40, 200), quantum=st.integers(1, 16), keep=st.booleans())
    def change_the_context(self, slots: int, cells: int, quantum: int, keep: bool) -> None:
        self.stage.change(slots=slots, cells=cells, quantum=quantum, keep=keep)
        self.least_cells = min(self.least_cells, cells)

    @rule(
        quantum=st.integers(0, 9),
        wait_ms=st.sampled_from([0.0, 0.0, 3.0, 700.0]),
        may_speak=st.booleans(),
        rows=st.integers(0, 3),
    )
    def change_the_pace(self, quantum: int, wait_ms: float, may_speak: bool, rows: int) -> None:
        self.stage.pace.grants = Grant(quantum=quantum, wait_ms=wait_ms, may_speak=may_speak, rows=rows)

    @rule()
    def damage_a_parked_state(self) -> None:
        for state in self.stage.memory._cache.states():
            state.checksum = "damaged"
            return

    @invariant()
    def books_are_right(self) -> None:
        if hasattr(self, "stage"):
            self.stage.take()
            self.stage.check()

    def teardown(self) -> None:
        if not hasattr(self, "stage"):
            return
        self.stage.finish()
        assert set(self.stage.ends) == set(self.requests), "a request did not end"
        assert all(sampler.is_closed for sampler in self.stage.decoder.samplers)
        for request in self.requests.values():
            self.judge(request, self.stage.ends[request.id])

    def judge(self, request: Request, end: Ended | Failed) -> None:
        said = self.stage.tokens.get(request.id, [])
        if isinstance(end, Failed):
            worst = len(request.tokens) + (request.max_tokens + 1 if request.kind == "generate" else 0)
            assert end.error.code == "prompt_too_long" and worst > self.least_cells
            assert said == run_alone(request)[0][: len(said)]
            return
        if request.kind != "generate":
            expected = {"read": "read", "score": "scored"}[request.kind]
            assert not said
        else:
            alone, expected = run_alone(request)
            assert said == alone[: len(said)], "the tokens are not those of a run alone"
            assert text_of(said).startswith(self.stage.data.get(request.id, b""))
            if end.reason == expected:
                assert said == alone
        allowed = {expected}
        if request.id in self.cancelled:
            allowed.add("cancelled")
        if request.deadline_ms is not None:
            allowed.add("deadline")
        assert end.reason in allowed
        if end.reason == "scored":
            chosen = logits_of(request.tokens)[list(request.labels)].astype(float)
            assert np.allclose(self.stage.scores[request.id], chosen - np.log(np.exp(chosen).sum()))


LoopMachine.TestCase.settings = settings(max_examples=50, stateful_step_count=40, deadline=None)
TestLoop = LoopMachine.TestCase


@pytest.fixture(params=[True, False], ids=["hybrid", "attention"])
def is_hybrid(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_a_player_is_not_kept_waiting_by_others(is_hybrid: bool) -> None:
    stage = Stage(slots=2, is_hybrid=is_hybrid)
    ambient = [ask(n, f"a{n}", (1, 2, 3, n), priority=Priority.AMBIENT, max_tokens=60) for n in (1, 2)]
    for request in ambient:
        stage.loop.submit(request)
    stage.step(10)
    player = ask(3, "p", (4, 5, 6), max_tokens=6)
    stage.loop.submit(player)
    stage.step(1 + 6)
    assert stage.said(player) == run_alone(player)
    stage.finish()
    assert [stage.said(request) for request in ambient] == [run_alone(request) for request in ambient]


def test_nobody_is_suspended_in_vain() -> None:
    stage = Stage(slots=3, cells=60)
    holder = ask(1, "p1", range(1, 20), max_tokens=20)
    ambient = ask(2, "a", (1, 2, 3), priority=Priority.AMBIENT, max_tokens=5)
    large = ask(3, "p2", range(2, 22), max_tokens=20)
    stage.loop.submit(holder)
    stage.loop.submit(ambient)
    stage.step(4)
    assert stage.memory.live == 2
    stage.loop.submit(large)
    stage.step(3)
    assert stage.loop._jobs[2].state is not JobState.WAITING if 2 in stage.loop._jobs else True
    assert stage.loop._jobs[3].state is JobState.WAITING
    stage.finish()
    assert all(stage.said(request) == run_alone(request) for request in (holder, ambient, large))


def test_an_ambient_character_gets_its_turn_among_players_who_never_stop() -> None:
    stage = Stage(slots=1)
    ambient = ask(1, "a", (7, 8, 9), priority=Priority.AMBIENT, max_tokens=12)
    stage.loop.submit(ambient)
    ids = count(2)
    for _ in range(400):
        if sum(job.request.id != 1 for job in stage.loop._jobs.values()) < 2:
            stage.loop.submit(ask(next(ids), "p", (1, 2), max_tokens=6, deadline_ms=60_000))
        stage.clock.now += AGING_S / 20
        stage.step()
        if 1 in stage.ends:
            break
    assert stage.said(ambient) == run_alone(ambient)


def test_a_large_prompt_gets_its_room_among_small_ones_that_never_stop() -> None:
    stage = Stage(slots=4, cells=80)
    ids = count(2)
    large = ask(1, "large", range(1, 23), max_tokens=50)
    for step in range(2000):
        if step == 5:
            stage.loop.submit(large)
        if sum(job.request.id != 1 for job in stage.loop._jobs.values()) < 6:
            name = next(ids)
            stage.loop.submit(ask(name, f"s{name % 8}", (1, 2, name % 20 + 1), max_tokens=10))
        stage.clock.now += 0.05
        stage.step()
        if 1 in stage.ends:
            break
    assert stage.said(large) == run_alone(large)


def test_a_world_that_somebody_reads_is_read_once(is_hybrid: bool) -> None:
    stage = Stage(slots=4, cells=400, is_hybrid=is_hybrid, quantum=8)
    world = tuple(range(1, 23)) * 2
    requests = [
        ask(n, f"c{n}", (*world, n, n), boundaries=(Boundary(len(world), PrefixKind.WORLD),)) for n in range(1, 5)
    ]
    stage.run(*requests)
    assert stage.loop.stats().read_tokens <= len(world) + 2 * 4
    assert all(stage.said(request) == run_alone(request) for request in requests)


def test_a_returning_character_reads_only_what_is_new(is_hybrid: bool) -> None:
    stage = Stage(slots=1, is_hybrid=is_hybrid)
    history: dict[str, tuple[int, ...]] = {"a": (1, 2, 3), "b": (1, 2, 4)}
    for number in range(8):
        name = "ab"[number % 2]
        request = ask(number, name, (*history[name], 5, 6), max_tokens=4)
        stage.run(request)
        said, _ = stage.said(request)
        end = stage.ends[number]
        assert isinstance(end, Ended)
        history[name] = (*request.tokens, *said)
        if number >= 2:
            assert end.cost.tokens_read <= 3, "more than the last token said and the new ones was read"


def test_two_requests_of_one_sequence_run_one_after_the_other() -> None:
    stage = Stage(slots=3)
    first, second = ask(1, "a", (1, 2), max_tokens=9), ask(2, "a", (1, 2, 3), max_tokens=9)
    stage.loop.submit(first)
    stage.loop.submit(second)
    while 1 not in stage.ends:
        stage.step()
        assert 2 not in stage.tokens
    stage.finish()
    assert stage.said(second) == run_alone(second)


def test_a_cancelled_request_says_nothing_more() -> None:
    stage = Stage()
    stage.loop.submit(ask(1, "a", max_tokens=100))
    stage.step(5)
    said = list(stage.tokens[1])
    stage.loop.cancel(1)
    stage.loop.cancel(1)
    stage.step(5)
    assert stage.said(ask(1, "a")) == (said, "cancelled")
    assert stage.loop.is_idle and not any(slot.is_busy for slot in stage.memory._slots)


def test_the_deadline_ends_a_request_wherever_it_stands() -> None:
    stage = Stage(slots=1)
    speaking = ask(1, "a", max_tokens=100, deadline_ms=1000)
    waiting = ask(2, "b", max_tokens=100, deadline_ms=1000)
    stage.loop.submit(speaking)
    stage.loop.submit(waiting)
    stage.step(5)
    stage.clock.now += 1.0
    stage.step()
    said, reason = stage.said(speaking)
    assert reason == "deadline" and said == run_alone(speaking)[0][: len(said)] != []
    assert stage.said(waiting) == ([], "deadline")


def test_what_an_earlier_run_gave_out_is_not_given_out_twice(is_hybrid: bool) -> None:
    for temperature in (0.0, 0.7):
        sampling = Sampling(temperature=temperature, repeat_penalty=1.1, seed=5)
        whole = ask(1, "a", (3, 4, 5), max_tokens=10, sampling=sampling)
        alone, reason = run_alone(whole)
        for given in range(len(alone)):
            stage = Stage(is_hybrid=is_hybrid)
            again = replace(whole, generated=tuple(alone[:given]))
            stage.run(again)
            assert stage.said(again) == (alone[given:], reason)


def test_a_reply_that_was_whole_before_the_crash_ends_at_once() -> None:
    stage = Stage()
    stopped = ask(1, "a", stop=(text_of((5, 6)).decode(),), generated=(4, 5, 6), max_tokens=20)
    full = ask(2, "b", generated=(4, 5, 6), max_tokens=3)
    stage.run(stopped, full)
    assert stage.said(stopped) == ([], "stop")
    assert stage.said(full) == ([], "length")


def test_a_thought_is_closed_when_its_budget_is_used_up() -> None:
    stage = Stage()
    thinking = Thinking(budget=3, end=text_of((20, 21)).decode(), forced=(19, 20, 21))
    request = ask(1, "a", (2, 4), max_tokens=12, thinking=thinking)
    stage.run(request)
    said, _ = stage.said(request)
    free = run_alone(replace(request, max_tokens=3))[0]
    rest = run_alone(replace(request, tokens=(2, 4, *free, 19, 20, 21), max_tokens=6))[0]
    assert said == [*free, 19, 20, 21, *rest]
    end = stage.ends[1]
    assert isinstance(end, Ended) and end.cost.tokens_forced == 3


def test_forced_tokens_count_towards_the_limit() -> None:
    stage = Stage()
    request = ask(1, "a", (2, 4), max_tokens=4, thinking=Thinking(budget=3, end="tu", forced=(19, 20, 21)))
    stage.run(request)
    said, reason = stage.said(request)
    assert len(said) == 4 and reason == "length"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tokens": ()}, "prompt_empty"),
        ({"tokens": (1,) * 193}, "prompt_too_long"),
        ({"tokens": (VOCABULARY,)}, "bad_token"),
        ({"tokens": (-1,)}, "bad_token"),
        ({"tokens": (2**70,)}, "bad_token"),
        ({"generated": (VOCABULARY,)}, "bad_token"),
        ({"kind": "score"}, "no_labels"),
        ({"kind": "score", "labels": (99,)}, "bad_token"),
    ],
)
def test_what_cannot_run_fails_with_a_code(fields: dict[str, object], code: str) -> None:
    stage = Stage()
    stage.loop.submit(ask(1, "a", **fields))
    stage.finish()
    end = stage.ends[1]
    assert isinstance(end, Failed) and end.error.code == code


def test_a_request_of_exactly_the_context_runs() -> None:
    stage = Stage(cells=64)
    request = ask(1, "a", range(1, 21), max_tokens=43)
    others = [ask(n, f"b{n}", (n, 2, 3)) for n in range(2, 6)]
    stage.run(*others, request)
    assert stage.said(request) == run_alone(request)


def test_the_same_id_twice_fails_the_second_only() -> None:
    stage = Stage()
    request = ask(1, "a", max_tokens=4)
    stage.loop.submit(request)
    stage.step()
    stage.loop.submit(ask(1, "b"))
    events = stage.loop.take_events()
    assert [type(event) for event in events] == [Failed]
    stage.finish()
    assert stage.said(request) == run_alone(request)


def test_a_batch_that_fails_fails_its_requests_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(slots=2)
    bad, good = ask(1, "a", max_tokens=20), ask(2, "b", (5, 6), max_tokens=5)
    stage.loop.submit(bad)
    stage.step(3)
    monkeypatch.setattr(stage.decoder, "decode", lambda rows: -3)
    stage.step()
    monkeypatch.undo()
    stage.run(good)
    end = stage.ends[1]
    assert isinstance(end, Failed) and isinstance(end.error, BackendError) and end.error.code == "decode_failed"
    assert stage.said(good) == run_alone(good)


def test_all_end_when_the_loop_closes_or_fails() -> None:
    stage = Stage(slots=1)
    for name in (1, 2):
        stage.loop.submit(ask(name, f"a{name}"))
    stage.step()
    stage.loop.close()
    stage.take()
    assert [stage.said(ask(name, ""))[1] for name in (1, 2)] == ["cancelled", "cancelled"]
    stage.loop.submit(ask(3, "a"))
    stage.loop.fail(NpcError("x", code="y"))
    stage.take()
    end = stage.ends[3]
    assert isinstance(end, Failed) and end.error.code == "y"
    assert stage.loop.is_idle


def test_reading_is_broken_off_only_for_who_reads_alone_and_is_to_speak() -> None:
    stage = Stage()
    stage.loop.submit(ask(1, "a"))
    stage.loop.submit(ask(3, "b", kind="read"))
    stage.loop._reading = (1, 2)
    stage.loop.abort_reading(1)
    assert not stage.decoder._is_aborted
    stage.loop._reading = (1,)
    stage.loop.abort_reading(2)
    assert not stage.decoder._is_aborted
    stage.loop._reading = (3,)
    stage.loop.abort_reading(3)
    assert not stage.decoder._is_aborted
    stage.loop._reading = (1,)
    stage.loop.abort_reading(1)
    assert stage.decoder._is_aborted


def test_costs_add_up() -> None:
    stage = Stage(slots=1, is_hybrid=False)
    first = ask(1, "a", range(1, 20), max_tokens=5)
    stage.loop.submit(first)
    stage.loop.submit(ask(2, "a", (*range(1, 20), 7), max_tokens=5))
    for _ in range(40):
        stage.clock.now += 0.01
        stage.step()
    for name in (1, 2):
        end = stage.ends[name]
        assert isinstance(end, Ended)
        cost: EngineCost = end.cost
        assert cost.tokens_cached + cost.tokens_read == 18 + name
        assert cost.tokens_sampled == len(stage.tokens[name]) + (end.reason == "stop")
        assert cost.queue_ms + cost.read_ms <= cost.first_token_ms + 0.1 <= cost.total_ms + 0.1
        assert cost.first_token_ms + cost.decode_ms <= cost.total_ms + 0.1
    second = stage.ends[2]
    assert second.cost.queue_ms > 0 and second.cost.state_from == "slot"


def test_reading_alone_keeps_the_state_and_says_nothing(is_hybrid: bool) -> None:
    stage = Stage(is_hybrid=is_hybrid)
    stage.run(ask(1, "a", (1, 2, 3, 4), kind="read"))
    assert stage.said(ask(1, "a")) == ([], "read")
    request = ask(2, "a", (1, 2, 3, 4, 5))
    stage.run(request)
    end = stage.ends[2]
    assert end.cost.tokens_read == 1
    assert stage.said(request) == run_alone(request)


SIZES = [(1, 60), (2, 200), (4, 200)]


@pytest.mark.parametrize(("slots", "cells"), SIZES)
@pytest.mark.parametrize("keep", [True, False])
def test_requests_go_on_in_another_context(is_hybrid: bool, slots: int, cells: int, keep: bool) -> None:
    stage = Stage(slots=3, is_hybrid=is_hybrid)
    sampling = Sampling(temperature=0.7, repeat_penalty=1.1, seed=3)
    requests = [ask(n, f"c{n}", (1, 2, 3, n, n, n, 5), max_tokens=20, sampling=sampling) for n in range(1, 5)]
    reading = ask(9, "r", tuple(range(1, 20)) * 2, max_tokens=6)
    for request in (*requests, reading):
        stage.loop.submit(request)
    stage.step(5)
    stage.change(slots=slots, cells=cells, keep=keep)
    stage.step(3)
    stage.change(slots=3, cells=200)
    stage.finish()
    assert [stage.said(request) for request in (*requests, reading)] == [
        run_alone(request) for request in (*requests, reading)
    ]


def test_a_kept_state_is_not_read_again(is_hybrid: bool) -> None:
    stage = Stage(slots=4, is_hybrid=is_hybrid, quantum=40)
    requests = [ask(n, f"c{n}", range(n, n + 10), max_tokens=20) for n in range(1, 4)]
    for request in requests:
        stage.loop.submit(request)
    stage.step(6)
    read = stage.loop.stats().read_tokens
    stage.change(slots=4, cells=200, quantum=40)
    stage.finish()
    assert stage.loop.stats().read_tokens <= read + len(requests), "more than the token that was to be read was read"


def test_memory_for_parked_states_goes_to_what_runs_and_the_rest_is_read_again() -> None:
    """Two states have room: those of the most urgent requests, though idle characters are parked after them."""
    stage = Stage(slots=4, parked_bytes=140, quantum=40)
    idle = ask(1, "idle", range(1, 12), kind="read")
    stage.run(idle)
    urgent = [ask(n, f"p{n}", range(n, n + 10), max_tokens=20) for n in (2, 3)]
    ambient = ask(4, "a", range(5, 15), max_tokens=20, priority=Priority.AMBIENT)
    for request in (ambient, *urgent):
        stage.loop.submit(request)
    stage.step(4)
    read = stage.loop.stats().read_tokens
    stage.change(slots=4, cells=200, quantum=40)
    kept = {state.sequence for state in stage.cache.states()}
    assert kept == {"p2", "p3"}
    stage.finish()
    assert all(stage.said(request) == run_alone(request) for request in (*urgent, ambient))
    assert stage.loop.stats().read_tokens >= read + 10
    assert not stage.cache._pinned


def test_what_no_longer_fits_fails_and_the_rest_goes_on() -> None:
    stage = Stage(cells=200)
    small, large = ask(1, "a", max_tokens=20), ask(2, "b", range(1, 20), max_tokens=60)
    waiting = ask(3, "b", range(1, 20), max_tokens=50)
    for request in (small, large, waiting):
        stage.loop.submit(request)
    stage.step(8)
    stage.change(slots=3, cells=64)
    for request in (large, waiting):
        end = stage.ends[request.id]
        assert isinstance(end, Failed) and end.error.code == "prompt_too_long" and end.error.details["cells"] == 64
    stage.finish()
    assert stage.said(small) == run_alone(small)


def test_what_is_handed_over_is_gone_on_with_elsewhere(is_hybrid: bool) -> None:
    stage = Stage(slots=2, is_hybrid=is_hybrid)
    sampling = Sampling(temperature=0.0, repeat_penalty=1.2)
    requests = [ask(n, f"c{n}", (1, 2, n), max_tokens=15, sampling=sampling, deadline_ms=9000) for n in range(1, 5)]
    for request in requests:
        stage.loop.submit(request)
    stage.clock.now += 1
    stage.step(6)
    stage.loop.suspend(keep=True)
    handed = stage.loop.hand_over()
    assert stage.loop.is_idle and not stage.take() and all(sampler.is_closed for sampler in stage.decoder.samplers)
    after = Stage(slots=3, is_hybrid=is_hybrid)
    after.tokens, after.ends = stage.tokens, stage.ends
    for request, submitted in handed:
        assert submitted == 1000.0
        after.loop.submit(request, submitted)
    after.finish()
    assert [after.said(request) for request in requests] == [run_alone(request) for request in requests]


def test_the_pace_is_asked_before_every_step_and_told_of_every_call(is_hybrid: bool) -> None:
    stage = Stage(slots=3, is_hybrid=is_hybrid, quantum=8)
    asks = (ask(1, "a", range(start, start + 12), max_tokens=3) for start in range(1, 10))
    stage.loop.submit(next(request for request in asks if len(run_alone(request)[0]) == 3))
    stage.step()
    assert stage.pace.asked == [(1_000_000.0, 0, 1)] and stage.pace.calls == [(8, True, 1)]
    stage.pace.grants = Grant(quantum=2)
    stage.step()
    assert stage.pace.calls[-1] == (2, True, 1)
    stage.pace.grants = Grant(quantum=0)
    stage.step(3)
    assert len(stage.pace.calls) == 2
    stage.finish()
    assert stage.pace.calls[2:] == [(2, True, 1), (1, False, 1), (1, False, 1)]
    assert stage.pace.asked[-1][1:] == (1, 0)
    asked = len(stage.pace.asked)
    stage.step()
    assert len(stage.pace.asked) == asked, "an idle loop asks for nothing"


def test_speaking_and_reading_take_turns_when_the_pace_says_so() -> None:
    stage = Stage(slots=2, quantum=4)
    stage.loop.submit(ask(1, "a", (1, 2), max_tokens=30))
    stage.step(2)
    stage.loop.submit(ask(2, "b", range(1, 21), max_tokens=2))
    stage.pace.calls.clear()
    stage.pace.grants = Grant(quantum=4, may_speak=False)
    stage.step(2)
    stage.pace.grants = Grant(quantum=0)
    stage.step(2)
    assert [is_reading for _, is_reading, _ in stage.pace.calls] == [True, True, False, False]


def test_more_speakers_than_a_frame_holds_come_in_turn(is_hybrid: bool) -> None:
    stage = Stage(slots=4, is_hybrid=is_hybrid)
    requests = [ask(number, f"s{number}", range(1, 4 + number), max_tokens=30) for number in range(1, 5)]
    for request in requests:
        stage.loop.submit(request)
    stage.step(5)
    stage.pace.calls.clear()
    stage.pace.grants = Grant(quantum=8, rows=1)
    stage.step(4)
    assert [call for call in stage.pace.calls if not call[1]] == [(1, False, 1)] * 4
    stage.finish()
    assert [stage.said(request) for request in requests] == [run_alone(request) for request in requests]


def test_a_rest_keeps_deadlines_and_commands_going() -> None:
    stage = Stage(slots=2)
    patient, hurried, dropped = ask(1, "a"), ask(2, "b", deadline_ms=40), ask(3, "c")
    for request in (patient, hurried, dropped):
        stage.loop.submit(request)
    stage.pace.grants = Grant(quantum=8, wait_ms=500)
    assert not stage.loop.step() and stage.loop.is_resting
    rest_s = stage.loop.rest_s
    assert rest_s is not None and abs(rest_s - 0.04) < 1e-6, "the nearest deadline cuts the rest"
    stage.loop.cancel(3)
    stage.clock.now += 0.05
    assert not stage.loop.step()
    stage.take()
    assert stage.said(hurried) == ([], "deadline") and stage.said(dropped) == ([], "cancelled")
    rest_s = stage.loop.rest_s
    assert rest_s is not None and abs(rest_s - 0.45) < 1e-6 and not stage.pace.calls
    asked = len(stage.pace.asked)
    stage.step(3)
    assert len(stage.pace.asked) == asked, "it asked again before the rest was over"
    stage.pace.grants = Grant(quantum=8)
    stage.loop.repace()
    stage.step()
    assert stage.pace.calls and stage.loop.rest_s is None
    stage.finish()
    assert stage.said(patient) == run_alone(patient)


def test_nobody_is_admitted_during_a_rest() -> None:
    stage = Stage(slots=2)
    stage.loop.submit(ask(1, "a", max_tokens=30))
    stage.step(2)
    stage.pace.grants = Grant(quantum=8, wait_ms=100)
    stage.step()
    stage.loop.submit(ask(2, "b"))
    stage.clock.now += 0.2
    stage.step(2)
    assert stage.memory.live == 1
    stage.pace.grants = Grant(quantum=8)
    stage.clock.now += 0.2
    stage.step()
    assert stage.memory.live == 2
