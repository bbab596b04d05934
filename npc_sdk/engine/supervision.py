"""The thread that looks after the engine process: reads from it, replaces it when it dies or is to change."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal

from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine import codec
from npc_sdk.engine.child_process import ChildProcess
from npc_sdk.engine.config import EngineConfig, Wish
from npc_sdk.engine.engine import EngineInfo, EngineStats
from npc_sdk.engine.live import LiveRequests, model_changed
from npc_sdk.engine.planned import PlannedChange
from npc_sdk.engine.request import EngineDown, EngineUp, Event, Reconfigured
from npc_sdk.engine.step_log import OnCalls
from npc_sdk.errors import EngineCrashError, NpcError, from_dict

CRASHES = 3
CRASH_WINDOW_S = 60.0
LOAD_STALL_S = 120.0
LEAVE_LIMIT_S = 15.0
_POLL_S = 0.25
_AWAY_POLL_S = 0.02


class Supervision:
    """State and threads behind :class:`npc_sdk.engine.process.ProcessEngine`.

    The process is in one of four phases: ``loading``, ``up``, ``leaving`` (told to park everything and to end)
    and ``suspended`` (there is none). A wish for a change waits in ``_wish``, where a later one replaces it,
    until it can begin; while it is carried out it is ``_change``. Everything but the pipes is under ``_lock``.

    Args:
        config: How to set the process up.
        on_progress: Called with the share of the model that is loaded.
        stall_timeout_s: A process that works and says nothing for so long is killed.
    """

    def __init__(self, config: EngineConfig, on_progress: Callable[[float], None], stall_timeout_s: float) -> None:
        self._config = config
        self._on_progress = on_progress
        self._stall_timeout_s = stall_timeout_s
        self._on_event: Callable[[Event], None] = lambda _: None
        self._info: EngineInfo | None = None
        self._stats = EngineStats()
        self._lock = threading.RLock()
        self._wakeup = threading.Condition(self._lock)
        self._live = LiveRequests()
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._restarts = 0
        self._process: ChildProcess | None = None
        self._thread: threading.Thread | None = None
        self._first_outcome = threading.Event()
        self._nudge = threading.Event()
        self._start_error: NpcError | None = None
        self._final_error: NpcError | None = None
        self._phase: Literal["loading", "up", "leaving", "suspended"] = "loading"
        self._wish: Wish | None = None
        self._change: PlannedChange | None = None
        self._is_superseded = self._is_down = self._is_closing = False
        self._forgotten: dict[str, None] = {}
        self._quantum: int | None = None
        self._pacing: PacingConfig | None = None
        self._on_calls: OnCalls | None = None
        self._heard = self._leave_by = perf_counter()

    def _emit(self, events: Iterable[Event]) -> None:
        for event in events:
            self._on_event(event)

    # One process after the other

    def _main(self) -> None:
        while self._process is not None:
            error = self._serve(self._process)
            with self._lock:
                is_planned = self._phase == "leaving" or (self._phase == "loading" and self._is_superseded)
                self._phase = "loading"
            self._nudge.set()
            self._process.close_pipes()
            if self._is_closing:
                return
            if self._info is None:
                self._start_error = error
                self._first_outcome.set()
                return
            if not self._follow(error, is_planned=is_planned):
                return

    def _follow(self, error: NpcError, *, is_planned: bool) -> bool:
        """Do what follows when a process has ended; False when no other comes."""
        change = self._change
        if is_planned:
            return self._advance()
        if change is not None and change.is_loading:
            return self._go_back(change, error)
        if change is not None:
            change.error = error
        return self._restart(error)

    def _serve(self, process: ChildProcess) -> NpcError:
        """Take in frames until the process is gone; returns why."""
        while (message := process.read()) is not None:
            self._heard = perf_counter()
            kind, *values = message
            if kind == "events":
                self._take(values)
            elif kind == "calls" and self._on_calls is not None:
                self._on_calls(codec.unpack_calls(values[0]))
            elif kind == "loading":
                self._on_progress(values[0])
            elif kind == "ready":
                self._ready(codec.unpack_info(values[0]), process)
            elif kind == "left" and self._change is not None:
                self._change.park_ms, self._change.parked_bytes = values
            elif kind == "refused":
                process.kill()
                return from_dict(values[0])
        return process.crash()

    def _take(self, values: list[Any]) -> None:
        events, stats, info = values
        if stats is not None:
            self._stats = replace(codec.unpack_stats(stats), restarts=self._restarts)
        for data in events:
            event = codec.unpack_event(data)
            if isinstance(event, Reconfigured):
                self._changed(event, codec.unpack_info(info) if info is not None else None)
                continue
            with self._lock:
                is_news = self._live.note(event)
            if is_news:
                self._on_event(event)

    def _ready(self, info: EngineInfo, process: ChildProcess) -> None:
        """Let a process that has loaded go on with everything that is live."""
        with self._lock:
            is_first, known = self._info is None, self._info
            change, self._change = self._change, None
            self._info = info
            self._phase = "up"
            events: list[Event] = []
            if known is not None and known.fingerprint != info.fingerprint:
                events += self._live.fail(model_changed())
            if self._is_down:
                self._is_down = False
                events.append(EngineUp(self._restarts))
            if change is not None and change.is_loading and change.config is not None:
                self._config = replace(change.config, quantum=self._quantum or change.config.quantum)
            self._catch_up(process)
        if is_first:
            self._first_outcome.set()
        if change is not None:
            events.append(change.reconfigured(self._config, info))
        self._emit(events)
        with self._lock:
            self._pursue()

    def _catch_up(self, process: ChildProcess) -> None:
        """Tell a process what the one before knew, or would have been told."""
        if self._pacing is not None:
            process.send(["pace", codec.pack_pacing(self._pacing)])
        if self._on_calls is not None:
            process.send(["watch"])
        if self._quantum is not None:
            process.send(["quantum", self._quantum])
        for sequence in self._forgotten:
            process.send(["forget", sequence])
        self._forgotten.clear()
        now = perf_counter()
        for live in self._live.all():
            process.send(["submit", codec.pack_request(live.again()), (now - live.submitted) * 1000])

    # Changes

    def _pursue(self) -> None:
        """Begin what is wished for, if it can begin now; the lock is held."""
        if self._wish is None or self._info is None or self._process is None:
            return
        if self._phase == "suspended":
            self._wakeup.notify_all()
        elif self._phase == "loading":
            self._is_superseded = True
            self._process.child.kill()
        elif self._phase == "up" and self._change is None:
            change = self._change = self._begun()
            self._heard = perf_counter()
            if change.ends_process(self._config):
                self._phase = "leaving"
                self._leave_by = perf_counter() + LEAVE_LIMIT_S
                self._nudge.set()
                self._process.send(["leave"])
            elif change.config is not None:
                self._process.send(["reconfigure", codec.pack_config(change.config)])

    def _begun(self) -> PlannedChange:
        """Take the wish and make it a change; the lock is held."""
        wish, self._wish = self._wish, None
        change = PlannedChange(
            config=wish if isinstance(wish, EngineConfig) else None,
            began=perf_counter(),
            was_suspended=self._phase == "suspended",
            parked_bytes=self._stats.parked_bytes,
        )
        if self._info is not None:
            change.context_bytes, change.device_bytes = self._info.context_bytes, self._info.device_bytes
        return change

    def _changed(self, event: Reconfigured, info: EngineInfo | None) -> None:
        """Note what came of a change that the process made itself."""
        with self._lock:
            change, self._change = self._change, None
            if change is not None and change.config is not None and event.error is None:
                self._config = change.config
            if info is not None:
                self._info = info
        self._on_event(replace(event, config=self._config))
        with self._lock:
            self._pursue()

    def _advance(self) -> bool:
        """Go on to what is wished for last, after a process ended as planned; False when told to close."""
        with self._lock:
            change = self._change
            if self._wish is not None:
                self._change = self._begun() if change is None else change.turned_to(self._begun())
                change = self._change
        if change is None:
            return self._respawn()
        return self._load(change) if change.config is not None else self._suspend(change)

    def _suspend(self, change: PlannedChange) -> bool:
        with self._lock:
            self._phase = "suspended"
            self._change = None
            if self._info is not None:
                self._info = replace(self._info, context_bytes=0, device_bytes=0)
            self._stats = replace(
                self._stats, live=0, waiting=len(self._live), context_bytes=0, parked_bytes=change.parked_bytes
            )
        self._on_event(change.suspended())
        return self._await_wish()

    def _await_wish(self) -> bool:
        """Wait, suspended, until the engine is to come back; False when told to close."""
        while True:
            with self._wakeup:
                self._wakeup.wait_for(lambda: self._wish is not None or self._is_closing)
                if self._is_closing:
                    return False
                change = self._begun()
                if change.config is not None:
                    self._phase, self._change = "loading", change
            if change.config is not None:
                return self._load(change)
            self._on_event(change.suspended())

    def _load(self, change: PlannedChange) -> bool:
        """Start a process with a new configuration; False when no process comes."""
        if change.config is None:
            return False
        if self._wish is not None:
            return self._advance()
        change.is_loading = True
        failure = self._spawn(change.config)
        return not self._is_closing if failure is None else self._go_back(change, failure)

    def _go_back(self, change: PlannedChange, error: NpcError) -> bool:
        """Return to what was before a change that failed; False when no process comes."""
        change.error, change.is_loading = error, False
        if not change.was_suspended:
            return self._respawn()
        with self._lock:
            self._phase, self._change = "suspended", None
        self._on_event(change.still_suspended(self._config))
        return self._await_wish()

    # Crashes

    def _restart(self, error: NpcError) -> bool:
        """Start another process after a crash; False when the engine stays down."""
        self._crashes.append(perf_counter())
        is_loop = len(self._crashes) == CRASHES and self._crashes[-1] - self._crashes[0] < CRASH_WINDOW_S
        if is_loop:
            error = EngineCrashError(
                f"The engine process ended {CRASHES} times in {CRASH_WINDOW_S:g} s. Last: {error.cause}",
                "The engine stays down; make a new Runtime after mending the cause.",
                code="engine_crash_loop",
                **error.details,
            )
            self._stay_down(error)
            return False
        with self._lock:
            self._is_down = True
        self._on_event(EngineDown(error, False))
        with self._lock:
            events = self._live.crashed(error)
        self._emit(events)
        self._restarts += 1
        return self._respawn() if self._wish is None else self._advance()

    def _respawn(self) -> bool:
        """Start a process with the configuration that worked; False when the engine stays down."""
        failure = self._spawn(self._config)
        if failure is not None:
            self._stay_down(failure)
        return failure is None and not self._is_closing

    def _spawn(self, config: EngineConfig) -> NpcError | None:
        with self._lock:
            if self._is_closing:
                return None
            self._heard = perf_counter()
            self._is_superseded = False
            try:
                self._process = ChildProcess(config)
            except NpcError as failure:
                return failure
        return None

    def _stay_down(self, error: NpcError) -> None:
        with self._lock:
            self._final_error = error
        self._on_event(EngineDown(error, True))
        with self._lock:
            events = self._live.fail(error)
        self._emit(events)

    # Watching

    def _watch(self) -> None:
        """Kill a process that works and says nothing; end what is past its deadline while there is none."""
        while self._thread is not None and self._thread.is_alive() and not self._is_closing:
            is_away = self._phase != "up" and len(self._live) > 0
            self._nudge.wait(_AWAY_POLL_S if is_away else _POLL_S)
            self._nudge.clear()
            if self._info is not None:
                self._expire()
            # Without the lock: whoever holds it must not keep a stuck process alive.
            process = self._process
            if process is not None and self._info is not None and self._is_stuck():
                self._heard = perf_counter()
                process.child.kill()

    def _expire(self) -> None:
        with self._lock:
            events = self._live.expire() if self._phase != "up" else []
        self._emit(events)

    def _is_stuck(self) -> bool:
        now = perf_counter()
        if self._phase == "suspended":
            return False
        if self._phase == "leaving":
            return now > self._leave_by
        is_up = self._phase == "up"
        limit_s = self._stall_timeout_s if is_up else max(self._stall_timeout_s, LOAD_STALL_S)
        return (len(self._live) > 0 or not is_up or self._change is not None) and now - self._heard > limit_s
