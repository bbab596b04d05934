"""Bars on standard error while something takes long; nothing at all where no person looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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


def _ignore_bytes(done: int, total: int) -> None:
    """Nobody looks."""


def _ignore_share(share: float) -> None:
    """Nobody looks."""
