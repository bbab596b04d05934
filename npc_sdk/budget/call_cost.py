"""What a call of llama.cpp costs by its number of tokens, learned from the calls that were made."""

from __future__ import annotations

_RISE, _FALL = 0.05, 0.2
_SPREAD = 0.1
_UNKNOWN_SLOPE = 0.5


class CallCost:
    """A straight line through measured calls: milliseconds over tokens.

    The line lies low among its points: a call that shared the device with the game took longer than the work
    in it, and it is the work that fills the device. Where all calls had the same size, a smaller one is taken to
    cost as much, and one of twice the size half as much more: most of a small call is reading the weights.

    Not thread safe.
    """

    def __init__(self) -> None:
        self._count = 0
        self._tokens = self._ms = self._variance = self._covariance = 0.0
        self._largest = 0

    @property
    def is_known(self) -> bool:
        """Whether a call was seen."""
        return self._count > 0

    def seen(self, tokens: int, call_ms: float) -> None:
        """Learn from a call."""
        weight = max(1 / (self._count + 1), _RISE if call_ms > self.predict(tokens) else _FALL)
        self._count += 1
        self._largest = max(self._largest, tokens)
        off_tokens, off_ms = tokens - self._tokens, call_ms - self._ms
        self._tokens += weight * off_tokens
        self._ms += weight * off_ms
        self._variance = (1 - weight) * (self._variance + weight * off_tokens * off_tokens)
        self._covariance = (1 - weight) * (self._covariance + weight * off_tokens * off_ms)

    def predict(self, tokens: int) -> float:
        """Return the milliseconds that a call with so many tokens takes; 0 while nothing is known."""
        slope = self._slope(tokens)
        return max(self._ms * 0.1, self._ms + slope * (tokens - self._tokens))

    def largest(self, limit_ms: float, least: int, most: int) -> int:
        """Return the most tokens, from ``least`` to ``most``, whose call takes at most ``limit_ms``.

        The answer is never more than twice what was ever tried, so that a wrong line cannot leap.
        """
        if not self._count:
            return least
        most = max(least, min(most, 2 * self._largest))
        low, high = least, most
        while low < high:
            middle = (low + high + 1) // 2
            if self.predict(middle) <= limit_ms:
                low = middle
            else:
                high = middle - 1
        return low

    def _slope(self, tokens: int) -> float:
        proportional = self._ms / self._tokens if self._tokens else 0.0
        if self._variance > (_SPREAD * self._tokens) ** 2:
            return min(max(self._covariance / self._variance, 0.0), proportional)
        return _UNKNOWN_SLOPE * proportional if tokens > self._tokens else 0.0
