"""What the tests of the runtime share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

import pytest

from npc_sdk.actions import Action, Labels, VocabularyName, action_spec
from npc_sdk.actions.dialects import QwenXml
from npc_sdk.engine.request import Request
from npc_sdk.persona import Limits, Persona
from npc_sdk.runtime import Npc, Runtime
from npc_sdk.runtime.plan import TurnPlan
from npc_sdk.testing import FakeEngine


class Attack(Action):
    """Strike an enemy within reach."""

    target: Annotated[str, VocabularyName("enemies")]
    style: Literal["quick", "heavy"] = "quick"


class Look(Action):
    """Look around."""


@pytest.fixture
def attack() -> type[Action]:
    """An action with a live vocabulary."""
    return Attack


@pytest.fixture
def look() -> type[Action]:
    """An action without arguments."""
    return Look


@pytest.fixture
def persona() -> Persona:
    """A guard with two fallback lines."""
    return Persona(name="Bron", role="the gate guard", fallback=("Hm.", "What?"), greeting="Halt, who goes there?")


@pytest.fixture
def engine() -> FakeEngine:
    """An engine that answers at once."""
    return FakeEngine()


@pytest.fixture
def slow_engine() -> FakeEngine:
    """An engine that needs 10 ms for a token."""
    return FakeEngine(tokens_per_ms=0.1)


@pytest.fixture
def open_runtime() -> Iterator[Callable[..., Runtime]]:
    """Starts runtimes that are closed after the test."""
    opened: list[Runtime] = []

    def start(engine: FakeEngine, **arguments: Any) -> Runtime:
        runtime = Runtime(engine=engine, **arguments)
        opened.append(runtime)
        runtime.start()
        return runtime

    yield start
    for runtime in opened:
        runtime.close()


@pytest.fixture
def spawn(open_runtime: Callable[..., Runtime], persona: Persona) -> Callable[..., Npc]:
    """Starts a runtime and brings the guard into it."""

    def bring(engine: FakeEngine, actions: Any = (), *, waits_for: Any = (), **settings: Any) -> Npc:
        return open_runtime(engine, **settings).spawn(persona, actions, waits_for=waits_for)

    return bring


@pytest.fixture
def plan() -> Callable[..., TurnPlan]:
    """Makes plans of turns with the actions attack and look."""
    specs = (action_spec(Attack), action_spec(Look))

    def make(enemies: tuple[str, ...] = ("goblin_1", "goblin_2"), **changes: Any) -> TurnPlan:
        labels = {"enemies": Labels.of(enemies)}
        values: dict[str, Any] = {
            "request": Request(id=0, sequence="Bron", tokens=(1, 2, 3), max_tokens=160),
            "started_ms": 0.0,
            "deadline_ms": 1000.0,
            "tick": 1,
            "actions": {spec.name: spec for spec in specs},
            "limits": Limits(),
            "fallback_line": "Hm.",
            "waits_for": frozenset(),
            "action_timeout_ms": 200.0,
            "max_rounds": 4,
            "is_thinking": False,
            "parser": lambda: QwenXml().parser(specs, labels),
            "go_on": lambda generated, calls, results: (1, 2, 3, *generated, 9),
        }
        return TurnPlan(**{**values, **changes})

    return make
