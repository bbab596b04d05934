"""Does again what was recorded, against the host of this build, and finds the first difference.

What came in is sent again in the order in which it came, each message once everything that the host had sent before it
has come again. What the engine gave out is given out again at the same place, on a clock that moves as it did.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from npc_sdk.errors import BackendError
from npc_sdk.runtime import RuntimeSettings
from npc_sdk.wire.compare import NOTHING, SAME, SAME_FOR_A_MODEL, first_difference, is_compared
from npc_sdk.wire.host import STORE_FILE, Host
from npc_sdk.wire.host_settings import HostConfiguration, HostSettings
from npc_sdk.wire.limits import Limits
from npc_sdk.wire.outputs import Channel
from npc_sdk.wire.record_file import Record, Recording
from npc_sdk.wire.replay_clients import ReplayClients
from npc_sdk.wire.replay_engine import engine_for
from npc_sdk.wire.replay_plan import ReplayPlan
from npc_sdk.wire.tap import HostTap
from npc_sdk.world import CharacterRecord, CharacterStore

Found = TypeVar("Found")

WAIT_S: Final = 5.0
MODEL_WAIT_S: Final = 120.0
_SETTLE_S: Final = 0.1
# How much later than in the recording a deadline may end something, and how long to wait before the clock is moved on.
_LATE_MS: Final = (5.0, 20.0, 100.0)
_PATIENCE_S: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a replay was not as it had been recorded.

    Args:
        number: Number of the record, counted from 1.
        at_ms: When that was, counted from the beginning of the recording.
        what: The message, in words.
        path: The field that differs; empty for a whole message.
        expected: As it was recorded.
        got: What came now.
    """

    number: int
    at_ms: float
    what: str
    path: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a replay came to.

    Args:
        records: Records that were read.
        sent: Messages that were sent again.
        compared: Messages that were compared.
        difference: The first difference; None when there is none.
        torn_at: Where the file breaks off, in bytes; None when it is whole.
    """

    records: int
    sent: int
    compared: int
    difference: Difference | None
    torn_at: int | None


class Replay:
    """Replays one recording once. Not thread safe.

    Args:
        recording: What was recorded.
        model: A model to run in place of what the engine gave out; None needs no model. With one, only an
            engine that gives the same answers to the same questions can pass.
        wait_s: Longest wait for a message.
    """

    def __init__(self, recording: Recording, *, model: str | None = None, wait_s: float | None = None) -> None:
        self._recording = recording
        self._model = model
        self._wait_s = wait_s if wait_s is not None else WAIT_S if model is None else MODEL_WAIT_S
        self._plan = ReplayPlan(recording)
        self._engine = None if model is not None else engine_for(recording.header)
        self._ear = _Ear()
        self._now_ms = 0.0
        self._records = self._sent = self._compared = 0

    def run(self) -> Outcome:
        """Replay everything, up to the first difference.

        Raises:
            NpcError: The host cannot be started, or it does not answer at all.
        """
        with tempfile.TemporaryDirectory(prefix="npc-replay-") as folder:
            host = self._host(Path(folder))
            with host, self._clients(host) as clients:
                difference = self._run(host, clients)
        return Outcome(
            records=self._records,
            sent=self._sent,
            compared=self._compared,
            difference=difference,
            torn_at=self._recording.torn_at,
        )

    def _host(self, folder: Path) -> Host:
        settings = self._recording.header.get("settings", {})
        host = _fitting(HostSettings, settings.get("host", {}))
        kept: dict[str, Any] = {}
        kept |= {
            name: host[name] for name in ("personas", "worlds", "world", "is_kept", "max_sessions") if name in host
        }
        if self._model is not None:
            kept["model"] = self._model
        configuration = HostConfiguration(
            host=HostSettings(
                **kept,
                folder=str(folder / "host"),
                connection_file=str(folder / "connection.json"),
                drain_ms=0,
                has_telemetry=False,
            ),
            runtime=_runtime_settings(settings.get("runtime", {})),
            limits=Limits(**_fitting(Limits, settings.get("limits", {}))),
        )
        self._fill_store(configuration.host)
        if self._engine is None:
            return Host(configuration, taps=[self._ear])
        return Host(configuration, engine=self._engine, taps=[self._ear], now_ms=self._engine.clock.now_ms)

    def _fill_store(self, host: HostSettings) -> None:
        """Keep the characters that had been kept when the recording began."""
        if not self._plan.kept or not host.is_kept:
            return
        host.path().mkdir(parents=True)
        store = CharacterStore(host.path() / STORE_FILE)
        for kept in self._plan.kept:
            store.put(CharacterRecord(**kept))
        store.flush()
        store.close()

    @contextmanager
    def _clients(self, host: Host) -> Iterator[ReplayClients]:
        clients = ReplayClients(host.connection, self._plan)
        try:
            yield clients
        finally:
            clients.close()

    def _run(self, host: Host, clients: ReplayClients) -> Difference | None:
        record = Record(0.0, "")
        for number, record in enumerate(self._recording, start=1):
            self._records = number
            if _is_closing(record):
                break
            self._move_clock(host, record.at_ms)
            difference = self._step(number, record, host, clients)
            if difference is not None:
                return difference
        return None if self._recording.torn_at is not None else self._leftover(record, clients)

    def _step(self, number: int, record: Record, host: Host, clients: ReplayClients) -> Difference | None:
        data = record.data
        if record.kind == "in":
            self._send(number, data, host, clients)
        elif record.kind == "out" and is_compared(data.get("message", {})):
            return self._expect(number, record, host, clients)
        elif record.kind == "asked" and self._engine is not None:
            asked = partial(self._engine.expect, data["id"], data["sequence"], data["kind"])
            if self._awaited(record, host, asked) is None:
                expected = {"kind": data["kind"], "npc": data["sequence"].partition(":")[2]}
                return _difference(number, record, "a request to the engine", ("", expected, NOTHING))
        elif record.kind == "engine" and self._engine is not None:
            self._awaited(record, host, partial(self._engine.await_cancel, data["event"]), is_short=True)
            self._engine.give_out(data["event"], data.get("pieces", ()))
        return None

    def _send(self, number: int, data: Mapping[str, Any], host: Host, clients: ReplayClients) -> None:
        """Send a message and wait until the host has dealt with it."""
        channel: Channel = data["channel"]
        clients.send(number, channel, data)
        self._sent += 1
        if not self._ear.wait_received(self._sent, self._wait_s):
            raise BackendError("The host does not take a message.", "Look at its log.", code="replay_stuck")
        host.publish("replay", {"n": self._sent})
        self._ear.wait_published(self._sent, self._wait_s)
        self._settle()

    def _expect(self, number: int, record: Record, host: Host, clients: ReplayClients) -> Difference | None:
        expected = record.data["message"]
        if clients.is_repeated(record.data):
            return None
        got = self._awaited(record, host, partial(clients.wait_for, record.data))
        self._compared += 1
        if got is None:
            return _difference(number, record, _words(expected), ("", expected, NOTHING))
        found = first_difference(expected, got, tolerance=SAME if self._model is None else SAME_FOR_A_MODEL)
        if found is None:
            clients.learn(record.data, got)
            return None
        return _difference(number, record, _words(expected), found)

    def _awaited(
        self, record: Record, host: Host, look: Callable[[float], Found | None], *, is_short: bool = False
    ) -> Found | None:
        """Return what stands for a record; what time brought about may come a little later than it did.

        Args:
            record: What was recorded.
            host: The host.
            look: Waits for it so many seconds.
            is_short: Whether to go on soon without it.
        """
        for late_ms in _LATE_MS if self._engine is not None else ():
            found = look(min(_PATIENCE_S, self._wait_s))
            if found is not None:
                return found
            self._move_clock(host, max(self._now_ms, record.at_ms + late_ms))
        return look(_PATIENCE_S if is_short else self._wait_s)

    def _leftover(self, last: Record, clients: ReplayClients) -> Difference | None:
        """Return what came and had not been recorded."""
        self._settle()
        extra = clients.leftover(_SETTLE_S)
        return None if extra is None else _difference(self._records, last, _words(extra), ("", NOTHING, extra))

    def _move_clock(self, host: Host, at_ms: float) -> None:
        if self._engine is not None and at_ms > self._now_ms:
            self._engine.clock.advance(at_ms - self._now_ms)
            self._now_ms = at_ms
            host.wake()

    def _settle(self) -> None:
        if self._engine is not None:
            self._engine.clock.advance(0.0)


class _Ear(HostTap):
    """Hears how far the host is."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._received = self._published = 0

    def received(self, channel: Channel, route: bytes, frames: Any, now_ms: float) -> None:
        """Count a message."""
        with self._changed:
            self._received += 1
            self._changed.notify_all()

    def published(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Take note of a sign that was asked for."""
        if kind == "replay":
            with self._changed:
                self._published = int(data["n"])
                self._changed.notify_all()

    def wait_received(self, count: int, timeout_s: float) -> bool:
        """Return whether so many messages have come."""
        return self._wait(lambda: self._received >= count, timeout_s)

    def wait_published(self, n: int, timeout_s: float) -> bool:
        """Return whether a sign has come."""
        return self._wait(lambda: self._published >= n, timeout_s)

    def _wait(self, is_it: Callable[[], bool], timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(is_it, timeout_s)


def _is_closing(record: Record) -> bool:
    """Return whether the host was told to stop, so that no client asked for what follows."""
    if record.kind == "closing":
        return True
    message = record.data.get("message", {})
    return record.kind == "out" and message.get("type") == "session.ended" and message["error"]["code"] == "closing"


def _difference(number: int, record: Record, what: str, found: tuple[str, Any, Any]) -> Difference:
    path, expected, got = found
    return Difference(number=number, at_ms=record.at_ms, what=what, path=path, expected=expected, got=got)


def _words(message: Mapping[str, Any]) -> str:
    kind = message.get("type")
    inner = message.get("event") or message.get("result") or message.get("notice") or {}
    parts = [str(kind)]
    if "id" in message:
        parts.append(f"{message['id']}/{message.get('seq')}")
    if isinstance(inner, Mapping) and "kind" in inner:
        parts.append(str(inner["kind"]))
    return " ".join(parts)


def _fitting(kind: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that this build knows."""
    return {field.name: data[field.name] for field in fields(kind) if field.name in data}


def _runtime_settings(data: Mapping[str, Any]) -> RuntimeSettings:
    plain = asdict(RuntimeSettings())
    known = {name: value for name, value in _fitting(RuntimeSettings, data).items() if type(value) is type(plain[name])}
    seed = data.get("seed")
    return replace(RuntimeSettings(**known), seed=seed if isinstance(seed, int) else None)
