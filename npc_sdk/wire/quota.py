"""What one session may begin: counts of what runs, and rates of what comes in."""

from __future__ import annotations

from npc_sdk.errors import CapacityError, NpcError
from npc_sdk.wire import messages as m
from npc_sdk.wire.bucket import Bucket
from npc_sdk.wire.limits import Limits

TURNS = (m.NpcSay, m.NpcDecide)


class Quota:
    """Counts for one session. Not thread safe; owned by its session.

    Args:
        limits: What holds for it.
    """

    def __init__(self, limits: Limits) -> None:
        self.npcs: set[str] = set()
        self.running: dict[int, m.Request] = {}
        self._limits = limits
        self._turns = 0
        self._spawning = 0
        self._cancels: dict[int, None] = {}
        self._bytes = Bucket(per_s=limits.max_bytes_per_s, burst=limits.max_burst_bytes)
        self._faults = Bucket(per_s=limits.max_faults / 60.0, burst=limits.max_faults)

    @property
    def turns(self) -> int:
        """Turns and decisions that run."""
        return self._turns

    def takes_bytes(self, size: int, now_ms: float) -> bool:
        """Count bytes that came in; False when there were too many of late."""
        return self._bytes.take(size, now_ms)

    def takes_fault(self, now_ms: float) -> bool:
        """Count a message that could not be used; False when there were too many of late."""
        return self._faults.take(1, now_ms)

    def too_fast(self, size: int, now_ms: float) -> NpcError:
        """Return the error for bytes that were too many."""
        return CapacityError(
            f"More than {self._limits.max_bytes_per_s} bytes a second came in.",
            "Send less, and send this again later under a new id.",
            code="too_fast",
            retry_after_ms=round(self._bytes.wait_ms(size, now_ms)),
        )

    def refusal(self, request: m.Request) -> NpcError | None:
        """Return why a request cannot begin now, or None."""
        limits = self._limits
        if isinstance(request, TURNS) and self._turns >= limits.max_turns:
            return _full("turns and decisions run", "too_many_turns", limits.max_turns)
        if isinstance(request, m.NpcSpawn):
            if len(self.npcs) + self._spawning >= limits.max_npcs:
                return _full("characters are in the session", "too_many_npcs", limits.max_npcs)
            if len(request.actions) > limits.max_actions:
                return _full("actions are declared", "too_many_actions", limits.max_actions)
        return None

    def begin(self, request: m.Request) -> None:
        """Count a request that begins."""
        self.running[request.id] = request
        self._turns += isinstance(request, TURNS)
        self._spawning += isinstance(request, m.NpcSpawn)

    def cancel_early(self, id: int) -> None:
        """Keep a cancel that has overtaken its request; of too many, the oldest are dropped."""
        self._cancels[id] = None
        if len(self._cancels) > self._limits.max_turns:
            del self._cancels[next(iter(self._cancels))]

    def takes_cancel(self, id: int) -> bool:
        """Whether a request was cancelled before it arrived."""
        return self._cancels.pop(id, 0) is None

    def end(self, id: int, result: m.Result | None) -> bool:
        """Count the end of a request; False when it does not run."""
        request = self.running.pop(id, None)
        if request is None:
            return False
        self._turns -= isinstance(request, TURNS)
        self._spawning -= isinstance(request, m.NpcSpawn)
        if isinstance(result, m.NpcResultBody):
            self.npcs.add(result.npc)
        elif isinstance(request, m.NpcDespawn) and result is not None:
            self.npcs.discard(request.npc)
        return True


def _full(what: str, code: str, limit: int) -> NpcError:
    return CapacityError(
        f"Too many {what}: the limit is {limit}.", "Wait for some to end, or use fewer.", code=code, limit=limit
    )
