"""Requests, events and settings as msgpack frames for the pipe between host and engine process."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, BinaryIO

import msgpack

from npc_sdk.budget.frame import FrameHint
from npc_sdk.budget.pacing import PacingConfig
from npc_sdk.engine.engine import EngineConfig, EngineInfo, EngineStats
from npc_sdk.engine.request import (
    Boundary,
    Constraint,
    Ended,
    EngineCost,
    EngineDown,
    EngineUp,
    Event,
    Failed,
    PrefixKind,
    Priority,
    Reconfigured,
    Request,
    Sampling,
    Scored,
    Suspended,
    Thinking,
    TokensOut,
)
from npc_sdk.engine.step_log import EngineCall
from npc_sdk.errors import ProtocolError, from_dict

MAX_FRAME_BYTES = 64 << 20
_LENGTH = struct.Struct("<I")


def write_frame(stream: BinaryIO, message: list[Any]) -> None:
    """Write one message and flush it.

    Raises:
        OSError: The other side is gone.
    """
    data = msgpack.packb(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def read_frame(stream: BinaryIO) -> list[Any] | None:
    """Read one message; None at the end of the stream.

    Raises:
        ProtocolError: What came is not a message.
    """
    start = _read_exactly(stream, _LENGTH.size)
    if start is None:
        return None
    length = _LENGTH.unpack(start)[0]
    if length > MAX_FRAME_BYTES:
        raise ProtocolError(f"A frame of {length} bytes is too large.", code="frame_too_large")
    data = _read_exactly(stream, length)
    if data is None:
        return None
    try:
        message = msgpack.unpackb(data, strict_map_key=False, use_list=True)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        raise ProtocolError(f"A frame cannot be read: {error}.", code="bad_frame") from error
    if not isinstance(message, list) or not message or not isinstance(message[0], str):
        raise ProtocolError("A frame holds no message.", code="bad_frame")
    return message


def _read_exactly(stream: BinaryIO, length: int) -> bytes | None:
    parts: list[bytes] = []
    while length:
        part = stream.read(length)
        if not part:
            return None
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def pack_request(request: Request) -> dict[str, Any]:
    """Return a request as plain data."""
    data = {name: getattr(request, name) for name in request.__dataclass_fields__}
    data["boundaries"] = [(boundary.length, int(boundary.kind)) for boundary in request.boundaries]
    data["priority"] = int(request.priority)
    data["sampling"] = asdict(request.sampling)
    data["constraint"] = None if request.constraint is None else asdict(request.constraint)
    data["thinking"] = None if request.thinking is None else asdict(request.thinking)
    return data


def unpack_request(data: dict[str, Any]) -> Request:
    """Rebuild a request."""
    fields = dict(data)
    for name in ("tokens", "stop", "forbidden", "labels", "generated"):
        fields[name] = tuple(fields[name])
    fields["boundaries"] = tuple(Boundary(length, PrefixKind(kind)) for length, kind in fields["boundaries"])
    fields["priority"] = Priority(fields["priority"])
    fields["sampling"] = Sampling(**fields["sampling"])
    if fields["constraint"] is not None:
        fields["constraint"] = Constraint(**fields["constraint"])
    if fields["thinking"] is not None:
        thinking = dict(fields["thinking"], forced=tuple(fields["thinking"]["forced"]))
        fields["thinking"] = Thinking(**thinking)
    return Request(**fields)


def pack_event(event: Event) -> list[Any]:
    """Return an event as plain data."""
    if isinstance(event, TokensOut):
        return ["tokens", event.id, event.tokens, event.data]
    if isinstance(event, Scored):
        return ["scored", event.id, event.log_probabilities]
    if isinstance(event, Ended):
        return ["ended", event.id, event.reason, asdict(event.cost)]
    if isinstance(event, Failed):
        return ["failed", event.id, event.error.to_dict(), asdict(event.cost)]
    if isinstance(event, EngineDown):
        return ["down", event.error.to_dict(), event.is_final]
    if isinstance(event, Reconfigured):
        fields = asdict(replace(event, error=None))
        return ["reconfigured", dict(fields, error=None if event.error is None else event.error.to_dict())]
    if isinstance(event, Suspended):
        return ["suspended", asdict(event)]
    return ["up", event.restarts]


def unpack_event(data: list[Any]) -> Event:
    """Rebuild an event.

    Raises:
        ProtocolError: It is no event.
    """
    kind, *values = data
    if kind == "tokens":
        return TokensOut(values[0], tuple(values[1]), values[2])
    if kind == "scored":
        return Scored(values[0], tuple(values[1]))
    if kind == "ended":
        return Ended(values[0], values[1], EngineCost(**values[2]))
    if kind == "failed":
        return Failed(values[0], from_dict(values[1]), EngineCost(**values[2]))
    if kind == "down":
        return EngineDown(from_dict(values[0]), bool(values[1]))
    if kind == "up":
        return EngineUp(values[0])
    if kind == "reconfigured":
        error = None if values[0]["error"] is None else from_dict(values[0]["error"])
        configs = {name: values[0][name] and unpack_config(values[0][name]) for name in ("config", "wanted")}
        return Reconfigured(**{**values[0], **configs, "error": error})
    if kind == "suspended":
        return Suspended(**values[0])
    raise ProtocolError(f"There is no event {kind!r}.", code="unknown_event")


def pack_calls(calls: Sequence[EngineCall]) -> list[Any]:
    """Return calls of llama.cpp as plain data."""
    return [(call.age_ms, call.spent_ms, call.tokens, call.rows, call.is_reading) for call in calls]


def unpack_calls(data: list[Any]) -> list[EngineCall]:
    """Rebuild calls of llama.cpp."""
    return [EngineCall(*values) for values in data]


def pack_config(config: EngineConfig) -> dict[str, Any]:
    """Return a configuration as plain data."""
    return asdict(config)


def unpack_config(data: dict[str, Any]) -> EngineConfig:
    """Rebuild a configuration."""
    return EngineConfig(**data)


def pack_hint(hint: FrameHint) -> dict[str, Any]:
    """Return a frame hint as plain data."""
    return asdict(hint)


def unpack_hint(data: dict[str, Any]) -> FrameHint:
    """Rebuild a frame hint."""
    return FrameHint(**data)


def pack_pacing(config: PacingConfig) -> dict[str, Any]:
    """Return the settings of pacing as plain data."""
    return asdict(config)


def unpack_pacing(data: dict[str, Any]) -> PacingConfig:
    """Rebuild the settings of pacing."""
    return PacingConfig(**data)


def pack_info(info: EngineInfo) -> dict[str, Any]:
    """Return the engine's description as plain data."""
    return asdict(info)


def unpack_info(data: dict[str, Any]) -> EngineInfo:
    """Rebuild the engine's description."""
    return EngineInfo(**data)


def pack_stats(stats: EngineStats) -> dict[str, Any]:
    """Return the counters as plain data."""
    return asdict(stats)


def unpack_stats(data: dict[str, Any]) -> EngineStats:
    """Rebuild the counters."""
    return EngineStats(**data)
