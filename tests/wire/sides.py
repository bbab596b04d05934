"""The same game on four sides: a runtime or a host, with threads or with asyncio."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from hosting import make_host

from npc_sdk import ActionCall, AsyncClient, AsyncRuntime, Runtime, TurnEnd, connect
from npc_sdk.runtime.clock import SystemClock
from npc_sdk.testing import FakeEngine

Result = TypeVar("Result")
SIDES = ("runtime", "client", "asyncio runtime", "asyncio client")


class Game:
    """Characters of one side, used without ``await`` on all of them.

    Args:
        side: What ``spawn`` is called on.
        run: Waits for what must be awaited; returns anything else as it is.
    """

    def __init__(self, side: Any, run: Callable[[Any], Any]) -> None:
        self._side = side
        self._run = run

    def spawn(self, *args: Any, **kwargs: Any) -> Someone:
        """Bring in a character."""
        return Someone(self._run(self._side.spawn(*args, **kwargs)), self._run)

    def close(self) -> None:
        """Close the side."""
        self._run(self._side.close())


class Someone:
    """A character of any side."""

    def __init__(self, npc: Any, run: Callable[[Any], Any]) -> None:
        self.npc = npc
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self.npc, name)

    def say(self, *args: Any, **kwargs: Any) -> Talk:
        """Begin a turn."""
        made = self._run(_called(self.npc.say, *args, **kwargs))
        return Talk(made, self._run)

    def decide(self, *args: Any, **kwargs: Any) -> Any:
        """Decide."""
        return self._run(self.npc.decide(*args, **kwargs))

    def park(self) -> None:
        """Park."""
        self._run(self.npc.park())

    def despawn(self) -> None:
        """Despawn."""
        self._run(self.npc.despawn())


class Talk:
    """A turn of any side."""

    def __init__(self, turn: Any, run: Callable[[Any], Any]) -> None:
        self.turn = turn
        self._run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self.turn, name)

    def all(self, on_call: Callable[[ActionCall], None] | None = None) -> list[Any]:
        """Return all events, answering actions on the way."""
        return list(self._run(_collected(self.turn, on_call)))

    def first(self) -> Any:
        """Return the first event."""
        return self._run(_first(self.turn))

    def result(self, timeout_s: float | None = None) -> TurnEnd:
        """Wait for the end."""
        end: TurnEnd = self._run(self.turn.result(timeout_s))
        return end


async def _called(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return call(*args, **kwargs)


async def _collected(turn: Any, on_call: Callable[[ActionCall], None] | None) -> list[Any]:
    events = []

    def see(event: Any) -> None:
        events.append(event)
        if on_call is not None and isinstance(event, ActionCall):
            on_call(event)

    if hasattr(turn, "__aiter__"):
        async for event in turn:
            see(event)
    else:
        for event in turn:
            see(event)
    return events


async def _first(turn: Any) -> Any:
    if hasattr(turn, "__aiter__"):
        async for event in turn:
            return event
    return next(iter(turn))


def _here(value: Any) -> Any:
    """Finish a coroutine that awaits nothing, or return anything else."""
    if not asyncio.iscoroutine(value):
        return value
    try:
        value.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("It waits.")


@contextmanager
def _loop() -> Iterator[Callable[[Any], Any]]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(value: Any) -> Any:
        if not isinstance(value, Awaitable):
            return value
        return asyncio.run_coroutine_threadsafe(_awaited(value), loop).result(30)

    try:
        yield run
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _awaited(value: Awaitable[Result]) -> Result:
    return await value


@contextmanager
def game_on(side: str, engine: FakeEngine, folder: Path, *, is_paced: bool = False, **settings: Any) -> Iterator[Game]:
    """Open a game on a side.

    Args:
        side: One of :data:`SIDES`.
        engine: What answers.
        folder: For a host.
        is_paced: Whether somebody moves the engine's clock with the time on the wall.
        **settings: Of the runtime.
    """
    clock: dict[str, Any] = {} if is_paced else {"clock": SystemClock()}
    if side == "runtime":
        with Runtime(engine=engine, **clock, **settings) as runtime:
            yield Game(runtime, _here)
    elif side == "asyncio runtime":
        with _loop() as run:
            runtime = AsyncRuntime(engine=engine, **clock, **settings)
            run(runtime.start())
            yield Game(runtime, run)
            run(runtime.close())
    else:
        with make_host(folder, engine, is_paced=is_paced) as host:
            if side == "client":
                with connect(host.connection_file) as client:
                    yield Game(client, _here)
                return
            with _loop() as run:
                async_client = AsyncClient(host.connection_file)
                run(async_client.start())
                yield Game(async_client, run)
                run(async_client.close())
