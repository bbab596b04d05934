"""What the runtime's thread runs: turns and decisions, each a machine with somebody who listens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from npc_sdk.actions import LiveWorld
from npc_sdk.engine.request import Failed
from npc_sdk.errors import NpcError
from npc_sdk.runtime.decision import Decision, DecisionMachine
from npc_sdk.runtime.events import TurnEnd, TurnEvent
from npc_sdk.runtime.mailbox import Log
from npc_sdk.runtime.turn_machine import CancelRequest, Output, RequestEvent, Submit, TurnMachine

TaskOutput: TypeAlias = Output | Decision


class Task(Protocol):
    """A piece of work that ends exactly once. Not thread safe; owned by the runtime's thread."""

    @property
    def is_over(self) -> bool: ...
    @property
    def is_held(self) -> bool: ...
    def next_ms(self) -> float | None: ...
    def start(self, now_ms: float) -> Sequence[TaskOutput]: ...
    def engine(self, event: RequestEvent, now_ms: float) -> Sequence[TaskOutput]: ...
    def tick(self, now_ms: float) -> Sequence[TaskOutput]: ...
    def hold(self, failed: Failed, now_ms: float) -> Sequence[TaskOutput]: ...
    def cancel(self, why: str, now_ms: float, error: NpcError | None = None) -> Sequence[TaskOutput]: ...
    def fail(self, error: NpcError, now_ms: float) -> Sequence[TaskOutput]: ...
    def deliver(self, output: TurnEvent | Decision) -> None: ...


class TurnTask:
    """A turn with its listeners.

    Args:
        machine: The turn.
        live: The world against which its actions are checked.
        log: Where its events go.
        on_end: Called once, after the end was computed and before anybody sees it.
    """

    def __init__(
        self, machine: TurnMachine, live: LiveWorld, log: Log[TurnEvent], on_end: Callable[[TurnMachine], None]
    ) -> None:
        self.machine = machine
        self._live = live
        self._log = log
        self._on_end = on_end

    @property
    def is_over(self) -> bool:
        """Whether the end is there."""
        return self.machine.end is not None

    @property
    def is_held(self) -> bool:
        """Whether it waits to be asked again."""
        return self.machine.is_held

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` has something to do."""
        return self.machine.next_ms()

    def start(self, now_ms: float) -> Sequence[TaskOutput]:
        """Begin."""
        return self.machine.start(now_ms)

    def engine(self, event: RequestEvent, now_ms: float) -> Sequence[TaskOutput]:
        """Take an event of the engine."""
        return self.machine.engine(event, now_ms, self._live.snapshot())

    def tick(self, now_ms: float) -> Sequence[TaskOutput]:
        """Let time pass."""
        return self.machine.tick(now_ms)

    def hold(self, failed: Failed, now_ms: float) -> Sequence[TaskOutput]:
        """Wait to be asked again, or end if that cannot be."""
        return self.machine.hold(failed, now_ms)

    def cancel(self, why: str, now_ms: float, error: NpcError | None = None) -> Sequence[TaskOutput]:
        """End now."""
        return self.machine.cancel(why, now_ms, error)

    def fail(self, error: NpcError, now_ms: float) -> Sequence[TaskOutput]:
        """End because of an error."""
        return self.machine.fail(error, now_ms)

    def deliver(self, output: TurnEvent | Decision) -> None:
        """Hand an event to whoever listens."""
        if isinstance(output, Decision):
            return
        if not isinstance(output, TurnEnd):
            self._log.append(output)
            return
        try:
            self._on_end(self.machine)
        finally:
            self._log.append(output, is_last=True)


class DecisionTask:
    """A decision with its listener.

    Args:
        machine: The decision.
        log: Where it goes.
        on_end: Called once, before anybody sees the decision.
    """

    def __init__(self, machine: DecisionMachine, log: Log[Decision], on_end: Callable[[], None]) -> None:
        self.machine = machine
        self._log = log
        self._on_end = on_end

    @property
    def is_over(self) -> bool:
        """Whether the decision is there."""
        return self.machine.decision is not None

    @property
    def is_held(self) -> bool:
        """Whether it waits to be asked again."""
        return self.machine.is_held

    def next_ms(self) -> float | None:
        """Return when :meth:`tick` has something to do."""
        return self.machine.next_ms()

    def start(self, now_ms: float) -> Sequence[TaskOutput]:
        """Begin."""
        return self.machine.start(now_ms)

    def engine(self, event: RequestEvent, now_ms: float) -> Sequence[TaskOutput]:
        """Take an event of the engine."""
        return self.machine.engine(event, now_ms)

    def tick(self, now_ms: float) -> Sequence[TaskOutput]:
        """Let time pass."""
        return self.machine.tick(now_ms)

    def hold(self, failed: Failed, now_ms: float) -> Sequence[TaskOutput]:
        """Wait to be asked again."""
        return self.machine.hold(failed, now_ms)

    def cancel(self, why: str, now_ms: float, error: NpcError | None = None) -> Sequence[TaskOutput]:
        """Take the default now."""
        return self.machine.cancel(why, now_ms, error)

    def fail(self, error: NpcError, now_ms: float) -> Sequence[TaskOutput]:
        """Take the default because of an error."""
        return self.machine.fail(error, now_ms)

    def deliver(self, output: TurnEvent | Decision) -> None:
        """Hand the decision over."""
        if not isinstance(output, Decision):
            return
        try:
            self._on_end()
        finally:
            self._log.append(output, is_last=True)


__all__ = ["CancelRequest", "DecisionTask", "Submit", "Task", "TaskOutput", "TurnTask"]
