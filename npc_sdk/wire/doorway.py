"""Who gets into a host: what a stranger may send, and whose hello is refused."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace

from npc_sdk.errors import NpcError
from npc_sdk.wire import failures
from npc_sdk.wire import messages as m
from npc_sdk.wire.bucket import Bucket
from npc_sdk.wire.limits import DEFAULT_LIMITS, Limits

BODY_BYTES = 65_536
VALUES = 8192
LIST = 1024
ANSWERS_PER_S = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """How a host answers.

    Args:
        limits: What each session may do.
        token: What a hello must bring; None when the connection itself was authenticated.
        max_sessions: Most sessions at once.
        host: What welcome says of this host.
    """

    limits: Limits = DEFAULT_LIMITS
    token: str | None = None
    max_sessions: int = 256
    host: m.Host = field(default_factory=m.Host)


class Doorway:
    """Looks at strangers and remembers nothing of them. Not thread safe; owned by the host's core.

    Args:
        config: How the host answers.
    """

    def __init__(self, config: HostConfig) -> None:
        self.is_closed = False
        self.limits = replace(
            config.limits,
            max_body_bytes=min(config.limits.max_body_bytes, BODY_BYTES),
            max_values=min(config.limits.max_values, VALUES),
            max_list=min(config.limits.max_list, LIST),
        )
        self._config = config
        self._answers = Bucket(per_s=ANSWERS_PER_S, burst=ANSWERS_PER_S)

    def may_answer(self, now_ms: float) -> bool:
        """Whether a stranger may be answered now; all of them share one quota."""
        return self._answers.take(1, now_ms)

    def refusal(self, hello: m.Hello, attempt: int, *, others: int) -> NpcError | None:
        """Return why a hello is refused, or None.

        Args:
            hello: What came.
            attempt: The last one of the session that the hello would take up, 0 when there is none.
            others: Sessions beside the one that it would take up or replace.
        """
        token = self._config.token
        if token is not None and not hmac.compare_digest(token.encode(), (hello.token or "").encode()):
            return failures.bad_token()
        if hello.protocol.partition(".")[0] != m.PROTOCOL.partition(".")[0]:
            return failures.wrong_version(hello.protocol)
        if self.is_closed:
            return failures.closing()
        if hello.attempt <= attempt:
            return failures.stale_attempt()
        return failures.too_many_sessions() if others >= self._config.max_sessions else None
