"""What a character notices from step to step, when each step says it anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from npc_sdk.runtime import Npc

# Long enough to reach the next line on a busy machine, short enough to wait for its end.
_LASTS_MS = 300.0


class Noticing:
    """Tells a character what it notices, and lets what it noticed before be over.

    Not thread safe; one conversation owns it.

    Args:
        npc: The character.
        sleep: Lets the runtime's clock run on for so many seconds.
    """

    def __init__(self, npc: Npc, sleep: Callable[[float], None] = time.sleep) -> None:
        self._npc = npc
        self._sleep = sleep
        self._told: frozenset[str] = frozenset()

    def set(self, observations: Sequence[str]) -> None:
        """Have the character notice these things and nothing else."""
        if self._told - set(observations):
            self._sleep(_LASTS_MS / 1000.0)
        for text in observations:
            self._npc.observe(text, ttl_ms=_LASTS_MS)
        self._told = frozenset(observations)
