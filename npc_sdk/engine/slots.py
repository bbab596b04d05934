"""Live sequences and the cells they hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from npc_sdk.engine.state import Tokens


class TokenBuffer:
    """Token ids that grow at the end; a numpy array without a copy for each append."""

    def __init__(self) -> None:
        self._data = np.empty(64, dtype=np.int32)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def view(self) -> Tokens:
        """Return the tokens; valid until the next change."""
        return self._data[: self._length]

    def extend(self, tokens: Tokens | list[int]) -> None:
        """Add tokens at the end."""
        end = self._length + len(tokens)
        if end > len(self._data):
            grown = np.empty(max(end, 2 * len(self._data)), dtype=np.int32)
            grown[: self._length] = self.view()
            self._data = grown
        self._data[self._length : end] = tokens
        self._length = end

    def cut(self, length: int) -> None:
        """Keep the first tokens."""
        self._length = min(self._length, length)


@dataclass(slots=True, eq=False)
class Slot:
    """One of llama.cpp's sequences.

    Attributes:
        id: llama.cpp's sequence id.
        sequence: Whose state it holds, or None when it is empty.
        tokens: What it has read and spoken.
        is_busy: Whether a request runs in it.
        last_used: Step of the last use.
    """

    id: int
    sequence: str | None = None
    tokens: TokenBuffer = field(default_factory=TokenBuffer)
    is_busy: bool = False
    last_used: int = 0


@dataclass(slots=True, eq=False)
class _Span:
    length: int
    owners: int = 1


class CellLedger:
    """Counts cells as llama.cpp's unified cache uses them: what sequences share counts once.

    Not thread safe; owned by the engine thread.

    Args:
        cells: Cells in the context.
    """

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self._spans: dict[int, list[_Span]] = {}
        self._reserved: dict[int, int] = {}

    def length(self, slot: int) -> int:
        """Return the tokens of a slot."""
        return sum(span.length for span in self._spans.get(slot, ()))

    @property
    def used(self) -> int:
        """Cells that hold tokens."""
        return self.held_by(self._spans)

    def held_by(self, slots: Iterable[int]) -> int:
        """Return the cells that hold tokens of these slots; what they share counts once."""
        unique = {id(span): span.length for slot in slots for span in self._spans.get(slot, ())}
        return sum(unique.values())

    @property
    def promised(self) -> int:
        """Cells that busy slots may still need."""
        return self.promised_to(self._reserved)

    def promised_to(self, slots: Iterable[int]) -> int:
        """Return the cells that these slots may still need."""
        return sum(max(0, self._reserved.get(slot, 0) - self.length(slot)) for slot in slots)

    @property
    def available(self) -> int:
        """Cells that are neither used nor promised."""
        return self.cells - self.used - self.promised

    def reserve(self, slot: int, worst: int) -> None:
        """Promise a slot room for so many tokens in all."""
        self._reserved[slot] = worst

    def settle(self, slot: int) -> None:
        """Take back the promise; what the slot holds stays counted."""
        self._reserved.pop(slot, None)

    def grow(self, slot: int, tokens: int) -> None:
        """Count new tokens of a slot."""
        spans = self._spans.setdefault(slot, [])
        if spans and spans[-1].owners == 1:
            spans[-1].length += tokens
        elif tokens:
            spans.append(_Span(tokens))

    def cut(self, slot: int, length: int) -> None:
        """Count only the first tokens of a slot."""
        spans = self._spans.get(slot, [])
        kept, position = [], 0
        for span in self._split_at(spans, length):
            if position < length:
                kept.append(span)
            else:
                span.owners -= 1
            position += span.length
        self._spans[slot] = kept

    def share(self, source: int, target: int, length: int) -> None:
        """Let an empty slot hold the first tokens of another one's cells."""
        taken, position = [], 0
        for span in self._split_at(self._spans.get(source, []), length):
            if position >= length:
                break
            span.owners += 1
            taken.append(span)
            position += span.length
        self._spans[target] = taken

    def release(self, slot: int) -> None:
        """Count a slot as empty."""
        for span in self._spans.pop(slot, ()):
            span.owners -= 1
        self.settle(slot)

    def _split_at(self, spans: Iterable[_Span], length: int) -> list[_Span]:
        """Return the spans with a border at ``length``; a span that others hold too is split for all."""
        result, position = [], 0
        for span in list(spans):
            end = position + span.length
            result.append(span)
            if position < length < end:
                rest = _Span(end - length, span.owners)
                for others in self._spans.values():
                    if span in others:
                        others.insert(others.index(span) + 1, rest)
                span.length = length - position
                result.append(rest)
            position = end
        return result
