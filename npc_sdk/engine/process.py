"""The engine in a child process that may die at any moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine import codec
from npc_sdk.engine.child_process import ChildProcess
from npc_sdk.engine.config import Wish, placed_like, unusable
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats, guarded
from npc_sdk.engine.parking import make_parking_folder, remove_parking_folder
from npc_sdk.engine.request import EngineCost, Event, Failed, Reconfigured, Request
from npc_sdk.engine.step_log import OnCalls
from npc_sdk.engine.supervision import CRASH_WINDOW_S, CRASHES, LEAVE_LIMIT_S, LOAD_STALL_S, Supervision
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.errors import BackendError, NpcError, StateError
from npc_sdk.models.header import read_header

_FRAME_WAIT_S = 0.002

__all__ = ["CRASHES", "CRASH_WINDOW_S", "LEAVE_LIMIT_S", "LOAD_STALL_S", "ProcessEngine"]


class ProcessEngine(Supervision):
    """Runs llama.cpp in a child process, so that neither its crash nor its memory is the game's.

    When the process dies, another is started, parked states are taken over from their folder, and every
    live request is run again once from where it was. A request that was live in two crashes fails; after
    ``CRASHES`` crashes in ``CRASH_WINDOW_S`` seconds the engine stays down. A change that takes another
    process goes the same way, but everything is parked first, and it counts for nothing.

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
        super().__init__(_absolute(config), on_progress or (lambda _: None), stall_timeout_s)
        self._tokenizer: tuple[str, Tokenizer] | None = None
        self._own_folder: Path | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's vocabulary, read in this process without the weights."""
        path = self._config.model_path
        if self._tokenizer is None or self._tokenizer[0] != path:
            from npc_sdk.engine.core import load_tokenizer

            self._tokenizer = path, load_tokenizer(path)
        return self._tokenizer[1]

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
        with self._lock:
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

    # Commands

    def submit(self, request: Request) -> None:
        """Queue a request; while there is no process it waits."""
        with self._lock:
            error = self._refusal()
            if error is None:
                if not len(self._live):
                    self._heard = perf_counter()
                refused = self._live.add(request)
                if refused is None:
                    if not self._send(["submit", codec.pack_request(request)]):
                        self._nudge.set()  # its deadline is this side's to keep
                    return
            else:
                refused = Failed(request.id, error, EngineCost())
        self._on_event(refused)

    def _refusal(self) -> NpcError | None:
        if self._final_error is not None or not (self._is_closing or self._process is None):
            return self._final_error
        return StateError("The engine is closed.", code="engine_closed")

    def cancel(self, request_id: int) -> None:
        """End a request soon with reason ``cancelled``."""
        with self._lock:
            live = self._live.get(request_id)
            if live is None:
                return
            live.is_cancelled = True
            if self._send(["cancel", request_id]):
                return
            events = self._live.cancel(request_id)
        self._emit(events)

    def park(self, sequence: str) -> None:
        """Move an idle sequence out of its slot into host memory."""
        with self._lock:
            self._send(["park", sequence])

    def forget(self, sequence: str) -> None:
        """Drop all state of a sequence."""
        with self._lock:
            if self._send(["forget", sequence]):
                return
            self._forgotten[sequence] = None
            events = self._live.forget(sequence)
        self._emit(events)

    def set_quantum(self, quantum: int) -> None:
        """Change the most prompt tokens read in one call; it holds after a restart too."""
        with self._lock:
            self._quantum = max(1, quantum)
            self._config = replace(self._config, quantum=self._quantum)
            self._send(["quantum", self._quantum])

    def reconfigure(self, config: EngineConfig) -> None:
        """Change sizes, layers or the model; see :meth:`npc_sdk.engine.engine.Engine.reconfigure`.

        Sizes change within the process. Layers and the model take another process: the one that runs parks
        everything and ends, so that all its memory is free, and the next one goes on.
        """
        with self._lock:
            if self._thread is None and not self._is_closing:
                self._config = _absolute(config)
                return
        config = placed_like(_absolute(config), self._config)
        error = unusable(config, self._config)
        with self._lock:
            error = self._refusal() or error
            if error is None:
                self._quantum = None
                self._want(config)
                return
            is_suspended = self._phase == "suspended"
        self._on_event(Reconfigured(config=self._config, wanted=config, error=error, is_suspended=is_suspended))

    def suspend(self) -> None:
        """Park everything and end the process; see :meth:`npc_sdk.engine.engine.Engine.suspend`."""
        with self._lock:
            if self._thread is None:
                raise StateError("The engine is not running.", "Call start() first.", code="engine_not_running")
            if self._refusal() is None:
                self._want("suspend")

    def _want(self, wish: Wish) -> None:
        self._wish = wish
        self._pursue()

    def frame(self, hint: FrameHint) -> None:
        """Tell how the game's frames are doing; while a process is being started there is nobody to tell."""
        if not self._lock.acquire(timeout=_FRAME_WAIT_S):
            return
        try:
            self._send(["frame", codec.pack_hint(hint)])
        finally:
            self._lock.release()

    def pace(self, config: PacingConfig) -> None:
        """Change how the engine paces itself; it holds after a restart too."""
        with self._lock:
            self._pacing = config
            self._send(["pace", codec.pack_pacing(config)])

    def watch_calls(self, on_calls: OnCalls) -> None:
        """Report each call of llama.cpp; see :class:`npc_sdk.engine.step_log.ReportsCalls`."""
        with self._lock:
            self._on_calls = on_calls
            self._send(["watch"])

    def stats(self) -> EngineStats:
        """Return the counters as last reported."""
        return self._stats

    def _send(self, message: list[Any]) -> bool:
        """Write a command if a process takes commands; the lock is held."""
        if self._process is None or self._phase != "up":
            return False
        self._process.send(message)
        return True

    # The end

    def close(self, *, timeout_s: float = 10.0) -> None:
        """End the process and every live request; safe to call twice."""
        killer = threading.Timer(timeout_s, self._kill)  # runs apart: nothing else ends the wait for a stuck process
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
            self._wakeup.notify_all()
            self._nudge.set()
            process = self._process
        if process is not None:
            process.send(["close"])
            if self._phase != "up":
                process.child.kill()  # it has nothing to put in order
            process.child.wait()
            if self._thread is not None and self._thread is not threading.current_thread():
                self._thread.join(5)
            process.close_pipes()
        with self._lock:
            events = self._live.close()
            self._process = None
        self._emit(events)
        self._remove_own_folder()

    def _remove_own_folder(self) -> None:
        if self._own_folder is not None:
            remove_parking_folder(self._own_folder)


def _absolute(config: EngineConfig) -> EngineConfig:
    def absolute(folder: str | None) -> str | None:
        return None if folder is None else str(Path(folder).resolve())

    return replace(
        config,
        model_path=str(Path(config.model_path).resolve()),
        parked_folder=absolute(config.parked_folder),
        disk_folder=absolute(config.disk_folder),
    )
