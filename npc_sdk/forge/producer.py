"""A background process that keeps shards of examples ready, so that training never waits for text."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from npc_sdk.errors import BackendError, RequestError
from npc_sdk.forge.examples import Example, ExampleSource, Shard

POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardPlan:
    """How shards are cut.

    Attributes:
        examples: Examples of a shard.
        longest: Longer examples are left out.
        ahead: Shards that are kept ready.
    """

    examples: int = 1024
    longest: int = 1152
    ahead: int = 4


def shard_path(folder: Path, shard: int) -> Path:
    """Return where a shard lies."""
    return folder / f"shard-{shard:06d}.npz"


def make_shard(source: ExampleSource, plan: ShardPlan, shard: int) -> Shard:
    """Draw the examples of one shard.

    Raises:
        RequestError: With code ``empty_corpus`` when hardly any example fits.
    """
    limit = plan.longest
    taken: list[Example] = []
    # Far more are looked at than needed, so that a corpus whose examples are all too long ends in an error.
    for example in islice(source.examples(shard), plan.examples * 50):
        if 2 <= len(example.tokens) <= limit + 1 and any(example.loss[1:]):
            taken.append(example)
        if len(taken) == plan.examples:
            break
    if not taken:
        raise RequestError(
            f"The corpus has no examples of at most {limit} tokens for shard {shard}.",
            "Choose another seed, or a longer limit.",
            code="empty_corpus",
            shard=shard,
        )
    return Shard.of(taken)


class Producer:
    """Owns the process. Not thread-safe; owned by the training loop."""

    def __init__(self, folder: Path, source: ExampleSource, plan: ShardPlan, first: int) -> None:
        self._folder = folder
        self._plan = plan
        folder.mkdir(parents=True, exist_ok=True)
        context = multiprocessing.get_context("spawn")
        self._wanted = context.Value("q", first)
        self._process = context.Process(
            target=_run,
            args=(folder, source, plan, first, self._wanted, os.getpid()),
            daemon=True,
            name="npc-forge-corpus",
        )
        self._process.start()

    def take(self, shard: int) -> Shard:
        """Return a shard, waiting until it is there, and forget the ones before it.

        Raises:
            BackendError: With code ``corpus_failed`` when the process has ended; its log says why.
        """
        with self._wanted.get_lock():
            self._wanted.value = shard
        path = shard_path(self._folder, shard)
        while not path.exists():
            if not self._process.is_alive():
                raise BackendError(
                    f"The corpus process ended with status {self._process.exitcode} before shard {shard} was there.",
                    f"See {str(self._folder / 'error.txt')!r} for the reason.",
                    code="corpus_failed",
                )
            time.sleep(POLL_SECONDS)
        for older in self._folder.glob("shard-*.npz"):
            if older < shard_path(self._folder, shard - 1):
                older.unlink(missing_ok=True)
        return Shard.load(path)

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join(5.0)


def _run(folder: Path, source: ExampleSource, plan: ShardPlan, first: int, wanted: object, parent: int) -> None:
    shard = first
    try:
        while os.getppid() == parent:
            if shard > wanted.value + plan.ahead:  # type: ignore[attr-defined]
                time.sleep(POLL_SECONDS)
                continue
            if not shard_path(folder, shard).exists():
                make_shard(source, plan, shard).save(shard_path(folder, shard))
            shard += 1
    except Exception as error:
        (folder / "error.txt").write_text(f"{type(error).__name__}: {error}\n", encoding="utf-8")
        raise
