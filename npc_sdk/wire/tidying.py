"""Has Python look for garbage while nobody waits: with a thousand characters that takes a third of a second."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Final

# What stands in cycles is little, so it may wait: for a pause of all turns, and then no longer.
IDLE_AFTER_S: Final = 30.0
LATEST_AFTER_S: Final = 900.0
_NEVER: Final = 1_000_000


class Tidying:
    """Replaces Python's own full collections; for a process that serves and does nothing else.

    Not thread safe; owned by the main thread. Young garbage is collected as always.

    Args:
        now_s: Tells the time.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._last_s = now_s()
        self._before = gc.get_threshold()

    def begin(self) -> None:
        """Set aside what the start has left, which stays as long as the process, and begin."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(self._before[0], self._before[1], _NEVER)
        self._last_s = self._now_s()

    def look(self, is_busy: bool) -> bool:
        """Collect when it is time to; returns whether it did.

        Args:
            is_busy: Whether a turn runs, which would have to wait.
        """
        passed_s = self._now_s() - self._last_s
        if passed_s < (LATEST_AFTER_S if is_busy else IDLE_AFTER_S):
            return False
        gc.collect()
        self._last_s = self._now_s()
        return True

    def end(self) -> None:
        """Leave it to Python again."""
        gc.set_threshold(*self._before)
        gc.unfreeze()
