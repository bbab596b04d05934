"""How the measurements of the wire are run, and folders that they leave no trace in."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one run is made.

    Args:
        quick: Short loads, three of each fault, and few messages.
        seed: Makes everything that is left to chance.
        report: Called with a line of progress.
        repeats: How often each fault happens; None is 3 when quick and 50 otherwise.
        messages: Messages of the fuzzing altogether; None is 20,000 when quick and 1,000,000 otherwise.
        load_s: Length of the steady load; None is 5 when quick and 60 otherwise.
        faults: Names of the faults; None is all of them.
    """

    quick: bool = False
    seed: int = 1
    report: Callable[[str], None] = lambda line: None
    repeats: int | None = None
    messages: int | None = None
    load_s: float | None = None
    faults: tuple[str, ...] | None = None

    @property
    def times(self) -> int:
        """How often each fault happens."""
        return self.repeats or (3 if self.quick else 50)

    @property
    def fuzz_messages(self) -> int:
        """Messages of the fuzzing altogether."""
        return self.messages or (20_000 if self.quick else 1_000_000)

    @property
    def steady_s(self) -> float:
        """Length of the steady load."""
        return self.load_s or (5.0 if self.quick else 60.0)


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Make a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="npc-bench-", ignore_cleanup_errors=True) as name:
        yield Path(name)
