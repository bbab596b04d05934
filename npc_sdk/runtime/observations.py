"""What a character notices, for as long as it matters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Observation:
    text: str
    until_ms: float


class Observations:
    """Short texts with an end. Not thread safe; owned by the runtime's thread.

    Args:
        limit: Most texts; the oldest go first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._items: list[_Observation] = []

    def add(self, text: str, *, until_ms: float) -> None:
        """Note a text; one that is known already lasts anew and counts as the latest."""
        self._items = [item for item in self._items if item.text != text]
        self._items.append(_Observation(text, until_ms))
        self._items = self._items[max(0, len(self._items) - self._limit) :]

    def current(self, now_ms: float) -> tuple[str, ...]:
        """Return the texts that still matter, oldest first."""
        self._items = [item for item in self._items if item.until_ms > now_ms]
        return tuple(item.text for item in self._items)

    def kept(self, now_ms: float) -> tuple[tuple[str, float], ...]:
        """Return the texts that still matter and for how long, oldest first."""
        return tuple((item.text, item.until_ms - now_ms) for item in self._items if item.until_ms > now_ms)
