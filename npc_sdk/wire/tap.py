"""Where a recorder, a trace or metrics listen to what a host does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from npc_sdk.engine.request import Event, Request
from npc_sdk.engine.step_log import EngineCall
from npc_sdk.engine.tokenizer import Tokenizer
from npc_sdk.wire.outputs import Channel
from npc_sdk.world import CharacterRecord


class Tap(Protocol):
    """Hears every message; called on the socket thread, so it must return quickly and never raise."""

    def received(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Take a message that has come, as it came."""
        ...

    def sent(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Take a message that was handed to its socket."""
        ...

    def close(self) -> None:
        """End; nothing follows. Called twice, the second time does nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What a tap may know of its host.

    Args:
        host: What it says of itself.
        now_ms: Tells the time, as the other calls of a tap do.
        report: Tells all clients news: a kind and its data. Safe from any thread.
        settings: What it is set up with, as plain data without secrets.
        tokenizer: That of the model.
    """

    host: Mapping[str, Any]
    now_ms: Callable[[], float]
    report: Callable[[str, Mapping[str, Any]], None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: Tokenizer | None = None


class HostTap:
    """A tap that hears of more than messages; does nothing by itself, and each method may be overridden.

    None may raise or wait. The thread on which a method is called is named with it.
    """

    def begin(self, facts: HostFacts) -> None:
        """Begin; called once by whoever starts the host, before the first message."""

    def received(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Take a message that has come; on the socket thread."""

    def sent(self, channel: Channel, route: bytes, frames: Sequence[bytes], now_ms: float) -> None:
        """Take a message that was handed to its socket; on the socket thread."""

    def published(self, kind: str, data: Mapping[str, Any], now_ms: float) -> None:
        """Take figures, as they are published; on the socket thread."""

    def asked(self, request: Request) -> None:
        """Take a request to the engine; on the runtime's thread."""

    def told(self, event: Event) -> None:
        """Take an event of the engine, before the runtime does; on the engine's thread."""

    def called(self, calls: Sequence[EngineCall]) -> None:
        """Take calls of llama.cpp that have ended; on the engine's thread."""

    def loaded(self, record: CharacterRecord) -> None:
        """Take a character that the store had kept; on the store's thread."""

    @property
    def wants_calls(self) -> bool:
        """Whether the engine shall report its calls."""
        return False

    def close(self) -> None:
        """End; nothing follows. Called twice, the second time does nothing."""


class EngineTaps:
    """Hands on what is between a runtime and its engine.

    Args:
        taps: Who hears it.
    """

    def __init__(self, taps: Sequence[HostTap]) -> None:
        self._taps = tuple(taps)

    @property
    def wants_calls(self) -> bool:
        """Whether any of them wants the calls of llama.cpp."""
        return any(tap.wants_calls for tap in self._taps)

    def asked(self, request: Request) -> None:
        """Hand on a request."""
        for tap in self._taps:
            tap.asked(request)

    def told(self, event: Event) -> None:
        """Hand on an event."""
        for tap in self._taps:
            tap.told(event)

    def called(self, calls: Sequence[EngineCall]) -> None:
        """Hand on calls of llama.cpp."""
        for tap in self._taps:
            tap.called(calls)


def open_taps(
    *, record: Path | None = None, trace: Path | None = None, metrics_port: int | None = None
) -> tuple[HostTap, ...]:
    """Return the taps for what shall be written down or shown.

    Args:
        record: File for every message; None writes none.
        trace: File for what happens on one time axis; None writes none.
        metrics_port: Port on loopback for Prometheus, 0 for a free one; None opens none.

    Raises:
        CapacityError: A file cannot be written (``file_unusable``), or the port cannot be used (``port_unusable``).
        RequestError: A package for it is missing (``missing_extra``).
    """
    taps: list[HostTap] = []
    try:
        if record is not None:
            from npc_sdk.wire.recorder import Recorder

            taps.append(Recorder(record))
        if trace is not None:
            from npc_sdk.wire.trace import Trace

            taps.append(Trace(trace))
        if metrics_port is not None:
            from npc_sdk.wire.metrics import Metrics

            taps.append(Metrics(metrics_port))
    except BaseException:
        for tap in taps:
            tap.close()
        raise
    return tuple(taps)
