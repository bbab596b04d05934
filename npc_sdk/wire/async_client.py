"""The same client for asyncio: same names, same arguments, with ``await``, ``async for`` and ``async with``."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from npc_sdk.actions import ActionSpec, Declaration, LiveWorld
from npc_sdk.budget.frame import Mode
from npc_sdk.errors import StateError
from npc_sdk.persona import Persona, World
from npc_sdk.runtime.asynchronous import AsyncTurn
from npc_sdk.runtime.character import HistoryLine
from npc_sdk.runtime.decision import Decision
from npc_sdk.runtime.events import TurnEvent
from npc_sdk.runtime.runtime import PriorityName
from npc_sdk.wire import messages as m
from npc_sdk.wire.client import DEADLINE_MS, Client, connect
from npc_sdk.wire.client_events import ClientEvent
from npc_sdk.wire.keys import KeyPair
from npc_sdk.wire.peer import State
from npc_sdk.wire.remote_npc import RemoteNpc

if TYPE_CHECKING:
    from npc_sdk.runtime.interface import AsyncNpcLike, AsyncRuntimeLike

LOOK_MS = 200.0
STOP_LIMIT_S = 5.0
_logger = logging.getLogger(__name__)


class AsyncRemoteNpc:
    """A :class:`RemoteNpc` for asyncio."""

    def __init__(self, npc: RemoteNpc) -> None:
        self._npc = npc

    def __repr__(self) -> str:
        return f"<AsyncRemoteNpc {self.name!r}>"

    @property
    def name(self) -> str:
        """As :attr:`RemoteNpc.name`."""
        return self._npc.name

    @property
    def persona(self) -> Persona:
        """As :attr:`RemoteNpc.persona`."""
        return self._npc.persona

    @property
    def actions(self) -> tuple[ActionSpec, ...]:
        """As :attr:`RemoteNpc.actions`."""
        return self._npc.actions

    @property
    def world(self) -> LiveWorld:
        """As :attr:`RemoteNpc.world`."""
        return self._npc.world

    @property
    def is_new(self) -> bool:
        """As :attr:`RemoteNpc.is_new`."""
        return self._npc.is_new

    @property
    def is_talking(self) -> bool:
        """As :attr:`RemoteNpc.is_talking`."""
        return self._npc.is_talking

    @property
    def history(self) -> tuple[HistoryLine, ...]:
        """As :attr:`RemoteNpc.history`; the event loop waits for the host, for about a millisecond."""
        return self._npc.history

    def say(
        self,
        text: str,
        *,
        deadline_ms: float | None = None,
        speaker: str | None = None,
        on_event: Callable[[TurnEvent], None] | None = None,
    ) -> AsyncTurn:
        """As :meth:`RemoteNpc.say`; not awaited itself, its turn is."""
        return AsyncTurn(self._npc.say(text, deadline_ms=deadline_ms, speaker=speaker, on_event=on_event))

    async def decide(
        self,
        situation: str,
        options: Sequence[str],
        *,
        deadline_ms: float | None = None,
        default: str | None = None,
    ) -> Decision:
        """As :meth:`RemoteNpc.decide`; the decision is given up when the task that waits for it is cancelled."""
        opened = self._npc.begin_decision(situation, options, deadline_ms=deadline_ms, default=default)
        try:
            return await opened.follow.async_last(None)
        except asyncio.CancelledError:
            opened.cancel()
            raise

    def observe(self, text: str, *, ttl_ms: float | None = None) -> None:
        """As :meth:`RemoteNpc.observe`."""
        self._npc.observe(text, ttl_ms=ttl_ms)

    def greet(self) -> str:
        """As :meth:`RemoteNpc.greet`."""
        return self._npc.greet()

    async def park(self) -> None:
        """As :meth:`RemoteNpc.park`."""
        await asyncio.to_thread(self._npc.park)

    async def despawn(self, *, is_kept: bool = False) -> None:
        """As :meth:`RemoteNpc.despawn`."""
        await asyncio.to_thread(self._npc.despawn, is_kept=is_kept)


class AsyncClient:
    """A :class:`Client` for asyncio; takes the arguments of :func:`connect`.

    A thread of its own moves the messages, so nothing depends on how busy the event loop is. News and
    events that the game asked for are called on the event loop.
    """

    def __init__(
        self,
        connection_file: str | Path | None = None,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        server_key: str | None = None,
        keys: KeyPair | None = None,
        owner_key: str | None = None,
        name: str = "",
        version: str = "",
        deadline_ms: float = DEADLINE_MS,
        timeout_s: float = 10.0,
        on_event: Callable[[ClientEvent], None] | None = None,
    ) -> None:
        self._connect = partial(
            connect,
            connection_file,
            endpoint=endpoint,
            token=token,
            server_key=server_key,
            keys=keys,
            owner_key=owner_key,
            name=name,
            version=version,
            deadline_ms=deadline_ms,
            timeout_s=timeout_s,
            on_event=on_event,
        )
        self._client: Client | None = None
        self._thread: threading.Thread | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def state(self) -> State:
        """As :attr:`Client.state`; ``new`` before :meth:`start`."""
        return "new" if self._client is None else self._client.state

    @property
    def owner_key(self) -> str | None:
        """As :attr:`Client.owner_key`."""
        return None if self._client is None else self._client.owner_key

    @property
    def host(self) -> m.Host | None:
        """As :attr:`Client.host`."""
        return None if self._client is None else self._client.host

    async def start(self) -> None:
        """Connect; errors as for :func:`connect`. Nothing when it is connected already."""
        if self._client is not None:
            return
        connecting = asyncio.get_running_loop().run_in_executor(None, self._connect)
        try:
            client = await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # A thread goes on connecting, and nobody else would close what comes of it.
            connecting.add_done_callback(_close_unwanted)
            raise
        self._client = client
        self._thread = threading.Thread(
            target=_move, args=(client, asyncio.get_running_loop()), name="npc-client", daemon=True
        )
        self._thread.start()

    async def spawn(
        self,
        persona: Persona | str,
        actions: Iterable[Declaration] = (),
        *,
        name: str | None = None,
        seed: int | None = None,
        priority: PriorityName = "player",
        world: World | str | None = None,
        waits_for: Collection[str | Declaration] = (),
    ) -> AsyncRemoteNpc:
        """As :meth:`Client.spawn`."""
        npc = await asyncio.to_thread(
            self._running().spawn,
            persona,
            actions,
            name=name,
            seed=seed,
            priority=priority,
            world=world,
            waits_for=waits_for,
        )
        return AsyncRemoteNpc(npc)

    async def status(self) -> Mapping[str, Any]:
        """As :meth:`Client.status`."""
        return await asyncio.to_thread(self._running().status)

    def frame(self, target_ms: float, measured_ms: float | None = None, *, mode: Mode = "explore") -> None:
        """As :meth:`Client.frame`."""
        self._running().frame(target_ms, measured_ms, mode=mode)

    def reserve(self, mib: int) -> None:
        """As :meth:`Client.reserve`."""
        self._running().reserve(mib)

    async def close(self, *, forget: bool = False) -> None:
        """As :meth:`Client.close`."""
        if self._client is None:
            return
        await asyncio.to_thread(self._client.close, forget=forget)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_LIMIT_S)
            self._thread = None

    def _running(self) -> Client:
        if self._client is None:
            raise StateError("The client was not started.", "Use it in an async with block.", code="not_started")
        return self._client


def _move(client: Client, loop: asyncio.AbstractEventLoop) -> None:
    """Move messages until the client is closed, on a thread of its own."""
    while not client.is_closed:
        try:
            if client.move(LOOK_MS):
                # The loop is closed when the program ends without closing the client.
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(client.make_calls)
        except Exception:
            _logger.exception("Moving messages failed.")


def _close_unwanted(connecting: asyncio.Future[Client]) -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


if TYPE_CHECKING:
    _NPC: type[AsyncNpcLike] = AsyncRemoteNpc
    _CLIENT: type[AsyncRuntimeLike] = AsyncClient
