"""Tracks of a trace: what runs at the same time lies side by side, since spans of one track may not overlap."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lane:
    """A track.

    Args:
        pid: Number of its group.
        tid: Its own number.
        name: What it shows.
    """

    pid: int
    tid: int
    name: str


class Lanes:
    """Gives out tracks of one group. Not thread safe.

    Args:
        pid: Number of the group.
        first: Number of its first track.
    """

    def __init__(self, pid: int, *, first: int = 1) -> None:
        self._pid = pid
        self._next = first
        self._all: list[Lane] = []
        self._free: dict[Hashable, list[Lane]] = {}

    @property
    def all(self) -> tuple[Lane, ...]:
        """Every track so far."""
        return tuple(self._all)

    def take(self, key: Hashable, name: str) -> tuple[Lane, bool]:
        """Return a track that is free, and whether it is new.

        Args:
            key: Whose tracks; each has its own.
            name: What a new one is called.
        """
        free = self._free.setdefault(key, [])
        if free:
            return free.pop(), False
        lane = Lane(self._pid, self._next, name)
        self._next += 1
        self._all.append(lane)
        return lane, True

    def give_back(self, key: Hashable, lane: Lane) -> None:
        """Let somebody else have a track; the one with the smallest number goes first."""
        free = self._free.setdefault(key, [])
        free.append(lane)
        free.sort(key=lambda each: -each.tid)
