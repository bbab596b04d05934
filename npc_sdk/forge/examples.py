"""Tokenized training examples: shards of them on disk, and batches of them for training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from npc_sdk.forge.storage import check_room, replacing

# All are multiples of the scan's chunk.
LENGTHS = np.asarray((*range(64, 1024, 64), *range(1024, 4097, 128)))


@dataclass(frozen=True, slots=True)
class Example:
    """One tokenized conversation.

    Attributes:
        tokens: All of its tokens.
        loss: For each token how much it counts that the model produces it; 0 is not at all, 255 the most.
        kind: Groups examples in the loss report.
    """

    tokens: Sequence[int]
    loss: Sequence[int]
    kind: str


class ExampleSource(Protocol):
    """Makes the examples of one shard; the same shard number always gives the same examples."""

    def examples(self, shard: int) -> Iterator[Example]:
        """Yield examples; may be endless, the reader takes what it needs."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one padded length.

    Attributes:
        tokens: Inputs, ``[rows, time]``.
        targets: The token after each input.
        loss: How much each target counts.
        kinds: The kind number of each row.
    """

    tokens: NDArray[np.int64]
    targets: NDArray[np.int64]
    loss: NDArray[np.float32]
    kinds: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shard:
    """A few thousand examples end to end.

    Attributes:
        tokens: The tokens of all examples.
        loss: How much each of them counts.
        starts: Where each example starts, and the end of the last.
        kinds: The kind number of each example.
        kind_names: Names by number.
    """

    tokens: NDArray[np.uint16]
    loss: NDArray[np.uint8]
    starts: NDArray[np.int64]
    kinds: NDArray[np.int64]
    kind_names: tuple[str, ...]

    @classmethod
    def of(cls, examples: Iterable[Example]) -> Shard:
        """Pack examples."""
        tokens: list[int] = []
        loss: list[int] = []
        starts, kinds = [0], []
        names: dict[str, int] = {}
        for example in examples:
            tokens.extend(example.tokens)
            loss.extend(example.loss)
            starts.append(len(tokens))
            kinds.append(names.setdefault(example.kind, len(names)))
        return cls(
            np.asarray(tokens, np.uint16),
            np.asarray(loss, np.uint8),
            np.asarray(starts),
            np.asarray(kinds),
            tuple(names),
        )

    def save(self, path: Path) -> None:
        """Write the shard in one step."""
        check_room(path.parent, 3 * len(self.tokens))
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez(
                file,
                tokens=self.tokens,
                loss=self.loss,
                starts=self.starts,
                kinds=self.kinds,
                kind_names=np.asarray(self.kind_names),
            )

    @classmethod
    def load(cls, path: Path) -> Shard:
        """Read what :meth:`save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(data["tokens"], data["loss"], data["starts"], data["kinds"], tuple(map(str, data["kind_names"])))

    def batches(self, budget_tokens: int, seed: int) -> list[list[int]]:
        """Group example numbers into batches of one padded length, in a seeded order.

        Args:
            budget_tokens: Most tokens of a batch, padding counted.
            seed: Decides which examples meet, and the order of the batches.
        """
        random = np.random.default_rng(seed)
        lengths = padded(np.diff(self.starts) - 1)
        groups: list[list[int]] = []
        for length in np.unique(lengths):
            numbers = random.permutation(np.flatnonzero(lengths == length))
            rows = row_count(int(length), budget_tokens)
            groups.extend(numbers[at : at + rows].tolist() for at in range(0, len(numbers), rows))
        random.shuffle(groups)
        return groups

    def batch(self, numbers: Sequence[int], *, padding: int = 0) -> Batch:
        """Return the chosen examples as padded rows."""
        time = int(padded(np.diff(self.starts)[numbers].max() - 1))
        size = (len(numbers), time)
        tokens, targets = np.full(size, padding, np.int64), np.full(size, padding, np.int64)
        loss, kinds = np.zeros(size, np.float32), np.zeros(size[0], np.int64)
        for row, number in enumerate(numbers):
            start, end = self.starts[number], self.starts[number + 1]
            tokens[row, : end - start - 1] = self.tokens[start : end - 1]
            targets[row, : end - start - 1] = self.tokens[start + 1 : end]
            loss[row, : end - start - 1] = self.loss[start + 1 : end]
            kinds[row] = self.kinds[number]
        return Batch(tokens, targets, loss, kinds)


def padded(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the padded length of each length."""
    return LENGTHS[np.searchsorted(LENGTHS, lengths)]


def row_count(length: int, budget_tokens: int) -> int:
    """Return how many rows of a length make a batch."""
    return max(2, budget_tokens // length)
