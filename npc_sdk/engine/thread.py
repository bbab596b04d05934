"""The engine in a thread of this process: for tools, tests and measurements."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import perf_counter

from npc_sdk.engine.core import EngineCore, load_tokenizer
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats, guarded
from npc_sdk.engine.request import EngineCost, EngineDown, Event, Failed, Request
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
        self._tokenizer: Tokenizer | None = None
        self._core: EngineCore | None = None
        self._error: NpcError | None = None
        self._down: NpcError | None = None
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._on_event: Callable[[Event], None] = lambda _: None

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's vocabulary."""
        if self._tokenizer is None:
            self._tokenizer = load_tokenizer(self._config.model_path)
        return self._tokenizer

    @property
    def info(self) -> EngineInfo:
        """What the engine turned out to be."""
        return self._running().info

    def start(self, on_event: Callable[[Event], None], *, timeout_s: float = 120.0) -> None:
        """Load the model and begin to work; see :meth:`npc_sdk.engine.engine.Engine.start`."""
        if self._thread is not None:
            raise StateError("The engine was started already.", "Make a new one.", code="engine_started")
        self._on_event = guarded(on_event)
        self._thread = threading.Thread(target=self._main, name="npc-engine", daemon=True)
        self._thread.start()
        if not self._ready.wait(timeout_s):
            raise BackendError(
                f"The engine was not ready after {timeout_s:g} s.", "Raise timeout_s.", code="engine_start_timeout"
            )
        if self._error is not None:
            raise self._error

    def _main(self) -> None:
        try:
            core = EngineCore(self._config)
        except Exception as error:  # the border to user code: whatever it is, the host must hear of it
            self._error = error if isinstance(error, NpcError) else _failure(error)
            self._ready.set()
            return
        self._core = core
        self._ready.set()
        try:
            core.run(self._emit)
        except Exception as error:
            failure = _failure(error)
            with self._lock:
                self._down = failure
            self._emit([EngineDown(failure, True), *core.fail(failure)])
        finally:
            core.close()

    def _emit(self, events: list[Event]) -> None:
        for event in events:
            self._on_event(event)

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

    def stats(self) -> EngineStats:
        """Return the counters as last reported."""
        return self._running().stats

    def close(self, *, timeout_s: float = 10.0) -> None:
        """Stop and free the model; safe to call twice."""
        with self._lock:
            self._down = self._down or StateError("The engine is closed.", "Make a new one.", code="engine_closed")
        if self._core is not None:
            self._core.post(("close",))
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)


def _failure(error: Exception) -> BackendError:
    failure = BackendError(f"The engine stopped: {error!r}.", "Report this.", code="engine_failed")
    failure.__cause__ = error
    return failure
