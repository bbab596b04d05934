"""From one loaded engine to the next in the same thread: left, freed, perhaps away for a while, loaded anew."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

from npc_sdk.engine.config import EngineConfig, Wish, placed_like
from npc_sdk.engine.core import Command, Commands, EngineCore
from npc_sdk.engine.live import LiveRequests, model_changed
from npc_sdk.engine.request import EngineCost, Event, Failed, Reconfigured, Request, Suspended
from npc_sdk.errors import NpcError

_LOOK_S = 0.02
_IDLE_S = 0.5


class CoreExchange:
    """Replaces an engine core by another.

    Not thread safe; owned by the engine thread.

    Args:
        commands: The queue that all cores share.
        emit: Takes events.

    Attributes:
        live: Requests that no core has now.
    """

    def __init__(self, commands: Commands, emit: Callable[[list[Event]], None]) -> None:
        self.live = LiveRequests()
        self._commands = commands
        self._emit = emit
        self._is_suspended = False
        self._began = self._park_ms = 0.0

    def next(self, old: EngineCore) -> EngineCore | None:
        """Carry out what a core was told to become.

        Args:
            old: A core whose run returned ``leave``; it is closed.

        Returns:
            The core to run, or None when the engine was closed meanwhile.

        Raises:
            NpcError: Neither the new nor the old configuration can be loaded.
        """
        self._began = perf_counter()
        bytes_before = self._leave(old)
        while True:
            config = self._settled(old, *bytes_before)
            if config is None:
                self._emit(self.live.close())
                return None
            core, error = self._load(placed_like(config, old.config), old)
            if core is not None:
                break
            self._emit([Reconfigured(config=old.config, wanted=config, error=error, is_suspended=True)])
            old.wanted = "suspend"
        self._go_on(core, is_same_model=old.info.fingerprint == core.info.fingerprint)
        core.loop.tell(self._reconfigured(core, config, error, *((0, 0) if self._is_suspended else bytes_before)))
        self._is_suspended = False
        return core

    def _leave(self, old: EngineCore) -> tuple[int, int]:
        """Park everything, take over the requests, and free the core; returns the bytes it had."""
        for request, submitted in old.leave():
            self.live.add(request, submitted)
        self._park_ms = (perf_counter() - self._began) * 1000
        old.close()
        bytes_before = old.info.context_bytes, old.info.device_bytes
        old.stats = replace(old.stats, live=0, waiting=len(self.live), context_bytes=0)
        old.info = replace(old.info, context_bytes=0, device_bytes=0)
        return bytes_before

    def _reconfigured(
        self, core: EngineCore, wanted: EngineConfig, error: NpcError | None, context_bytes: int, device_bytes: int
    ) -> Reconfigured:
        return Reconfigured(
            config=core.config,
            wanted=wanted if error is not None else None,
            error=error,
            parked_bytes=core.parked_bytes,
            park_ms=self._park_ms,
            load_ms=core.info.load_ms,
            change_ms=(perf_counter() - self._began) * 1000,
            context_bytes_before=context_bytes,
            context_bytes_after=core.info.context_bytes,
            device_bytes_before=device_bytes,
            device_bytes_after=core.info.device_bytes,
        )

    def _load(self, config: EngineConfig, old: EngineCore) -> tuple[EngineCore | None, NpcError | None]:
        """Load a core, or the old configuration again, and say what was wrong; none when it was suspended."""
        try:
            return EngineCore(config, commands=self._commands, inherits=old), None
        except NpcError as error:
            if self._is_suspended:
                return None, error
            return EngineCore(old.config, commands=self._commands, inherits=old), error

    def _go_on(self, core: EngineCore, *, is_same_model: bool) -> None:
        """Hand the requests to a core; those of another model end."""
        if not is_same_model:
            self._emit(self.live.fail(model_changed()) + self._fail_queued())
        for live in self.live.all():
            core.loop.submit(live.again(), live.submitted)
        self.live = LiveRequests()

    def _fail_queued(self) -> list[Event]:
        events: list[Event] = []
        kept: list[Command] = []
        while (command := self._next_command()) is not None:
            if command[0] == "submit":
                events.append(Failed(command[1].id, model_changed(), EngineCost()))
            else:
                kept.append(command)
        for command in kept:
            self._commands.put(command)
        return events

    # While there is no core

    def _settled(self, old: EngineCore, context_bytes: int, device_bytes: int) -> EngineConfig | None:
        """Return the configuration to load, waiting for one while suspended; None when told to close."""
        wish: Wish | None = old.wanted
        while wish is None or wish == "suspend":
            if wish == "suspend":
                self._emit([self._suspended(old, context_bytes, device_bytes)])
            wish = None
            command = self._next_command(wait_s=_LOOK_S if len(self.live) else _IDLE_S)
            while command is not None:  # the last of several wishes counts
                if command[0] == "close":
                    return None
                wish = command[1] if command[0] == "change" else wish
                self._obey(command, old)
                command = self._next_command()
            self._emit(self.live.expire())
            self._began = perf_counter()
        return wish

    def _suspended(self, old: EngineCore, context_bytes: int, device_bytes: int) -> Suspended:
        is_news, self._is_suspended = not self._is_suspended, True
        return Suspended(
            parked_bytes=old.parked_bytes,
            park_ms=self._park_ms if is_news else 0.0,
            change_ms=(perf_counter() - self._began) * 1000 if is_news else 0.0,
            context_bytes_before=context_bytes if is_news else 0,
            device_bytes_before=device_bytes if is_news else 0,
        )

    def _next_command(self, *, wait_s: float = 0.0) -> Command | None:
        try:
            return self._commands.get(timeout=wait_s) if wait_s else self._commands.get_nowait()
        except queue.Empty:
            return None

    def _obey(self, command: Command, old: EngineCore) -> None:
        if command[0] == "submit":
            request: Request = command[1]
            failed = self.live.add(request, command[2])
            self._emit([failed] if failed is not None else [])
        elif command[0] == "cancel":
            self._emit(self.live.cancel(command[1]))
        elif command[0] == "forget":
            self._emit(self.live.forget(command[1]))
            old.forget_parked(command[1])
        elif command[0] == "pace":
            old.remember_pacing(command[1])
        elif command[0] == "watch":
            old.watch_calls()
