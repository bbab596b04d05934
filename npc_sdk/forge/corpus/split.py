"""Which words and phrasings belong to training and which only to evaluation.

Two rules, both without state: a table of phrasings is cut by the hash of its rows, and a word made from syllables
belongs to the split that its own hash names. So no list of used words has to be kept, and generation stays parallel.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "held_out"]

_HELD_OUT_SHARE = 5
_MADE_SHARE = 4


def split_of(made: str) -> Split:
    """Return the split that a made word or name belongs to; letter case does not matter."""
    return "held_out" if zlib.crc32(b"made:" + made.lower().encode()) % _MADE_SHARE == 0 else "train"


def _hash(row: str) -> int:
    return zlib.crc32(row.encode())


def _least_new(rows: list[str], candidates: list[str]) -> str:
    seen = Counter(word for row in rows for word in set(_words(row)))
    return min(candidates, key=lambda row: (sum(seen[word] < 2 for word in _words(row)), _hash(row)))


def _words(row: str) -> list[str]:
    return re.findall(r"[\w']+", row.lower())


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words or phrasings, cut into a part for each split."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]

    @classmethod
    def of(cls, *rows: str) -> Table:
        """Cut phrasings: one in five, at least one, is held out.

        The first rows are the plainest and stay in training. Of the others those are held out whose words training
        keeps in other rows, so that evaluation puts known words in a new way; then the hash decides.

        Args:
            rows: At least two different rows.
        """
        left = list(dict.fromkeys(rows))
        plainest = left[: min(4, len(left) // 2)]
        taken: list[str] = []
        for _ in range(max(1, round(len(left) / _HELD_OUT_SHARE))):
            row = _least_new(left, [row for row in left if row not in plainest])
            left.remove(row)
            taken.append(row)
        return cls(train=tuple(left), held_out=tuple(taken))

    @classmethod
    def words(cls, text: str) -> Table:
        """Cut a list of words or short terms separated by commas; one in five is held out, by its hash."""
        unique = {word.strip(): None for word in text.replace("\n", " ").split(",") if word.strip()}
        ordered = sorted(unique, key=_hash)
        count = max(1, len(ordered) // _HELD_OUT_SHARE)
        return cls(train=tuple(ordered[count:]), held_out=tuple(ordered[:count]))

    @classmethod
    def lines(cls, text: str) -> Table:
        """Cut a text with one phrasing a line."""
        return cls.of(*lines(text))

    def with_training(self, rows: Iterable[str]) -> Table:
        """Return the table with more rows in the training part; what is held out stays."""
        known = {*self.train, *self.held_out}
        return Table(train=(*self.train, *(row for row in rows if row not in known)), held_out=self.held_out)

    def with_wordings(self, rows: Iterable[str]) -> Table:
        """Return the table with more rows in the training part, of which half of the draws come from then on."""
        known = {*self.train, *self.held_out}
        new = tuple(row for row in rows if row not in known)
        return Table(train=self.train * max(1, len(new) // len(self.train)) + new, held_out=self.held_out)

    def part(self, split: Split) -> tuple[str, ...]:
        """Return the rows of one split."""
        return self.train if split == "train" else self.held_out


def lines(text: str) -> tuple[str, ...]:
    """Return the rows of a text that has one phrasing a line."""
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


def join(parts: Iterable[str]) -> str:
    """Join sentences with one blank, leaving out empty ones."""
    return " ".join(part for part in parts if part)
