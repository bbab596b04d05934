"""The host: a runtime behind sockets."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, runtime_checkable

from typing_extensions import Self

from npc_sdk._version import __version__
from npc_sdk.engine.engine import Engine
from npc_sdk.errors import NpcError, PersonaError, RequestError, StateError
from npc_sdk.persona import World, shipped_worlds
from npc_sdk.runtime import Runtime
from npc_sdk.wire import messages as m
from npc_sdk.wire.connection_file import Connection, default_file, remove_connection, write_connection
from npc_sdk.wire.endpoint import read_endpoint
from npc_sdk.wire.figures import Figures
from npc_sdk.wire.gate import Gate
from npc_sdk.wire.gauges import Gauges
from npc_sdk.wire.host_core import HostConfig, HostCore
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings
from npc_sdk.wire.library import Library
from npc_sdk.wire.process_mark import born_s
from npc_sdk.wire.replies import Replies
from npc_sdk.wire.server import Server, closing_error
from npc_sdk.wire.sockets import GOODBYE_MS, HostSockets, Waker
from npc_sdk.wire.stage import Stage
from npc_sdk.wire.tap import EngineTaps, HostFacts, HostTap, Tap
from npc_sdk.wire.translate import news_body
from npc_sdk.world import CharacterRecord, CharacterStore

STORE_FILE: Final = "characters.db"
STOP_LIMIT_S: Final = 15.0
ENDS_LIMIT_MS: Final = 3000.0
FRESH_MS: Final = 100.0
_LOOK_S: Final = 0.02
_logger = logging.getLogger(__name__)


@runtime_checkable
class Framed(Protocol):
    """A runtime that listens to the game's frames."""

    def frame(self, target_ms: float, measured_ms: float | None = None, *, mode: Any = "explore") -> None: ...


class Host:
    """Serves one runtime to clients; :meth:`stop` may be called from any thread.

    Args:
        configuration: What it is set up with.
        engine: An engine of your own, such as :class:`npc_sdk.testing.FakeEngine`; None takes what the settings say.
        taps: Hear every message; a :class:`~npc_sdk.wire.tap.HostTap` hears more.
        now_ms: Tells the time; None reads the machine's clock.
        **runtime_arguments: More for :class:`npc_sdk.Runtime`, such as ``clock``.

    Raises:
        RequestError: The endpoint, the world or the keys cannot be used; connections from other machines would
            not be protected (``not_protected``).
    """

    def __init__(
        self,
        configuration: HostConfiguration | None = None,
        *,
        engine: Engine | None = None,
        taps: Sequence[Tap] = (),
        now_ms: Callable[[], float] | None = None,
        **runtime_arguments: Any,
    ) -> None:
        chosen = HostConfiguration() if configuration is None else configuration
        self._settings: HostSettings = chosen.host
        self._limits = chosen.limits
        self._endpoint = read_endpoint(chosen.host.endpoint)
        self._gate = Gate.for_host(chosen.host, self._endpoint)
        self._library = Library(_folder("personas", chosen.host.personas), _folder("worlds", chosen.host.worlds))
        self._id = secrets.token_hex(8)
        self._taps = tuple(taps)
        self._host_taps = tuple(tap for tap in taps if isinstance(tap, HostTap))
        self._now_ms = _now_ms if now_ms is None else now_ms
        self._gauges = Gauges()
        self._configuration = chosen
        self._waker: Waker | None = None
        self._sockets: HostSockets | None = None
        self._replies = Replies(self._wake)
        self._runtime = Runtime(
            chosen.host.model,
            engine=chosen.host.engine if engine is None else engine,
            world=self._world(chosen.host.world),
            folder=self.folder,
            settings=chosen.runtime,
            on_event=self._on_news,
            watch=EngineTaps(self._host_taps) if self._host_taps else None,
            **runtime_arguments,
        )
        self._store: CharacterStore | None = None
        self._stage: Stage | None = None
        self._server: Server | None = None
        self._figures: Figures | None = None
        self._connection: Connection | None = None
        self._file = Path(chosen.host.connection_file or default_file(os.getpid()))
        self._started_ms = self._now_ms()
        self._told: dict[str, Any] = {}
        self._told_ms = float("-inf")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connection(self) -> Connection:
        """How to reach the host.

        Raises:
            StateError: It does not run (``not_started``).
        """
        if self._connection is None:
            raise StateError("The host does not run.", "Start it.", code="not_started")
        return self._connection

    @property
    def connection_file(self) -> Path:
        """Where :attr:`connection` is written."""
        return self._file

    @property
    def folder(self) -> Path | None:
        """What the host keeps, or None when it keeps nothing."""
        return self._settings.path() if self._settings.is_kept else None

    @property
    def is_serving(self) -> bool:
        """Whether it was started and its sockets are served."""
        return self._server is not None and self._server.is_alive

    @property
    def is_busy(self) -> bool:
        """Whether a turn or a decision runs."""
        stage = self._stage
        return stage is not None and stage.running > 0

    def start(self) -> Connection:
        """Load the model, open the store and listen.

        Returns:
            How to reach the host; it stands in the connection file too.

        Raises:
            NpcError: The model, the store, the address or the connection file cannot be used; nothing is left behind.
        """
        try:
            return self._start()
        except BaseException:
            self._release()
            raise

    def stop(self, *, drain_ms: float | None = None, is_hasty: Callable[[], bool] | None = None) -> None:
        """Let turns that run end, end the others, save, and leave nothing behind; safe to call twice.

        Args:
            drain_ms: How long to wait for turns; None takes the setting.
            is_hasty: Asked again and again whether to wait no longer.
        """
        server, stage = self._server, self._stage
        if server is not None and stage is not None and server.is_alive:
            stage.drain()
            self._replies.report("closing", {})
            limit_ms = self._settings.drain_ms if drain_ms is None else drain_ms
            _wait_until(lambda: not stage.running or (is_hasty is not None and is_hasty()), limit_ms)
            stage.end_turns()
            # The clients get the ends of these turns before their sessions end.
            _wait_until(lambda: not stage.running, ENDS_LIMIT_MS)
            server.end_sessions(closing_error())
        self._release()

    def _start(self) -> Connection:
        # The runtime first: it takes the folder, so that no other host has the store open.
        self._runtime.start()
        if self._settings.is_kept:
            self._store = CharacterStore(self._settings.path() / STORE_FILE)
            if self._store.finding is not None:
                _logger.error("%s", self._store.finding)
                self._replies.report("store_damaged", {"error": self._store.finding.to_dict()})
        self._waker = waker = Waker()
        self._sockets = sockets = HostSockets(
            self._endpoint, self._limits, keys=self._gate.keys, has_telemetry=self._settings.has_telemetry
        )
        self._begin_taps()
        self._stage = Stage(
            self._runtime,
            library=self._library,
            store=self._store,
            replies=self._replies,
            now_ms=self._now_ms,
            limits=self._limits,
            on_loaded=self._on_loaded if self._host_taps else None,
        )
        token = secrets.token_urlsafe(32)
        self._server = self._made_server(sockets, waker, self._stage, token)
        self._figures = Figures(self._runtime, more=self._more_figures, publish=self._publish, now_ms=self._now_ms)
        self._stage.start()
        self._server.start()
        self._figures.start()
        connection = self._connection_to(sockets, token)
        write_connection(connection, self._file)
        self._connection = connection
        return connection

    def _made_server(self, sockets: HostSockets, waker: Waker, stage: Stage, token: str) -> Server:
        # A client with a listed key has shown who it is; the token is for whoever may read the connection file.
        asked = token if self._gate.keys is None else None
        config = HostConfig(
            limits=self._limits, token=asked, max_sessions=self._settings.max_sessions, host=self._description()
        )
        return Server(
            sockets,
            waker,
            HostCore(config, lambda: secrets.token_urlsafe(32)),
            stage,
            self._replies,
            figures=self._latest_figures,
            on_hint=self._on_hint,
            steps=self._steps,
            now_ms=self._now_ms,
            gauges=self._gauges,
            gate=self._gate,
            taps=self._taps,
        )

    def _description(self) -> m.Host:
        status = self._runtime.status(is_brief=True)
        info = status.engine
        return m.Host(
            version=__version__,
            host_id=self._id,
            model="" if info is None else info.model_name,
            fingerprint="" if info is None else info.fingerprint,
        )

    def _connection_to(self, sockets: HostSockets, token: str) -> Connection:
        requests, control, telemetry = sockets.addresses
        born = born_s(os.getpid())
        return Connection(
            protocol=m.PROTOCOL,
            pid=os.getpid(),
            born_s=0.0 if born is None else born,
            requests=requests,
            control=control,
            telemetry=telemetry,
            token=token,
            curve_server_key=None if self._gate.keys is None else self._gate.keys.public,
            host_version=__version__,
            host_id=self._id,
        )

    def _release(self) -> None:
        """Let go of everything there is, in the order in which it depends on each other."""
        if self._connection is not None:
            remove_connection(self._connection, self._file)
        if self._figures is not None:
            self._figures.stop(STOP_LIMIT_S)
        if self._stage is not None:
            self._stage.close(STOP_LIMIT_S)
        self._runtime.close()
        if self._store is not None and not self._store.close():
            _logger.error("The store could not be closed in time.")
        if self._server is None or self._server.stop(STOP_LIMIT_S):
            # As long as the socket thread runs, they are its own.
            if self._sockets is not None:
                self._sockets.close(GOODBYE_MS)
            if self._waker is not None:
                self._waker.close()
        self._sockets = self._waker = None
        for tap in self._taps:
            tap.close()
        self._figures = self._stage = self._store = self._server = self._connection = None

    def _begin_taps(self) -> None:
        facts = HostFacts(
            host=self._description().model_dump(),
            now_ms=self._now_ms,
            report=self._replies.report,
            settings={
                "host": asdict(self._configuration.host),
                "runtime": asdict(self._runtime.settings),
                "limits": asdict(self._limits),
            },
            tokenizer=self._runtime.tokenizer,
        )
        for tap in self._host_taps:
            tap.begin(facts)

    def _world(self, name: str | None) -> World | None:
        if name is None:
            return None
        if name in shipped_worlds():
            return World.shipped(name)
        try:
            return self._library.world(m.Reference(named=name))
        except (ValueError, PersonaError) as error:
            if isinstance(error, PersonaError) and error.code not in ("no_world_folder", "unknown_world"):
                raise
            raise RequestError(
                f"The setting world is {name!r:.80}, and there is no such world.",
                f"Shipped worlds are: {', '.join(shipped_worlds())}; others are files in the folder worlds.",
                code="bad_setting",
                setting="world",
            ) from error

    def wake(self) -> None:
        """Have the socket thread look at the time, after a clock of one's own was moved; safe from any thread."""
        self._wake()

    def _wake(self) -> None:
        waker = self._waker
        if waker is not None:
            waker.wake()

    def _on_news(self, news: Any) -> None:
        """Take news of the runtime, on its thread."""
        kind, data = news_body(news)
        _logger.info("News of the engine: %s", kind)
        self._replies.report(kind, data)

    def _on_hint(self, frame: m.Frame) -> None:
        self._gauges.hint(frame, self._now_ms())
        if isinstance(self._runtime, Framed):
            with suppress(NpcError):
                # Modes that the runtime does not know are its business.
                mode: Any = frame.mode
                self._runtime.frame(frame.target_ms, frame.measured_ms, mode=mode)

    def _steps(self) -> int:
        return self._runtime.steps

    def _latest_figures(self) -> dict[str, Any]:
        """Return figures for whoever asks; those that take time to gather are a little old."""
        now_ms = self._now_ms()
        if self._figures is not None and now_ms - self._told_ms >= FRESH_MS:
            self._told, self._told_ms = self._gauges.completed(self._figures.latest(), now_ms), now_ms
        age_ms = self._told.get("age_ms", 0.0) + now_ms - self._told_ms
        return {**self._told, **self._more_figures(), "age_ms": round(age_ms, 3)}

    def publish(self, kind: str, data: Mapping[str, Any]) -> None:
        """Publish figures to whoever watches, and to the taps; safe from any thread, nothing while it does not run."""
        server = self._server
        if server is not None:
            server.publish(kind, data)

    def _on_loaded(self, record: CharacterRecord) -> None:
        for tap in self._host_taps:
            tap.loaded(record)

    def _publish(self, figures: dict[str, Any]) -> None:
        self.publish("status", self._gauges.completed(figures, self._now_ms()))

    def _more_figures(self) -> dict[str, Any]:
        server, stage = self._server, self._stage
        return {
            "host_id": self._id,
            "pid": os.getpid(),
            "uptime_ms": round(self._now_ms() - self._started_ms, 3),
            "sessions": 0 if server is None else server.sessions,
            "npcs": 0 if stage is None else stage.npcs,
            "running": 0 if stage is None else stage.running,
            "is_stored": self._store is not None and (stage is None or stage.is_stored),
        }


def _now_ms() -> float:
    return time.monotonic() * 1000.0


def _folder(name: str, path: str | None) -> Path | None:
    if path is not None and not Path(path).is_dir():
        raise RequestError(
            f"The setting {name} is {path!r:.200}, and there is no such folder.",
            "Name one that is there; a relative one is looked for from where the host was started.",
            code="bad_setting",
            setting=name,
        )
    return None if path is None else Path(path)


def _wait_until(is_done: Callable[[], bool], limit_ms: float) -> None:
    end_ms = _now_ms() + limit_ms
    while not is_done() and _now_ms() < end_ms:
        time.sleep(_LOOK_S)
