"""What runs inside the engine process: frames in from standard input, frames out to standard output."""

from __future__ import annotations

import os
import sys
import threading
from time import perf_counter
from typing import Any, BinaryIO

from npc_sdk.engine import codec
from npc_sdk.engine.core import EngineCore, is_on_cpu
from npc_sdk.engine.engine import EngineInfo, EngineStats
from npc_sdk.engine.parking import remove_parking_folder
from npc_sdk.engine.priority import stand_back
from npc_sdk.engine.request import Event
from npc_sdk.errors import BackendError, CapacityError, NpcError, ProtocolError

_PROGRESS_STEP = 0.02


class HostGoneError(BackendError):
    """Raised when nobody reads the frames any more."""

    default_code = "host_gone"


def main() -> None:
    """Run the engine process until its input ends or it is told to close."""
    source, target = _take_streams()
    Child(source, target).run()


def _take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes for frames and send whatever a library prints to standard error."""
    target = os.fdopen(os.dup(1), "wb")
    source = os.fdopen(os.dup(0), "rb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return source, target


class Child:
    """One engine and its two pipes.

    Args:
        source: Frames from the host; the first one is the configuration.
        target: Frames to the host.
    """

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self._source = source
        self._target = target
        self._lock = threading.Lock()
        self._progress = 0.0
        self._core: EngineCore | None = None
        self._stats_sent: EngineStats | None = None
        self._info_sent: EngineInfo | None = None
        self._is_orphan = True

    def run(self) -> None:
        """Load, report, work; a host that goes away ends the process."""
        first = codec.read_frame(self._source)
        if first is None or first[0] != "config":
            return
        config = codec.unpack_config(first[1])
        if config.background and is_on_cpu(config):
            stand_back()
        try:
            core = self._core = EngineCore(config, on_progress=self._report_progress)
        except NpcError as error:
            self._send(["refused", error.to_dict()])
            return
        except MemoryError:
            self._send(["refused", CapacityError("There is not enough memory.", code="no_host_memory").to_dict()])
            return
        self._info_sent = core.info
        self._send(["ready", codec.pack_info(core.info)])
        threading.Thread(target=self._listen, name="npc-engine-pipe", daemon=True).start()
        try:
            if core.run(self._emit) == "leave":
                self._leave(core)
        except HostGoneError:
            self._is_orphan = True  # as if the pipe had closed, which it will have done by now
        core.close()
        if self._is_orphan and config.parked_folder is not None:
            remove_parking_folder(config.parked_folder)

    def _leave(self, core: EngineCore) -> None:
        """Park everything, give all memory back, and only then say so."""
        began = perf_counter()
        core.leave()
        park_ms = (perf_counter() - began) * 1000
        core.close()
        self._send(["left", park_ms, core.parked_bytes])

    def _listen(self) -> None:
        """Take in commands until the pipe closes."""
        core = self._core
        if core is None:
            return
        try:
            while (message := codec.read_frame(self._source)) is not None:
                self._obey(core, message)
        except ProtocolError as error:
            self._send(["refused", error.to_dict()])
        finally:
            core.post(("close",))

    def _obey(self, core: EngineCore, message: list[Any]) -> None:
        kind, *values = message
        if kind == "submit":
            age_ms = values[1] if len(values) > 1 else 0.0
            core.post(("submit", codec.unpack_request(values[0]), perf_counter() - age_ms / 1000))
        elif kind == "cancel":
            core.post(("cancel", int(values[0])))
        elif kind == "park":
            core.post(("park", str(values[0])))
        elif kind == "forget":
            core.post(("forget", str(values[0])))
        elif kind == "quantum":
            core.post(("quantum", int(values[0])))
        elif kind == "reconfigure":
            core.post(("change", codec.unpack_config(values[0])))
        elif kind == "frame":
            core.post(("frame", codec.unpack_hint(values[0]), perf_counter()))
        elif kind == "pace":
            core.post(("pace", codec.unpack_pacing(values[0])))
        elif kind == "watch":
            core.post(("watch",))
        elif kind == "leave":
            self._is_orphan = False
            core.post(("change", "suspend"))
        elif kind == "close":
            self._is_orphan = False
            core.post(("close",))
        else:
            raise ProtocolError(f"There is no command {kind!r}.", code="unknown_command")

    def _emit(self, events: list[Event]) -> None:
        message: list[Any] = ["events", [codec.pack_event(event) for event in events], None, None]
        if self._core is not None and self._core.stats is not self._stats_sent:
            self._stats_sent = self._core.stats
            message[2] = codec.pack_stats(self._stats_sent)
        if self._core is not None and self._core.info is not self._info_sent:
            self._info_sent = self._core.info
            message[3] = codec.pack_info(self._info_sent)
        self._send(message)
        calls = self._core.take_calls() if self._core is not None else []
        if calls:
            self._send(["calls", codec.pack_calls(calls)])

    def _report_progress(self, share: float) -> None:
        if share >= 1 or share - self._progress >= _PROGRESS_STEP:
            self._progress = share
            self._send(["loading", share])

    def _send(self, message: list[Any]) -> None:
        try:
            with self._lock:
                codec.write_frame(self._target, message)
        except OSError as error:  # the host is gone: nobody is left to tell
            raise HostGoneError(f"The host is gone: {error}.") from error
