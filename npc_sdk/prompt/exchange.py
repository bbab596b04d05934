"""Exchanges: a player's line and everything that an npc did because of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from npc_sdk.prompt.compiler import UserTurn
from npc_sdk.prompt.heard import Answer, Reply
from npc_sdk.prompt.token_cache import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One message of an exchange after the player's.

    Attributes:
        kind: ``npc`` for an answer, ``result`` for what came of its calls.
        texts: What was said (one text), or the results.
        tokens: The whole message.
        reply: What was kept of an answer.
        answer: What was generated, as long as it may still be cut.
    """

    kind: Literal["npc", "result"]
    texts: tuple[str, ...]
    tokens: Tokens
    reply: Reply | None = None
    answer: Answer | None = None


@dataclass(kw_only=True, slots=True)
class Exchange:
    """A player's line and everything that the npc did because of it.

    Attributes:
        user: The line; None when the npc spoke first.
        steps: Answers and results in order.
    """

    user: UserTurn | None
    steps: list[Step] = field(default_factory=list)

    def tokens(self, *, volatile: bool = False) -> Tokens:
        """Return the tokens of all messages, with or without what the npc noticed when it was asked."""
        said = () if self.user is None else self.user.volatile if volatile else self.user.stable
        return said + tuple(token for step in self.steps for token in step.tokens)


def oldest_to_drop(sizes: Sequence[int], room: int) -> int:
    """Return how many of the oldest exchanges must go so that the rest fits, at least a quarter of all tokens.

    Args:
        sizes: Tokens of each exchange, oldest first.
        room: Tokens that there is room for.
    """
    total = sum(sizes)
    dropped = 0
    for count, size in enumerate(sizes, start=1):
        dropped += size
        # At least a quarter at once: every drop makes the engine read the rest of the history again.
        if total - dropped <= room and dropped * 4 >= total:
            return count
    return len(sizes)
