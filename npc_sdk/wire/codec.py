"""Messages as frames and back: pure functions, safe from any thread.

Whatever bytes come in, :func:`decode` returns a message or raises :class:`~npc_sdk.errors.ProtocolError`. Sizes are
looked at before anything is decoded, and what was decoded is measured before it is validated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NoReturn, TypeAlias

import msgpack
from pydantic import ValidationError

from npc_sdk.errors import ProtocolError, RequestError
from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits
from npc_sdk.wire.plain import check_plain

TAG = b"NPC/1"

Direction: TypeAlias = Literal["to_host", "to_host_control", "to_client", "to_client_control", "telemetry"]

DIRECTIONS: dict[Direction, tuple[type[m.Message], ...]] = {
    "to_host": (
        m.Hello,
        m.NpcSpawn,
        m.NpcSay,
        m.NpcDecide,
        m.NpcObserve,
        m.NpcGreet,
        m.NpcPark,
        m.NpcDespawn,
        m.NpcHistory,
        m.NpcHeard,
        m.NpcResult,
        m.WorldSet,
        m.BudgetReserve,
        m.Ack,
        m.Ping,
        m.Bye,
    ),
    "to_host_control": (m.Attach, m.Cancel, m.StatusAsk, m.Frame, m.Ping),
    "to_client": (m.Welcome, m.Refused, m.Event, m.End, m.Error, m.Notice, m.Pong, m.SessionEnded),
    "to_client_control": (m.Attached, m.Refused, m.StatusReply, m.Pong, m.Error),
    "telemetry": (m.Telemetry,),
}


def _type_of(message: type[m.Message]) -> str:
    return str(message.model_fields["type"].default)


_CLASSES = {direction: {_type_of(message): message for message in listed} for direction, listed in DIRECTIONS.items()}
_KNOWN = frozenset(name for classes in _CLASSES.values() for name in classes)


def encode(message: m.Message, limits: Limits = DEFAULT_LIMITS) -> list[bytes]:
    """Return the frames of a message.

    Args:
        message: What to send.
        limits: What the other side accepts.

    Raises:
        RequestError: The message is too large (``too_large``), or holds a value that cannot travel
            (``not_plain``).
    """
    plain = message.__pydantic_serializer__.to_python(message, exclude_none=True)
    try:
        body = msgpack.packb(plain)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RequestError(
            f"The message cannot be encoded: {error}.",
            "Use texts, numbers, booleans, lists and maps with text keys.",
            code="not_plain",
            type=plain["type"],
        ) from error
    if len(body) > limits.max_body_bytes:
        raise RequestError(
            f"The message has {len(body)} bytes, the limit is {limits.max_body_bytes}.",
            "Send less at once.",
            code="too_large",
            type=plain["type"],
            bytes=len(body),
            limit=limits.max_body_bytes,
        )
    return [TAG, body]


def decode(frames: Sequence[bytes], limits: Limits, direction: Direction) -> m.Message:
    """Return the message that frames hold.

    Args:
        frames: All frames of one ZeroMQ message, without the routing id of a ROUTER.
        limits: What this side accepts.
        direction: Where the message arrived; decides which types may come.

    Raises:
        ProtocolError: It is no message that may come here. ``details`` has the ``type`` and the ``id``
            as far as they could be read, so that a request that cannot be used is still answered.
    """
    body = _body(frames, limits)
    data = _unpack(body, limits)
    name = data.get("type")
    found = _CLASSES[direction].get(name) if isinstance(name, str) else None
    if found is None:
        _refuse_type(data, name)
    try:
        return found.__pydantic_validator__.validate_python(data)  # type: ignore[no-any-return]
    except ValidationError as error:
        raise _invalid(error, data) from None


def _body(frames: Sequence[bytes], limits: Limits) -> bytes:
    if sum(map(len, frames)) > limits.max_body_bytes + len(TAG):
        raise _too_large(frames, limits)
    if len(frames) != 2:
        raise ProtocolError(f"A message has 2 frames, not {len(frames)}.", "Send a tag and a body.", code="bad_frames")
    tag, body = frames
    if tag != TAG:
        raise _bad_tag(tag)
    return body


def _too_large(frames: Sequence[bytes], limits: Limits) -> ProtocolError:
    total = sum(map(len, frames))
    return ProtocolError(
        f"The message has {total} bytes, the limit is {limits.max_body_bytes}.",
        "Send less at once.",
        code="too_large",
        bytes=total,
        limit=limits.max_body_bytes,
    )


def _bad_tag(tag: bytes) -> ProtocolError:
    name, slash, major = bytes(tag).partition(b"/")
    if name == b"NPC" and slash and major.isdigit():
        return ProtocolError(
            "The message has another major version of the protocol.",
            f"Use a client and a host that both speak version {m.PROTOCOL.partition('.')[0]}.",
            code="wrong_version",
            protocol=m.PROTOCOL,
        )
    return ProtocolError("The first frame is not the tag.", f"Send {TAG.decode()} first.", code="bad_tag")


def _unpack(body: bytes, limits: Limits) -> dict[str, Any]:
    try:
        data = msgpack.unpackb(
            body,
            raw=False,
            strict_map_key=True,
            max_str_len=limits.max_string_bytes,
            max_array_len=limits.max_list,
            max_map_len=limits.max_map,
            max_bin_len=0,
            max_ext_len=0,
        )
    except (ValueError, TypeError, RecursionError, OverflowError, MemoryError, msgpack.UnpackException) as error:
        raise ProtocolError(
            f"The body cannot be decoded: {type(error).__name__}.",
            "Send one msgpack map of texts, numbers, booleans, lists and maps, within the limits of welcome.",
            code="bad_encoding",
        ) from error
    if not isinstance(data, dict):
        raise ProtocolError("The body is not a map.", "Send one msgpack map.", code="bad_encoding")
    check_plain(data, limits)
    return data


def _refuse_type(data: dict[str, Any], name: object) -> NoReturn:
    if not isinstance(name, str):
        raise ProtocolError("The message has no type.", "Set type to a text.", **_named(data))
    if name in _KNOWN:
        raise ProtocolError(
            f"A message of type {name!r} does not belong here.",
            "Look at which channel and which side sends it.",
            code="wrong_channel",
            **_named(data),
        )
    raise ProtocolError(
        f"There is no message of type {name!r:.80}.",
        "Ignore it, or use a version that knows it.",
        code="unknown_type",
        **_named(data),
    )


def _invalid(error: ValidationError, data: dict[str, Any]) -> ProtocolError:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(map(str, first["loc"]))[:200]
    return ProtocolError(
        f"The field {field!r} of {data['type']} cannot be used: {first['msg']}.",
        "Send what the protocol says of this message.",
        field=field,
        **_named(data),
    )


def _named(data: dict[str, Any]) -> dict[str, Any]:
    """Return what names the message, as far as it can be trusted."""
    named: dict[str, Any] = {}
    if isinstance(data.get("type"), str):
        named["type"] = data["type"][:64]
    identity = data.get("id")
    if isinstance(identity, int) and not isinstance(identity, bool) and 1 <= identity < 2**64:
        named["id"] = identity
    return named
