"""The same API for asyncio: same names, same arguments, with ``await``, ``async for`` and ``async with``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self

from npc_sdk.actions import ActionSpec, Declaration, LiveWorld
from npc_sdk.budget.frame import Mode
from npc_sdk.budget.plan import Rung
from npc_sdk.budget.probe import Probe
from npc_sdk.engine.engine import Engine
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import StateError
from npc_sdk.persona import Persona, World
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.clock import Clock
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.engine_watch import EngineWatch
from npc_sdk.runtime.engines import EngineKind
from npc_sdk.runtime.events import RuntimeNews, TurnEnd, TurnEvent
from npc_sdk.runtime.kept import OnKept
from npc_sdk.runtime.npc import Npc, pending_decision
from npc_sdk.runtime.runtime import PriorityName, Runtime
from npc_sdk.runtime.settings import RuntimeSettings
from npc_sdk.runtime.status import RuntimeStatus
from npc_sdk.runtime.turn import Turn, follow_of

Result = TypeVar("Result")


class AsyncTurn:
    """A :class:`~npc_sdk.Turn` for asyncio: iterate over it with ``async for``.

    When a task is cancelled while it waits for the turn, the turn is cancelled too.
    """

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._follow = follow_of(turn)

    async def __aiter__(self) -> AsyncIterator[TurnEvent]:
        index = 0
        while (event := await self._or_cancel(self._follow.async_item(index))) is not None:
            index += 1
            yield event

    @property
    def deadline_ms(self) -> float:
        """As :attr:`Turn.deadline_ms`."""
        return self._turn.deadline_ms

    @property
    def events(self) -> tuple[TurnEvent, ...]:
        """As :attr:`Turn.events`."""
        return self._turn.events

    @property
    def end(self) -> TurnEnd | None:
        """As :attr:`Turn.end`."""
        return self._turn.end

    @property
    def is_over(self) -> bool:
        """As :attr:`Turn.is_over`."""
        return self._turn.is_over

    @property
    def text(self) -> str:
        """As :attr:`Turn.text`."""
        return self._turn.text

    def heard(self, characters: int) -> None:
        """As :meth:`Turn.heard`."""
        self._turn.heard(characters)

    def cancel(self) -> None:
        """As :meth:`Turn.cancel`."""
        self._turn.cancel()

    async def result(self, timeout_s: float | None = None) -> TurnEnd:
        """As :meth:`Turn.result`."""
        end = await self._or_cancel(self._follow.async_last(timeout_s))
        if not isinstance(end, TurnEnd):
            raise StateError("The turn has no end.", code="internal")
        return end

    async def _or_cancel(self, waiting: Awaitable[Result]) -> Result:
        try:
            return await waiting
        except asyncio.CancelledError:
            self._turn.cancel()
            raise


class AsyncNpc:
    """An :class:`~npc_sdk.Npc` for asyncio."""

    def __init__(self, npc: Npc) -> None:
        self._npc = npc

    def __repr__(self) -> str:
        return f"<AsyncNpc {self.name!r}>"

    @property
    def name(self) -> str:
        """As :attr:`Npc.name`."""
        return self._npc.name

    @property
    def persona(self) -> Persona:
        """As :attr:`Npc.persona`."""
        return self._npc.persona

    @property
    def actions(self) -> tuple[ActionSpec, ...]:
        """As :attr:`Npc.actions`."""
        return self._npc.actions

    @property
    def world(self) -> LiveWorld:
        """As :attr:`Npc.world`."""
        return self._npc.world

    @property
    def is_talking(self) -> bool:
        """As :attr:`Npc.is_talking`."""
        return self._npc.is_talking

    @property
    def history(self) -> tuple[HistoryLine, ...]:
        """As :attr:`Npc.history`."""
        return self._npc.history

    def say(self, text: str, *, deadline_ms: float | None = None, speaker: str | None = None) -> AsyncTurn:
        """As :meth:`Npc.say`; not awaited itself, its turn is."""
        return AsyncTurn(self._npc.say(text, deadline_ms=deadline_ms, speaker=speaker))

    async def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> Decision:
        """As :meth:`Npc.decide`; the decision is given up when the task that waits for it is cancelled."""
        pending = pending_decision(self._npc, situation, options, deadline_ms=deadline_ms, default=default)
        try:
            return await pending.follow.async_last(None)
        except asyncio.CancelledError:
            pending.cancel()
            raise

    def observe(self, text: str, *, ttl_ms: float | None = None) -> None:
        """As :meth:`Npc.observe`."""
        self._npc.observe(text, ttl_ms=ttl_ms)

    def greet(self) -> str:
        """As :meth:`Npc.greet`."""
        return self._npc.greet()

    async def park(self) -> None:
        """As :meth:`Npc.park`."""
        await asyncio.to_thread(self._npc.park)

    def export(self) -> dict[str, Any]:
        """As :meth:`Npc.export`."""
        return self._npc.export()

    def keep(self, *, is_whole: bool = False, then: Callable[[], None] | None = None) -> None:
        """As :meth:`Npc.keep`."""
        self._npc.keep(is_whole=is_whole, then=then)

    async def despawn(self) -> None:
        """As :meth:`Npc.despawn`."""
        await asyncio.to_thread(self._npc.despawn)


class AsyncRuntime:
    """A :class:`~npc_sdk.Runtime` for asyncio; takes the same arguments.

    What could block the event loop runs in a worker thread.
    """

    def __init__(
        self,
        model: str | Path = "starter",
        *,
        engine: Engine | EngineKind | None = None,
        world: World | str | Path | None = None,
        folder: str | Path | None = None,
        settings: RuntimeSettings | str | Path | None = None,
        clock: Clock | None = None,
        on_event: Callable[[RuntimeNews], None] | None = None,
        watch: EngineWatch | None = None,
        probe: Probe | None = None,
        ladder: Sequence[Rung] | None = None,
        **overrides: Any,
    ) -> None:
        self._runtime = Runtime(
            model,
            engine=engine,
            world=world,
            folder=folder,
            settings=settings,
            clock=clock,
            on_event=on_event,
            watch=watch,
            probe=probe,
            ladder=ladder,
            **overrides,
        )

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except asyncio.CancelledError:
            # A thread goes on starting it, and nobody else would close it.
            asyncio.get_running_loop().run_in_executor(None, self._runtime.close)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def settings(self) -> RuntimeSettings:
        """As :attr:`Runtime.settings`."""
        return self._runtime.settings

    @property
    def world(self) -> World | None:
        """As :attr:`Runtime.world`."""
        return self._runtime.world

    @property
    def tokenizer(self) -> Tokenizer | None:
        """As :attr:`Runtime.tokenizer`."""
        return self._runtime.tokenizer

    @property
    def steps(self) -> int:
        """As :attr:`Runtime.steps`."""
        return self._runtime.steps

    def frame(self, target_ms: float, measured_ms: float | None = None, *, mode: Mode = "explore") -> None:
        """As :meth:`Runtime.frame`."""
        self._runtime.frame(target_ms, measured_ms, mode=mode)

    def reserve(self, mib: float) -> None:
        """As :meth:`Runtime.reserve`."""
        self._runtime.reserve(mib)

    async def start(self) -> None:
        """As :meth:`Runtime.start`."""
        await asyncio.to_thread(self._runtime.start)

    async def spawn(
        self,
        persona: Persona,
        actions: Iterable[Declaration] = (),
        *,
        name: str | None = None,
        seed: int | None = None,
        priority: PriorityName = "player",
        world: World | None = None,
        waits_for: Collection[str | Declaration] = (),
        kept: Mapping[str, Any] | None = None,
        on_kept: OnKept | None = None,
    ) -> AsyncNpc:
        """As :meth:`Runtime.spawn`."""
        npc = await asyncio.to_thread(
            self._runtime.spawn,
            persona,
            actions,
            name=name,
            seed=seed,
            priority=priority,
            world=world,
            waits_for=waits_for,
            kept=kept,
            on_kept=on_kept,
        )
        return AsyncNpc(npc)

    @property
    def talking(self) -> int:
        """As :attr:`Runtime.talking`."""
        return self._runtime.talking

    async def status(self, *, is_brief: bool = False) -> RuntimeStatus:
        """As :meth:`Runtime.status`."""
        return await asyncio.to_thread(self._runtime.status, is_brief=is_brief)

    async def close(self) -> None:
        """As :meth:`Runtime.close`."""
        await asyncio.to_thread(self._runtime.close)
