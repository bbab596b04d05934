"""With llama.cpp itself: a turn reads what is new, and what was read is kept through all that happens between turns.

The models are random, so their answers are no words; what counts here is which prompt tokens were read again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from npc_sdk.actions import Action, ActionSpec, VocabularyName, action_spec
from npc_sdk.actions.dialects import Dialect, dialect_for
from npc_sdk.engine.engine import Engine, EngineConfig
from npc_sdk.engine.process import ProcessEngine
from npc_sdk.engine.request import Ended, EngineCost, EngineUp, Event, Failed, Request, TokensOut
from npc_sdk.engine.thread import ThreadEngine
from npc_sdk.persona import Limits, Persona, World
from npc_sdk.runtime import ActionCall, Npc, Runtime, Turn, TurnEnd

WAIT_S = 30.0
LINE = "What do you know about the old bridge?"
# A line, what stands around it, and the opening of the answer.
LINE_TOKENS = 32
OBSERVATION_TOKENS, VOCABULARY_TOKENS = 24, 24
RESULT_TOKENS = 40


class Attack(Action):
    """Strike an enemy within reach."""

    target: Annotated[str, VocabularyName("enemies")]


class Watched:
    """An engine, what it was asked, what each request took, and whether it has nothing to do."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.costs: list[tuple[Request, EngineCost]] = []
        self.acts: tuple[int, ...] = ()
        self.has_restarted = threading.Event()
        self._open: dict[int, Request] = {}
        self._acting: set[int] = set()
        self._changed = threading.Condition()
        self._on_event: Callable[[Event], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        self._on_event = on_event
        self.engine.start(self._take, timeout_s=timeout_s)

    def submit(self, request: Request) -> None:
        with self._changed:
            self._open[request.id] = request
        if self.acts and request.kind == "generate":
            # The model acts, as far as the engine can tell; one token of its own follows.
            acts, self.acts = self.acts, ()
            self._acting.add(request.id)
            self._on_event(TokensOut(request.id, acts, b"".join(map(self.engine.tokenizer.piece, acts))))
            request = replace(request, generated=acts, max_tokens=len(acts) + 1)
        self.engine.submit(request)

    def _take(self, event: Event) -> None:
        if isinstance(event, EngineUp):
            self.has_restarted.set()
        if isinstance(event, Ended) and event.id in self._acting:
            event = replace(event, reason="stop")
        self._on_event(event)
        if isinstance(event, (Ended, Failed)):
            with self._changed:
                self.costs.append((self._open.pop(event.id), event.cost))
                self._changed.notify_all()

    def rest(self) -> None:
        """Wait until every request has ended."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._open, WAIT_S)


def config(path: Path, **changes: Any) -> EngineConfig:
    return EngineConfig(**{"model_path": str(path), "slots": 4, "cells": 4096, "threads": 1, **changes})


@pytest.fixture(params=["hybrid", "attention"])
def model(request: pytest.FixtureRequest, tiny_hybrid_path: Path, tiny_attention_path: Path) -> Path:
    return {"hybrid": tiny_hybrid_path, "attention": tiny_attention_path}[request.param]


@pytest.fixture
def bron() -> Persona:
    knows = tuple(f"The tower number {number} was built in the year {number}71." for number in range(12))
    return Persona(name="Bron", role="the gate guard", knows=knows, limits=Limits(tokens=12, sentences=9))


class Stage:
    """A runtime on a watched engine."""

    def __init__(self, engine: Engine, **settings: Any) -> None:
        self.watched = Watched(engine)
        self.runtime = Runtime(engine=self.watched, greedy=True, seed=1, **settings)

    def spawn(self, persona: Persona, **arguments: Any) -> Npc:
        npc = self.runtime.spawn(persona, [Attack], **arguments)
        self.settle(npc)
        return npc

    def settle(self, npc: Npc) -> None:
        """Wait until what happened is in the history and was read."""
        assert isinstance(npc.history, tuple)
        self.watched.rest()

    def say(self, npc: Npc, line: str = LINE) -> tuple[Turn, TurnEnd]:
        turn = npc.say(line)
        end = turn.result(WAIT_S)
        assert end.source == "model", end
        self.settle(npc)
        return turn, end


@pytest.fixture
def stage(model: Path) -> Iterator[Stage]:
    stage = Stage(ThreadEngine(config(model)))
    with stage.runtime:
        yield stage


def test_every_turn_reads_its_line_only(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    for _ in range(3):
        _, end = stage.say(guard)
        assert end.cost.read.new <= LINE_TOKENS
        assert end.cost.read.cached > 200


def test_observations_and_vocabularies_are_read_and_left_behind(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    stage.say(guard)
    guard.observe("It starts to rain on the walls.")
    guard.world.update(tick=1, enemies=["goblin_1", "goblin_2"])
    for tick in range(2, 5):
        _, end = stage.say(guard)
        assert end.cost.read.new <= LINE_TOKENS + OBSERVATION_TOKENS + VOCABULARY_TOKENS
        guard.world.update(tick=tick, enemies=[f"goblin_{tick}"])


def test_an_interrupted_line_is_read_in_idle_time(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    stage.say(guard)
    turn, end = stage.say(guard)
    for heard in (3, 9):
        turn.heard(heard)
        stage.settle(guard)
    assert guard.history[-1].text == end.text[:9].rstrip() + "—"
    _, end = stage.say(guard)
    assert end.cost.read.new <= LINE_TOKENS


def test_a_cancelled_turn_costs_the_next_one_nothing(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    stage.say(guard)
    turn = guard.say(LINE)
    next(iter(turn))
    turn.cancel()
    turn.result(WAIT_S)
    stage.settle(guard)
    _, end = stage.say(guard)
    assert end.cost.read.new <= LINE_TOKENS


def test_a_decision_does_not_disturb_the_conversation(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    stage.say(guard)
    decision = guard.decide("Two goblins come, and the gate stands open.", ["attack", "flee"])
    assert decision.source == "model"
    assert decision.cost.read.new <= LINE_TOKENS + 40
    _, end = stage.say(guard)
    assert end.cost.read.new <= LINE_TOKENS


def test_decisions_beside_a_turn_do_not_disturb_it(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    stage.say(guard)
    turn = guard.say(LINE)
    decision = guard.decide("Two goblins come, and the gate stands open.", ["attack", "flee"])
    assert decision.source == "model"
    assert turn.result(WAIT_S).cost.read.new <= LINE_TOKENS
    stage.settle(guard)
    _, end = stage.say(guard)
    assert end.cost.read.new <= LINE_TOKENS


def call_tokens(engine: Engine, spec: ActionSpec, **arguments: str) -> tuple[int, ...]:
    dialect: Dialect = dialect_for(engine.tokenizer.chat_template)
    parts = dialect.render_call(spec.name, arguments)
    return tuple(token for part in parts for token in engine.tokenizer.encode(part.text, special=part.trusted))


def test_going_on_after_an_action_reads_its_result_only(stage: Stage, bron: Persona) -> None:
    patient = bron.model_copy(update={"limits": Limits(tokens=64)})
    guard = stage.spawn(patient, waits_for=[Attack])
    guard.world.update(tick=1, enemies=["goblin_1", "goblin_2"])
    stage.say(guard)
    stage.watched.costs.clear()
    stage.watched.acts = call_tokens(stage.watched.engine, action_spec(Attack), target="goblin_2")
    turn = guard.say(LINE)
    for event in turn:
        if isinstance(event, ActionCall):
            assert event.arguments == {"target": "goblin_2"}
            event.reply("goblin_2 is hit and has 3 HP left.")
    stage.settle(guard)
    asked = [cost for request, cost in stage.watched.costs if request.kind == "generate"]
    assert len(asked) == 2
    assert asked[1].tokens_read <= RESULT_TOKENS
    _, end = stage.say(guard)
    assert end.cost.read.new <= LINE_TOKENS + VOCABULARY_TOKENS


def test_a_parked_character_comes_back_whole(stage: Stage, bron: Persona) -> None:
    guard = stage.spawn(bron)
    stage.say(guard)
    guard.park()
    _, end = stage.say(guard)
    assert end.cost.read.new <= LINE_TOKENS
    assert end.cost.state_from == "memory"


def test_the_second_of_a_persona_reads_next_to_nothing(stage: Stage, bron: Persona) -> None:
    stage.spawn(bron)
    first, _ = sum_read(stage.watched)
    stage.watched.costs.clear()
    second = stage.spawn(bron)
    again, cached = sum_read(stage.watched)
    assert again <= 0.05 * first and cached >= 0.95 * first
    _, end = stage.say(second)
    assert end.cost.read.new <= LINE_TOKENS


def sum_read(watched: Watched) -> tuple[int, int]:
    costs = [cost for _, cost in watched.costs]
    return sum(cost.tokens_read for cost in costs), sum(cost.tokens_cached for cost in costs)


def test_eight_of_one_world_read_it_once(model: Path, bron: Persona) -> None:
    facts = tuple(f"The village number {number} lies {number} miles from the river." for number in range(30))
    # Nothing is read ahead here, so that no reading is cut short by a turn.
    stage = Stage(ThreadEngine(config(model)), world=World(name="Brackwater", facts=facts), warm=False)
    with stage.runtime:
        personas = [replace_name(bron, f"Guard {number}") for number in range(8)]
        npcs = [stage.runtime.spawn(persona, [Attack]) for persona in personas]
        turns = [npc.say(LINE) for npc in npcs]
        assert all(turn.result(WAIT_S).source == "model" for turn in turns)
        stage.watched.rest()
        read, _ = sum_read(stage.watched)
        world = first_boundary(stage.watched)
        own = max(len(request.tokens) for request, _ in stage.watched.costs if request.kind == "generate") - world
        assert world > 300
        assert read <= world + 8 * own


def replace_name(persona: Persona, name: str) -> Persona:
    return persona.model_copy(update={"name": name})


def first_boundary(watched: Watched) -> int:
    return next(request.boundaries[0].length for request, _ in watched.costs)


def test_a_full_history_is_cut_before_the_player_speaks(model: Path, bron: Persona) -> None:
    stage = Stage(ThreadEngine(config(model, cells=1024, slots=1)))
    with stage.runtime:
        guard = stage.spawn(bron)
        lengths = []
        for _ in range(24):
            _, end = stage.say(guard)
            assert end.cost.read.new <= LINE_TOKENS
            lengths.append(len(guard.history))
        assert lengths != sorted(lengths)


@pytest.mark.skipif(sys.platform == "win32", reason="uses signals")
def test_a_killed_engine_reads_only_what_was_not_parked(model: Path, bron: Persona, tmp_path: Path) -> None:
    stage = Stage(ProcessEngine(config(model, parked_folder=str(tmp_path / "parked"))))
    with stage.runtime:
        guard = stage.spawn(bron)
        stage.say(guard)
        _, before = stage.say(guard)
        history = guard.history
        os.kill(stage.watched.engine.info.process_id, signal.SIGKILL)
        assert stage.watched.has_restarted.wait(WAIT_S)
        _, end = stage.say(guard)
        assert guard.history[: len(history)] == history
        # An attention-only model parks no conversations: it reads those again, but not the persona.
        allowed = LINE_TOKENS if stage.watched.engine.info.is_hybrid else 4 * LINE_TOKENS
        assert end.cost.read.new <= allowed < before.cost.read.cached
