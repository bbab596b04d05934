"""How a client of the protocol behaves."""

from __future__ import annotations

from dataclasses import dataclass, field

from npc_sdk.wire import messages as m


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerConfig:
    """How a client behaves.

    Args:
        instance: Names this run of the client: 1 to 64 random characters of ``A-Za-z0-9_-``.
        owner_key: Whose characters these are; None takes what the host makes.
        token: The token of the connection file.
        client: Who connects.
        seed: Start of the random numbers of the pauses.
        default_deadline_ms: How long a turn without a deadline may take.
        grace_ms: How much longer than its deadline the host's end of a turn is waited for.
        request_timeout_ms: How long other requests wait for their end.
        retry_ms: The first pause before another hello.
        retry_limit_ms: The longest.
    """

    instance: str
    owner_key: str | None = None
    token: str | None = None
    client: m.Client = field(default_factory=m.Client)
    seed: int = 0
    default_deadline_ms: float = 30_000.0
    grace_ms: float = 1000.0
    request_timeout_ms: float = 30_000.0
    retry_ms: float = 500.0
    retry_limit_ms: float = 4000.0
