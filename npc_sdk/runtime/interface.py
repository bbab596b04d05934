"""What a game may rely on, whether its characters live in this process or in a host's.

:class:`~npc_sdk.Runtime` and the client of a host both satisfy these protocols, so a game that is typed
against them runs with either.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from typing_extensions import Self

from npc_sdk.actions import ActionSpec, Declaration, LiveWorld
from npc_sdk.persona import Persona, World
from npc_sdk.runtime.asynchronous import AsyncNpc, AsyncRuntime, AsyncTurn
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.npc import Npc
from npc_sdk.runtime.runtime import PriorityName, Runtime
from npc_sdk.runtime.turn import Turn


class NpcFacts(Protocol):
    """What is known of a character without waiting."""

    @property
    def name(self) -> str:
        """As :attr:`Npc.name`."""
        ...

    @property
    def persona(self) -> Persona:
        """As :attr:`Npc.persona`."""
        ...

    @property
    def actions(self) -> tuple[ActionSpec, ...]:
        """As :attr:`Npc.actions`."""
        ...

    @property
    def world(self) -> LiveWorld:
        """As :attr:`Npc.world`."""
        ...

    @property
    def is_talking(self) -> bool:
        """As :attr:`Npc.is_talking`."""
        ...

    @property
    def history(self) -> tuple[HistoryLine, ...]:
        """As :attr:`Npc.history`."""
        ...

    def observe(self, text: str, *, ttl_ms: float | None = None) -> None:
        """As :meth:`Npc.observe`."""
        ...

    def greet(self) -> str:
        """As :meth:`Npc.greet`."""
        ...


class OpenDecisionLike(Protocol):
    """A decision that was begun, whether here or in a host; every method may be called from any thread."""

    @property
    def decision(self) -> Decision | None:
        """What was chosen, once it is there."""
        ...

    def result(self, timeout_s: float | None = None) -> Decision:
        """Wait for the decision and return it; ``DeadlineError`` when ``timeout_s`` is up before."""
        ...

    @property
    def cancel(self) -> Callable[[], None]:
        """Takes the default now."""
        ...


class NpcLike(NpcFacts, Protocol):
    """A character as a game sees it: :class:`~npc_sdk.Npc`, or one that lives in a host."""

    def say(self, text: str, *, deadline_ms: float | None = None, speaker: str | None = None) -> Turn:
        """As :meth:`Npc.say`."""
        ...

    def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> Decision:
        """As :meth:`Npc.decide`."""
        ...

    def begin_decision(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> OpenDecisionLike:
        """As :meth:`Npc.begin_decision`."""
        ...

    def park(self) -> None:
        """As :meth:`Npc.park`."""
        ...

    def despawn(self) -> None:
        """As :meth:`Npc.despawn`."""
        ...


class RuntimeLike(Protocol):
    """Where characters come from: :class:`~npc_sdk.Runtime`, or the client of a host."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def spawn(
        self,
        persona: Persona,
        actions: Iterable[Declaration] = (),
        *,
        name: str | None = None,
        seed: int | None = None,
        priority: PriorityName = "player",
        world: World | None = None,
        waits_for: Collection[str | Declaration] = (),
    ) -> NpcLike:
        """As :meth:`Runtime.spawn`."""
        ...

    def close(self) -> None:
        """As :meth:`Runtime.close`."""
        ...


class AsyncNpcLike(NpcFacts, Protocol):
    """A character for asyncio: :class:`~npc_sdk.AsyncNpc`, or one that lives in a host."""

    def say(self, text: str, *, deadline_ms: float | None = None, speaker: str | None = None) -> AsyncTurn:
        """As :meth:`AsyncNpc.say`."""
        ...

    async def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> Decision:
        """As :meth:`AsyncNpc.decide`."""
        ...

    async def park(self) -> None:
        """As :meth:`AsyncNpc.park`."""
        ...

    async def despawn(self) -> None:
        """As :meth:`AsyncNpc.despawn`."""
        ...


class AsyncRuntimeLike(Protocol):
    """Where characters come from with asyncio: :class:`~npc_sdk.AsyncRuntime`, or the client of a host."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

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
    ) -> AsyncNpcLike:
        """As :meth:`AsyncRuntime.spawn`."""
        ...

    async def close(self) -> None:
        """As :meth:`AsyncRuntime.close`."""
        ...


if TYPE_CHECKING:
    _NPC: type[NpcLike] = Npc
    _RUNTIME: type[RuntimeLike] = Runtime
    _ASYNC_NPC: type[AsyncNpcLike] = AsyncNpc
    _ASYNC_RUNTIME: type[AsyncRuntimeLike] = AsyncRuntime
