"""Bars on standard error while something takes long; nothing at all where no person looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from npc_sdk.cli.console import notes


@contextmanager
def byte_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that takes the bytes done and the bytes in all."""
    if not sys.stderr.isatty():
        yield _ignore_bytes
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=notes(), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


@contextmanager
def share_progress(title: str) -> Iterator[Callable[[float], None]]:
    """Give a function that takes the share that is done, 0 to 1; it may be called from any thread."""
    if not sys.stderr.isatty():
        yield _ignore_share
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=notes(), transient=True) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda share: progress.update(task, completed=share)


@contextmanager
def count_progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give a function that takes how many are done, and of how many; shows the time left, for what takes long.

    Where no person looks it tells each tenth in a line of its own.
    """
    if not sys.stderr.isatty():
        yield _Tenths(title).tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes(), transient=True, speed_estimate_period=600) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


class _Tenths:
    """Tells how far something is, ten times. Not thread safe."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._told = -1
        self._began: tuple[float, int] | None = None

    def tell(self, done: int, total: int) -> None:
        """Take how many are done, and of how many."""
        self._began = self._began or (monotonic(), done)
        tenths = 10 * done // max(1, total)
        if tenths == self._told:
            return
        self._told = tenths
        began_s, first = self._began
        text = f"{self._title}: {done} of {total}"
        if first < done < total:
            left_s = (monotonic() - began_s) / (done - first) * (total - done)
            text += f", about {left_s / 60:.0f} min left" if left_s >= 90 else f", about {left_s:.0f} s left"
        notes().out(text, style="dim")


def _ignore_bytes(done: int, total: int) -> None:
    """Nobody looks."""


def _ignore_share(share: float) -> None:
    """Nobody looks."""
