"""An engine that is asked and waited for, with the moments at which it answered."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.config import EngineConfig
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.request import (
    Ended,
    EngineCost,
    EngineDown,
    Event,
    Failed,
    Reconfigured,
    Request,
    Suspended,
    TokensOut,
)
from npc_sdk.errors import DeadlineError

WAIT_S: Final = 180.0


@dataclass(slots=True)
class Answer:
    """What became of a request: moments in seconds of ``perf_counter``.

    Args:
        times_s: When tokens came.
        counts: How many came then.
        cost: What it took by the engine's own clock.
    """

    times_s: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    cost: EngineCost = field(default_factory=EngineCost)


class Session:
    """One engine. Not thread safe, except for what the engine's own methods allow.

    Args:
        engine: An engine that was not started; it is started, unpaced.
        quantum: Most prompt tokens in one call.

    Raises:
        NpcError: It cannot be started.
    """

    def __init__(self, engine: Engine, quantum: int) -> None:
        self.engine = engine
        self._events: queue.Queue[tuple[float, Event]] = queue.Queue()
        self._last_id = 0
        engine.start(lambda event: self._events.put((perf_counter(), event)), timeout_s=WAIT_S)
        self.pace(is_on=False, quantum=quantum)

    def pace(self, *, is_on: bool, quantum: int) -> None:
        """Turn pacing on or off and set the most prompt tokens of one call."""
        self.engine.set_quantum(quantum)
        self.engine.pace(PacingConfig(is_on=is_on, quantum_min=min(16, quantum), quantum_max=quantum))

    def id(self) -> int:
        """Return an unused request id."""
        self._last_id += 1
        return self._last_id

    def next(self, timeout_s: float = WAIT_S) -> tuple[float, Event] | None:
        """Return the next event and its moment; None when none came in time.

        Raises:
            NpcError: A request failed, a change failed, or the engine is down for good.
        """
        try:
            at_s, event = self._events.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            return None
        if isinstance(event, Failed) or (isinstance(event, EngineDown) and event.is_final):
            raise event.error
        if isinstance(event, Reconfigured) and event.error is not None:
            raise event.error
        return at_s, event

    def wait(self) -> tuple[float, Event]:
        """Return the next event and its moment.

        Raises:
            DeadlineError: None came for minutes.
        """
        found = self.next()
        if found is None:
            raise DeadlineError(f"No event for {WAIT_S:g} s.", code="bench_stuck")
        return found

    def run(self, requests: Sequence[Request]) -> list[Answer]:
        """Submit requests together and wait for all of them."""
        answers = {request.id: Answer() for request in requests}
        for request in requests:
            self.engine.submit(request)
        left = set(answers)
        while left:
            at_s, event = self.wait()
            if isinstance(event, TokensOut) and event.id in answers:
                answers[event.id].times_s.append(at_s)
                answers[event.id].counts.append(len(event.tokens))
            elif isinstance(event, Ended):
                if event.id in answers:
                    answers[event.id].cost = event.cost
                left.discard(event.id)
        return [answers[request.id] for request in requests]

    def reconfigure(
        self, config: EngineConfig, heard: Callable[[Event], None] = lambda _: None
    ) -> tuple[float, Reconfigured]:
        """Change the engine and wait for the outcome.

        Args:
            config: What it is to become.
            heard: Told of other events meanwhile.
        """
        self.engine.reconfigure(config)
        while True:
            at_s, event = self.wait()
            if isinstance(event, Reconfigured):
                return at_s, event
            heard(event)

    def suspend(self, heard: Callable[[Event], None] = lambda _: None) -> tuple[float, Suspended]:
        """Suspend the engine and wait for the outcome.

        Args:
            heard: Told of other events meanwhile.
        """
        self.engine.suspend()
        while True:
            at_s, event = self.wait()
            if isinstance(event, Suspended):
                return at_s, event
            heard(event)


@contextmanager
def running(rig: Rig, config: EngineConfig) -> Iterator[Session]:
    """Start an engine and close it afterwards, whatever happens."""
    engine = rig.make_engine(config)
    try:
        yield Session(engine, config.quantum)
    finally:
        engine.close()
