"""What a host accepts; every client is told in ``welcome``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from npc_sdk.errors import RequestError

# What a client takes from a host, whatever limits the host states.
LARGEST_BODY_BYTES: Final = 16_777_216
LARGEST: Final = 1 << 30
# What a host may be set up with: less, and its own answers would not fit; more, and a mistake costs memory.
SERVED: Final = {
    "max_body_bytes": (16_384, LARGEST_BODY_BYTES),
    "max_depth": (8, 64),
    "max_string_bytes": (1024, LARGEST_BODY_BYTES),
    "max_list": (64, 1_048_576),
    "max_map": (64, 65_536),
    "max_values": (1024, 1_048_576),
    "max_requests": (8, 1_048_576),
    "max_bytes_per_s": (1024, LARGEST),
    "max_burst_bytes": (16_384, LARGEST),
    "max_events_unacked": (8, 1_048_576),
    "max_events_queued": (8, 16_777_216),
    "session_ttl_ms": (1000, LARGEST),
    "ping_ms": (50, 60_000),
    "lost_ms": (500, 600_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one session; all are whole numbers above zero.

    A newer host may state more, an older one fewer; what is not stated has its default.

    Args:
        max_body_bytes: Bytes of a body frame, in both directions.
        max_depth: Lists and maps within each other, the body itself counted as 1.
        max_string_bytes: Bytes of one text in UTF-8.
        max_text_bytes: Bytes of what is said, observed or decided about.
        max_list: Items of one list.
        max_map: Entries of one map.
        max_values: Values in one message altogether.
        max_npcs: Characters of a session.
        max_actions: Actions of one character.
        max_turns: Turns and decisions that run at once.
        max_requests: Requests that run or whose end was not acknowledged.
        max_bytes_per_s: Bytes that a session may send in a second, on average.
        max_burst_bytes: Bytes that it may send at once after a pause.
        max_events_unacked: Items that are sent ahead of what the client has acknowledged.
        max_events_queued: Items that the host keeps for a session; turns pause when it is reached.
        max_bytes_queued: Bytes that the host keeps for a session; turns pause when it is reached.
        slow_reader_ms: How long a session may leave items unacknowledged at that limit before it is ended.
        session_ttl_ms: How long a session without a sign of life is kept.
        ping_ms: How often a client gives a sign of life.
        lost_ms: Silence after which either side holds the connection for lost.
        max_faults: Messages that cannot be used, within a minute, before the session is ended.
    """

    max_body_bytes: int = 262_144
    max_depth: int = 16
    max_string_bytes: int = 32_768
    max_text_bytes: int = 8192
    max_list: int = 4096
    max_map: int = 256
    max_values: int = 32_768
    max_npcs: int = 256
    max_actions: int = 64
    max_turns: int = 64
    max_requests: int = 1024
    max_bytes_per_s: int = 1_048_576
    max_burst_bytes: int = 4_194_304
    max_events_unacked: int = 2048
    max_events_queued: int = 10_000
    max_bytes_queued: int = 8_388_608
    slow_reader_ms: int = 10_000
    session_ttl_ms: int = 300_000
    ping_ms: int = 1000
    lost_ms: int = 3000
    max_faults: int = 100

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise RequestError(
                    f"The limit {field.name} is {value!r:.40}.",
                    "Give a whole number of at least 1.",
                    code="bad_limit",
                    field=field.name,
                )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Limits:
        """Return the limits that another version states: absent ones have their default, others are left out.

        Raises:
            RequestError: A limit is no whole number above zero (``bad_limit``).
        """
        return cls(**{field.name: data[field.name] for field in fields(cls) if field.name in data})

    def require_served(self) -> None:
        """Raise :class:`RequestError` (``bad_limit``) unless a host can work with these limits."""
        for field in fields(self):
            least, most = SERVED.get(field.name, (1, LARGEST))
            value = getattr(self, field.name)
            if not least <= value <= most:
                raise RequestError(
                    f"The limit {field.name} is {value!r:.40}.",
                    f"Give a whole number from {least} to {most}.",
                    code="bad_limit",
                    field=field.name,
                )


DEFAULT_LIMITS = Limits()
