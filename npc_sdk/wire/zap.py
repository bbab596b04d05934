"""Lets only clients with a listed key connect: the answering side of ZeroMQ's authentication protocol (ZAP, RFC 27)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

ENDPOINT = "inproc://zeromq.zap.01"
DOMAIN = b"npc"

_VERSION = b"1.0"


def zap_answer(frames: Sequence[bytes], is_allowed: Callable[[str], bool]) -> list[bytes] | None:
    """Return the answer to a question of ZeroMQ, or None when it cannot be answered.

    Args:
        frames: Version, request id, domain, address, identity, mechanism, and the public key.
        is_allowed: Whether a client with this public key (Z85) may connect.
    """
    import zmq.utils.z85

    if len(frames) < 6 or frames[0] != _VERSION:
        return None
    request_id, domain, mechanism = frames[1], frames[2], frames[5]
    if domain != DOMAIN or mechanism != b"CURVE" or len(frames) != 7 or len(frames[6]) != 32:
        return _verdict(request_id, b"")
    key = zmq.utils.z85.encode(frames[6]).decode("ascii")
    return _verdict(request_id, key.encode("ascii") if is_allowed(key) else b"")


def _verdict(request_id: bytes, user: bytes) -> list[bytes]:
    status, text = (b"200", b"OK") if user else (b"400", b"No access")
    return [_VERSION, request_id, status, text, user, b""]
