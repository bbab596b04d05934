"""The engine in a thread of this process: for tools, tests and measurements."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from time import perf_counter

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.core import Commands, EngineCore, load_tokenizer
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats, guarded
from npc_sdk.engine.exchange import CoreExchange
from npc_sdk.engine.request import EngineCost, EngineDown, Event, Failed, Reconfigured, Request
from npc_sdk.engine.step_log import OnCalls
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import BackendError, NpcError, StateError


class ThreadEngine:
    """Runs llama.cpp in a thread; a crash of llama.cpp takes this process along.

    Follows :class:`npc_sdk.engine.engine.Engine`; every method may be called from any thread.

    Args:
        config: How to set it up.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._tokenizer: tuple[str, Tokenizer] | None = None
        self._commands: Commands = queue.SimpleQueue()
        self._core: EngineCore | None = None
        self._exchange = CoreExchange(self._commands, self._emit)
        self._error: NpcError | None = None
        self._down: NpcError | None = None
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._on_event: Callable[[Event], None] = lambda _: None
        self._on_calls: OnCalls | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's vocabulary."""
        path = self._config.model_path if self._core is None else self._core.config.model_path
        if self._tokenizer is None or self._tokenizer[0] != path:
            self._tokenizer = path, load_tokenizer(path)
        return self._tokenizer[1]

    @property
    def info(self) -> EngineInfo:
        """What the engine turned out to be."""
        return self._running().info

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Load the model and begin to work; see :meth:`npc_sdk.engine.engine.Engine.start`."""
        if self._thread is not None:
            raise StateError("The engine was started already.", "Make a new one.", code="engine_started")
        self._on_event = guarded(on_event)
        with self._lock:
            self._thread = threading.Thread(target=self._main, args=(self._config,), name="npc-engine", daemon=True)
        self._thread.start()
        if not self._ready.wait(timeout_s):
            raise BackendError(
                f"The engine was not ready after {timeout_s:g} s.", "Raise timeout_s.", code="engine_start_timeout"
            )
        if self._error is not None:
            raise self._error

    def _main(self, config: EngineConfig) -> None:
        try:
            core = EngineCore(config, commands=self._commands)
        except Exception as error:  # the border to user code: whatever it is, the host must hear of it
            self._error = error if isinstance(error, NpcError) else _failure(error)
            self._ready.set()
            return
        self._core = core
        self._ready.set()
        try:
            self._work(core)
        except Exception as error:
            failure = error if isinstance(error, NpcError) else _failure(error)
            with self._lock:
                self._down = failure
            self._emit([EngineDown(failure, True), *self._exchange.live.fail(failure), *self._core.fail(failure)])
        finally:
            self._core.close()

    def _work(self, core: EngineCore) -> None:
        while core.run(self._emit) == "leave":
            following = self._exchange.next(core)
            if following is None:
                return
            core = self._core = following

    def _emit(self, events: list[Event]) -> None:
        for event in events:
            self._on_event(event)
        calls = self._core.take_calls() if self._core is not None and self._on_calls is not None else []
        if calls and self._on_calls is not None:
            self._on_calls(calls)

    def _running(self) -> EngineCore:
        if self._core is None:
            raise StateError("The engine is not running.", "Call start() first.", code="engine_not_running")
        return self._core

    def submit(self, request: Request) -> None:
        """Queue a request."""
        core = self._running()
        with self._lock:
            down = self._down
            if down is None:
                core.post(("submit", request, perf_counter()))
                return
        self._on_event(Failed(request.id, down, EngineCost()))

    def cancel(self, request_id: int) -> None:
        """End a request soon with reason ``cancelled``."""
        self._running().post(("cancel", request_id))

    def park(self, sequence: str) -> None:
        """Move an idle sequence out of its slot into host memory."""
        self._running().post(("park", sequence))

    def forget(self, sequence: str) -> None:
        """Drop all state of a sequence."""
        self._running().post(("forget", sequence))

    def set_quantum(self, quantum: int) -> None:
        """Change the most prompt tokens read in one call."""
        self._running().post(("quantum", quantum))

    def reconfigure(self, config: EngineConfig) -> None:
        """Change sizes, layers or the model; see :meth:`npc_sdk.engine.engine.Engine.reconfigure`.

        A model that is loaded anew is loaded by the engine's own thread: deadlines that pass meanwhile are
        noticed when it is done.
        """
        with self._lock:
            if self._thread is None and self._down is None:
                self._config = config
                return
            down = self._down
            if down is None:
                self._commands.put(("change", config))
                return
        self._on_event(Reconfigured(config=config, wanted=config, error=down))

    def suspend(self) -> None:
        """Park everything and free the model; see :meth:`npc_sdk.engine.engine.Engine.suspend`."""
        self._running().post(("change", "suspend"))

    def frame(self, hint: FrameHint) -> None:
        """Tell how the game's frames are doing."""
        if self._core is not None:
            self._core.post(("frame", hint, perf_counter()))

    def pace(self, config: PacingConfig) -> None:
        """Change how the engine paces itself."""
        self._commands.put(("pace", config))

    def watch_calls(self, on_calls: OnCalls) -> None:
        """Report each call of llama.cpp; see :class:`npc_sdk.engine.step_log.ReportsCalls`."""
        self._on_calls = on_calls
        self._commands.put(("watch",))

    def stats(self) -> EngineStats:
        """Return the counters as last reported."""
        return self._running().stats

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Stop and free the model; safe to call twice."""
        with self._lock:
            self._down = self._down or StateError("The engine is closed.", "Make a new one.", code="engine_closed")
        self._commands.put(("close",))
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)


def _failure(error: Exception) -> BackendError:
    failure = BackendError(f"The engine stopped: {error!r}.", "Report this.", code="engine_failed")
    failure.__cause__ = error
    return failure
