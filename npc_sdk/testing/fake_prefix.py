"""Which prompt tokens a fake engine still knows: the simplest rule that a real one also keeps."""

from __future__ import annotations

from collections.abc import Sequence

from npc_sdk.engine.request import Request


class FakePrefixes:
    """Remembers each sequence's tokens and kept boundaries. Not thread safe; owned by the fake engine.

    Args:
        remembers: Most boundaries, the latest ones; None is all.
    """

    def __init__(self, remembers: int | None = None) -> None:
        self._live: dict[str, tuple[int, ...]] = {}
        self._kept: dict[tuple[int, ...], None] = {}
        self._limit = remembers
        self._parked: set[str] = set()

    def read(self, request: Request) -> tuple[int, str]:
        """Read a prompt; returns how many of its tokens were known, and from where.

        At least the last token is always read.
        """
        limit = len(request.tokens) - 1
        own = min(limit, _shared(self._live.get(request.sequence, ()), request.tokens))
        forked = max((len(kept) for kept in self._kept if kept == request.tokens[: len(kept)]), default=0)
        own_source = "memory" if request.sequence in self._parked else "slot"
        self._live[request.sequence] = request.tokens
        self._parked.discard(request.sequence)
        self._kept.update(dict.fromkeys(request.tokens[: boundary.length] for boundary in request.boundaries))
        while self._limit is not None and len(self._kept) > self._limit:
            del self._kept[next(iter(self._kept))]
        if own == 0 and forked == 0:
            return 0, "none"
        return (own, own_source) if own >= min(limit, forked) else (min(limit, forked), "fork")

    def speak(self, sequence: str, tokens: Sequence[int]) -> None:
        """Add generated tokens to a sequence."""
        self._live[sequence] = (*self._live.get(sequence, ()), *tokens)

    def park(self, sequence: str) -> None:
        """Remember that a sequence lost its slot."""
        if sequence in self._live:
            self._parked.add(sequence)

    def forget(self, sequence: str) -> None:
        """Drop a sequence."""
        self._live.pop(sequence, None)
        self._parked.discard(sequence)

    def drop_all(self) -> None:
        """Drop everything, as a crash does."""
        self._live.clear()
        self._kept.clear()
        self._parked.clear()

    @property
    def counts(self) -> tuple[int, int]:
        """Live and parked sequences."""
        return len(self._live) - len(self._parked), len(self._parked)


def _shared(first: Sequence[int], second: Sequence[int]) -> int:
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))
