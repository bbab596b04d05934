"""The engine in a child process that may die at any moment: started, watched, restarted, resumed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from npc_sdk.engine import codec
from npc_sdk.engine.child_process import ChildProcess
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats, guarded
from npc_sdk.engine.parking import make_parking_folder, remove_parking_folder
from npc_sdk.engine.request import Ended, EngineCost, EngineDown, EngineUp, Event, Failed, Request, Scored, TokensOut
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import BackendError, EngineCrashError, NpcError, StateError, from_dict
from npc_sdk.models.header import read_header

CRASHES = 3
CRASH_WINDOW_S = 60.0
LOAD_STALL_S = 120.0
_POLL_S = 0.25


@dataclass(slots=True)
class _Live:
    """A request that has not ended, and what it gave out so far."""

    request: Request
    submitted: float
    generated: list[int] = field(default_factory=list)
    has_crashed: bool = False
    is_cancelled: bool = False

    def again(self) -> Request:
        """Return the request as it must be run after a crash."""
        deadline = self.request.deadline_ms
        if deadline is not None:
            deadline = max(0.0, deadline - (monotonic() - self.submitted) * 1000)
        generated = self.request.generated + tuple(self.generated)
        return replace(self.request, generated=generated, deadline_ms=deadline)


class ProcessEngine:
    """Runs llama.cpp in a child process, so that neither its crash nor its memory is the game's.

    When the process dies, another is started, parked states are taken over from their folder, and every
    live request is run again once from where it was. A request that was live in two crashes fails; after
    ``CRASHES`` crashes in ``CRASH_WINDOW_S`` seconds the engine stays down.

    Follows :class:`npc_sdk.engine.engine.Engine`; every method may be called from any thread.

    Args:
        config: How to set it up. Without ``parked_folder`` a private one is made and removed again.
        on_progress: Called with the share of the model that is loaded, 0 to 1, from the engine's thread.
        stall_timeout_s: The process is killed when it works and says nothing for so long
            (``LOAD_STALL_S`` while it loads again after a crash, if that is more).
    """

    def __init__(
        self,
        config: EngineConfig,
        *,
        on_progress: Callable[[float], None] | None = None,
        stall_timeout_s: float = 60.0,
    ) -> None:
        self._config = replace(
            config,
            model_path=str(Path(config.model_path).resolve()),
            parked_folder=_absolute(config.parked_folder),
            disk_folder=_absolute(config.disk_folder),
        )
        self._on_progress = on_progress or (lambda _: None)
        self._stall_timeout_s = stall_timeout_s
        self._on_event: Callable[[Event], None] = lambda _: None
        self._tokenizer: Tokenizer | None = None
        self._info: EngineInfo | None = None
        self._stats = EngineStats()
        self._lock = threading.RLock()
        self._live: dict[int, _Live] = {}
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._restarts = 0
        self._process: ChildProcess | None = None
        self._thread: threading.Thread | None = None
        self._first_outcome: threading.Event = threading.Event()
        self._start_error: NpcError | None = None
        self._final_error: NpcError | None = None
        self._is_closing = False
        self._is_up = False
        self._backlog: list[list[Any]] = []
        self._own_folder: Path | None = None
        self._heard = monotonic()

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's vocabulary, read in this process without the weights."""
        if self._tokenizer is None:
            from npc_sdk.engine.core import load_tokenizer

            self._tokenizer = load_tokenizer(self._config.model_path)
        return self._tokenizer

    @property
    def info(self) -> EngineInfo:
        """What the engine turned out to be."""
        if self._info is None:
            raise StateError("The engine is not running.", "Call start() first.", code="engine_not_running")
        return self._info

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Start the process and wait until its model is loaded; see :meth:`npc_sdk.engine.engine.Engine.start`."""
        if self._thread is not None:
            raise StateError("The engine was started already.", "Make a new one.", code="engine_started")
        read_header(self._config.model_path).require_usable()
        self._on_event = guarded(on_event)
        if self._config.parked_folder is None:
            self._own_folder = make_parking_folder(self._config.parked_bytes)
            self._config = replace(self._config, parked_folder=str(self._own_folder))
        try:
            self._process = ChildProcess(self._config)
        except NpcError:
            self._remove_own_folder()
            raise
        self._thread = threading.Thread(target=self._main, name="npc-engine-host", daemon=True)
        self._thread.start()
        threading.Thread(target=self._watch, name="npc-engine-watch", daemon=True).start()
        # The host may look into the file only after the other process survived it: llama.cpp aborts on some.
        import npc_sdk.engine.core  # noqa: F401  (loads its libraries while the other process loads the weights)

        if not self._first_outcome.wait(timeout_s):
            self.close(timeout_s=0)
            raise BackendError(
                f"The engine was not ready after {timeout_s:g} s.",
                "Raise the start timeout, or use a smaller model.",
                code="engine_start_timeout",
            )
        if self._start_error is not None:
            self.close()
            raise self._start_error

    # The host's side of the pipe

    def _main(self) -> None:
        while self._process is not None:
            error = self._serve(self._process)
            with self._lock:
                self._is_up = False
            self._process.close_pipes()
            if self._is_closing:
                return
            if self._info is None:
                self._start_error = error
                self._first_outcome.set()
                return
            if not self._restart(error):
                return

    def _serve(self, process: ChildProcess) -> NpcError:
        """Take in frames until the process is gone; returns why."""
        while (message := process.read()) is not None:
            self._heard = monotonic()
            kind, *values = message
            if kind == "events":
                self._take_events(values[0])
                if values[1] is not None:
                    self._stats = replace(codec.unpack_stats(values[1]), restarts=self._restarts)
            elif kind == "loading":
                self._on_progress(values[0])
            elif kind == "ready":
                self._ready(codec.unpack_info(values[0]), process)
            elif kind == "refused":
                process.kill()
                return from_dict(values[0])
        return process.crash()

    def _take_events(self, events: list[list[Any]]) -> None:
        for data in events:
            event = codec.unpack_event(data)
            with self._lock:
                is_news = self._note(event)
            if is_news:
                self._on_event(event)

    def _note(self, event: Event) -> bool:
        """Keep the books of a request; False when it ended already."""
        if isinstance(event, (Ended, Failed)):
            return self._live.pop(event.id, None) is not None
        if isinstance(event, (TokensOut, Scored)):
            live = self._live.get(event.id)
            if live is not None and isinstance(event, TokensOut):
                live.generated += event.tokens
            return live is not None
        return True

    def _ready(self, info: EngineInfo, process: ChildProcess) -> None:
        with self._lock:
            is_first = self._info is None
            self._info = info
            self._is_up = True
            again = [["submit", codec.pack_request(live.again())] for live in self._live.values()]
            for message in self._backlog + again:
                process.send(message)
            self._backlog.clear()
        if is_first:
            self._first_outcome.set()
        else:
            self._on_event(EngineUp(self._restarts))

    def _restart(self, error: NpcError) -> bool:
        """Start another process after a crash; False when the engine stays down."""
        self._crashes.append(monotonic())
        is_loop = len(self._crashes) == CRASHES and self._crashes[-1] - self._crashes[0] < CRASH_WINDOW_S
        if is_loop:
            error = EngineCrashError(
                f"The engine process ended {CRASHES} times in {CRASH_WINDOW_S:g} s. Last: {error.cause}",
                "The engine stays down; make a new Runtime after mending the cause.",
                code="engine_crash_loop",
                **error.details,
            )
        with self._lock:
            self._final_error = error if is_loop else None
        self._on_event(EngineDown(error, is_loop))
        self._fail_crashed(error, everything=is_loop)
        if is_loop:
            return False
        try:
            with self._lock:
                if self._is_closing:
                    return False
                self._restarts += 1
                self._heard = monotonic()
                self._process = ChildProcess(self._config)
        except NpcError as failure:
            with self._lock:
                self._final_error = failure
            self._on_event(EngineDown(failure, True))
            self._fail_crashed(failure, everything=True)
            return False
        return True

    def _fail_crashed(self, error: NpcError, *, everything: bool) -> None:
        """Fail what was live in a crash before, or everything; mark the rest."""
        with self._lock:
            ended = [live for live in self._live.values() if everything or live.has_crashed or live.is_cancelled]
            for live in ended:
                del self._live[live.request.id]
            for live in self._live.values():
                live.has_crashed = True
        for live in ended:
            if live.is_cancelled:
                self._on_event(Ended(live.request.id, "cancelled", _elapsed(live)))
            else:
                self._on_event(Failed(live.request.id, error, _elapsed(live)))

    def _watch(self) -> None:
        """Kill a process that works and says nothing."""
        while self._thread is not None and self._thread.is_alive() and not self._is_closing:
            self._thread.join(_POLL_S)
            # Without the lock: who writes to a stuck process holds it, and only the kill sets him free.
            process = self._process
            limit = self._stall_timeout_s if self._is_up else max(self._stall_timeout_s, LOAD_STALL_S)
            is_stalled = (self._live or not self._is_up) and monotonic() - self._heard > limit
            if is_stalled and process is not None and self._info is not None:
                self._heard = monotonic()
                process.child.kill()

    # Commands

    def submit(self, request: Request) -> None:
        """Queue a request; while the process restarts it waits."""
        with self._lock:
            if self._final_error is not None or self._is_closing or self._process is None:
                error = self._final_error or StateError("The engine is closed.", code="engine_closed")
            elif request.id in self._live:
                error = StateError(f"Request {request.id} runs already.", "Use a new id.", code="duplicate_request")
            else:
                if not self._live:
                    self._heard = monotonic()
                if self._is_up:
                    self._process.send(["submit", codec.pack_request(request)])
                self._live[request.id] = _Live(request, monotonic())
                return
        self._on_event(Failed(request.id, error, EngineCost()))

    def cancel(self, request_id: int) -> None:
        """End a request soon with reason ``cancelled``."""
        with self._lock:
            live = self._live.get(request_id)
            if live is None:
                return
            live.is_cancelled = True
            if self._is_up:
                self._send(["cancel", request_id])
                return
            del self._live[request_id]
        self._on_event(Ended(request_id, "cancelled", _elapsed(live)))

    def park(self, sequence: str) -> None:
        """Move an idle sequence out of its slot into host memory."""
        self._send(["park", sequence])

    def forget(self, sequence: str) -> None:
        """Drop all state of a sequence."""
        with self._lock:
            self._send(["forget", sequence])
            own = [] if self._is_up else list(self._live.values())
        for live in own:
            if live.request.sequence == sequence:
                self.cancel(live.request.id)

    def set_quantum(self, quantum: int) -> None:
        """Change the most prompt tokens read in one call; it holds after a restart too."""
        self._config = replace(self._config, quantum=max(1, quantum))
        self._send(["quantum", quantum])

    def stats(self) -> EngineStats:
        """Return the counters as last reported."""
        return self._stats

    def _send(self, message: list[Any]) -> None:
        """Write a command, or keep it until the process works again."""
        with self._lock:
            if self._process is not None and self._is_up:
                self._process.send(message)
            elif self._final_error is None and not self._is_closing:
                self._backlog.append(message)

    def close(self, *, timeout_s: float = 10.0) -> None:
        """End the process and every live request; safe to call twice."""
        killer = threading.Timer(timeout_s, self._kill)  # runs apart: a stuck process blocks whoever writes to it
        killer.daemon = True
        killer.start()
        try:
            self._close()
        finally:
            killer.cancel()

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            process.child.kill()

    def _close(self) -> None:
        with self._lock:
            self._is_closing = True
            process = self._process
        if process is not None:
            process.send(["close"])
            if not self._is_up:
                process.child.kill()  # it loads, and has nothing to put in order yet
            process.child.wait()
            if self._thread is not None and self._thread is not threading.current_thread():
                self._thread.join(5)
            process.close_pipes()
        with self._lock:
            live = list(self._live.values())
            self._live.clear()
            self._process = None
        for each in live:
            self._on_event(Ended(each.request.id, "cancelled", _elapsed(each)))
        self._remove_own_folder()

    def _remove_own_folder(self) -> None:
        if self._own_folder is not None:
            remove_parking_folder(self._own_folder)


def _absolute(folder: str | None) -> str | None:
    return None if folder is None else str(Path(folder).resolve())


def _elapsed(live: _Live) -> EngineCost:
    return EngineCost(total_ms=(monotonic() - live.submitted) * 1000, tokens_sampled=len(live.generated))
