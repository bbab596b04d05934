"""What a series of looks at a card's free memory says about a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from npc_sdk.bench.gpu.card import STILL_BYTES

SHARE_GIVEN: Final = 0.95
LEAST_BYTES: Final = 4 * STILL_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a change gave back to the card, and when.

    Args:
        n_bytes: How much more was free at the end than before; negative when it is less.
        first_ms: From the call until nearly all of it was free for the first time; None when it was too little to tell.
        settled_ms: From the call until it was free for good.
        most_bytes: The most that was free in between, beyond what was free before.
    """

    n_bytes: int
    first_ms: float | None
    settled_ms: float | None
    most_bytes: int


def given_back(
    samples: Sequence[tuple[float, int]], called_s: float, before_bytes: int, enough_bytes: int | None = None
) -> Given:
    """Return what samples of free memory say about a change.

    Args:
        samples: Moments in seconds and bytes that were free then, in order.
        called_s: When the change was called for.
        before_bytes: What was free before.
        enough_bytes: What has to be free; None takes nearly all that is free at the end.
    """
    seen = [(at_s, free) for at_s, free in samples if at_s >= called_s]
    if not seen:
        return Given(n_bytes=0, first_ms=None, settled_ms=None, most_bytes=0)
    at_end = int(median(free for _, free in seen[-max(1, len(seen) // 10) :]))
    gained = at_end - before_bytes
    most = max(free for _, free in seen) - before_bytes
    enough = before_bytes + SHARE_GIVEN * gained if enough_bytes is None else enough_bytes
    if gained < LEAST_BYTES or at_end < enough:
        return Given(n_bytes=gained, first_ms=None, settled_ms=None, most_bytes=most)
    first_s = next(at_s for at_s, free in seen if free >= enough)
    late = [index for index, (_, free) in enumerate(seen) if free < enough]
    settled_s = seen[min(late[-1] + 1, len(seen) - 1)][0] if late else seen[0][0]
    return Given(
        n_bytes=gained,
        first_ms=(first_s - called_s) * 1000,
        settled_ms=(settled_s - called_s) * 1000,
        most_bytes=most,
    )
