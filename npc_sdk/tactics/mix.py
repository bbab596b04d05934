"""The model's opinion and the game's own, as one: a weighted mean of log scores. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

# An option that the model holds for impossible still has a score that can be compared.
_LEAST_SHARE = 1e-12


def log_shares(values: Sequence[float], scale: float = 1.0) -> tuple[float, ...]:
    """Return finite values as log probabilities: the more a value is above the others, the larger its share.

    Args:
        values: One for each option, higher is better.
        scale: The difference of two values that makes one option ``e`` times as likely as the other.
    """
    best = max(values)
    total = math.log(sum(math.exp((value - best) / scale) for value in values))
    return tuple((value - best) / scale - total for value in values)


def mixed_scores(
    probabilities: Sequence[float], utilities: Sequence[float] | None, *, weight: float, scale: float = 1.0
) -> tuple[float, ...]:
    """Return the log score of each option, from what the model and what the game think of it.

    Args:
        probabilities: The model's, one for each option.
        utilities: The game's, one for each option, higher is better; None leaves the model alone.
        weight: How much the game's opinion counts, from 0 (not at all) to 1 (alone).
        scale: As for :func:`log_shares`.
    """
    model = [math.log(max(share, _LEAST_SHARE)) for share in probabilities]
    if utilities is None:
        return tuple(model)
    game = log_shares(utilities, scale)
    return tuple((1.0 - weight) * ours + weight * theirs for ours, theirs in zip(model, game, strict=True))


def best_index(scores: Sequence[float]) -> int:
    """Return the position of the highest score; of several alike, the first."""
    return max(range(len(scores)), key=scores.__getitem__)
