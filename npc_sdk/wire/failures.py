"""The errors of the protocol: what each code means, and how the cores make them."""

from __future__ import annotations

from npc_sdk.errors import CapacityError, DeadlineError, NpcError, ProtocolError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.limits import Limits

CODES: dict[str, str] = {
    "bad_encoding": "The body is not one msgpack map of plain values, or goes beyond a limit of texts, lists or maps.",
    "bad_frames": "A message has not exactly two frames.",
    "bad_message": "A field is missing or cannot be used; `details.field` names it.",
    "bad_tag": "The first frame is not the tag.",
    "bad_token": "The token of `hello` is wrong.",
    "bye": "The client has ended the session.",
    "closing": "The host is shutting down.",
    "expired": "Nothing was heard of the client for `session_ttl_ms`, or for `lost_ms` while the host was full.",
    "id_forgotten": "The request was acknowledged before; its id cannot be used again.",
    "key_revoked": "The CURVE key of the client was taken from the list.",
    "no_session": "The connection belongs to no session: say `hello` (on the control channel `attach`).",
    "replaced": "Another instance has come with the same owner key. Do not connect again by yourself.",
    "slow_reader": "Too much was kept for a client that does not acknowledge.",
    "stale_attempt": "A hello with this attempt or a later one was answered before.",
    "too_deep": "Lists and maps lie deeper within each other than `max_depth`.",
    "too_fast": "More bytes than `max_bytes_per_s`; `details.retry_after_ms` says when to try again, under a new id.",
    "too_large": "A message has more bytes than `max_body_bytes`.",
    "too_many_actions": "A character declares more actions than `max_actions`.",
    "too_many_faults": "More than `max_faults` messages within a minute could not be used; the session is over.",
    "too_many_npcs": "The session has `max_npcs` characters.",
    "too_many_requests": "More than `max_requests` requests run or were not acknowledged.",
    "too_many_sessions": "The host has as many sessions as it takes, and all their clients are there.",
    "too_many_turns": "As many turns and decisions run as `max_turns` allows.",
    "too_many_values": "A message has more values than `max_values`.",
    "unknown_type": "There is no message of this type in the version that the receiver speaks.",
    "wrong_channel": "A message of this type does not come on this channel, or not from this side.",
    "wrong_version": "The other side speaks another major version; `details.protocol` names it.",
}

LOCAL_CODES: dict[str, str] = {
    "cancelled": "The request was cancelled before it was sent.",
    "closed": "The client was closed.",
    "deadline": "The end of a turn or decision did not come within its deadline and a second.",
    "host_lost": "Nothing was heard of the host for `lost_ms`; ends turns and decisions.",
    "host_restarted": "The session was lost, and with it what became of the request.",
    "no_answer": "The end of another request did not come within 30 s.",
}


def no_session() -> NpcError:
    """Return the error for a stranger."""
    return StateError(
        "This connection belongs to no session.", "Say hello on requests, then attach control.", code="no_session"
    )


def bad_token() -> NpcError:
    """Return the error for a wrong token."""
    return ProtocolError("The token is wrong.", "Read the connection file again.", code="bad_token")


def wrong_version(protocol: str) -> NpcError:
    """Return the error for a client of another major version."""
    return ProtocolError(
        f"The host speaks version {m.PROTOCOL}, not {protocol}.",
        "Use a client and a host of the same major version.",
        code="wrong_version",
        protocol=m.PROTOCOL,
    )


def stale_attempt() -> NpcError:
    """Return the error for a hello that was overtaken by a later one."""
    return ProtocolError("A later hello was answered already.", "Count attempts up.", code="stale_attempt")


def too_many_sessions() -> NpcError:
    """Return the error for one session too many."""
    return CapacityError("The host has too many sessions.", "Try again later.", code="too_many_sessions")


def replaced() -> NpcError:
    """Return the error for an instance whose owner has come with another one."""
    return StateError(
        "Another client has come with the same owner key.", "Use one at a time for each key.", code="replaced"
    )


def said_bye() -> NpcError:
    """Return why a session that the client has left is over."""
    return StateError("The client said goodbye.", code="bye")


def closing() -> NpcError:
    """Return why a host that shuts down takes nobody."""
    return StateError("The host is shutting down.", "Try again when it is back.", code="closing")


def expired() -> NpcError:
    """Return why a session that was left alone is over."""
    return StateError("Nothing was heard for too long.", "Say hello.", code="expired")


def slow_reader() -> NpcError:
    """Return why a session that does not read is over."""
    return CapacityError("The client reads too slowly.", "Read and acknowledge more often.", code="slow_reader")


def id_forgotten() -> NpcError:
    """Return the error for a request that was acknowledged."""
    return ProtocolError("This request was acknowledged already.", "Use a new id.", code="id_forgotten")


def too_many_faults() -> NpcError:
    """Return why a session that sends what cannot be used is over."""
    return ProtocolError(
        "Too many messages of this session could not be used.", "Mend the client.", code="too_many_faults"
    )


def too_many_requests(limits: Limits) -> NpcError:
    """Return the error for one request too many."""
    return CapacityError(
        f"More than {limits.max_requests} requests run or were not acknowledged.",
        "Acknowledge what has arrived, and move below up.",
        code="too_many_requests",
        limit=limits.max_requests,
    )


def host_lost() -> NpcError:
    """Return why a turn ends without the host."""
    return StateError("Nothing is heard of the host.", "It is tried again.", code="host_lost")


def host_restarted() -> NpcError:
    """Return why a request ends that a new session does not know."""
    return StateError("The host does not know this request any more.", "Ask again.", code="host_restarted")


def cancelled() -> NpcError:
    """Return why a request ends that was never sent."""
    return StateError("It was cancelled before it was sent.", code="cancelled")


def closed() -> NpcError:
    """Return why a request ends whose client was closed."""
    return StateError("The connection was closed.", "Connect again.", code="closed")


def overdue(*, is_turn: bool) -> NpcError:
    """Return why a request ends whose end did not come."""
    return DeadlineError("No end came in time.", code="deadline" if is_turn else "no_answer")
