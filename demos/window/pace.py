"""A steady beat for frames."""

from __future__ import annotations

import time
from collections.abc import Callable


class Beat:
    """Waits from frame to frame and tells how long the work in between took. Not thread safe.

    Args:
        clock: Seconds that only go forward.
        sleep: Waits for some seconds.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._next_s = self._began_s = clock()

    def wait(self, period_ms: float) -> float:
        """Wait for the next frame and return the moment in milliseconds.

        A frame that is late begins at once, and those after it keep their distance from it: nothing is caught up on.

        Args:
            period_ms: From this frame to the next one.
        """
        left_s = self._next_s - self._clock()
        if left_s > 0:
            self._sleep(left_s)
        self._began_s = self._clock()
        # Waking up late is not the frame's fault and must not shift the beat; a late frame does.
        start_s = self._next_s if left_s > 0 else self._began_s
        self._next_s = start_s + period_ms / 1000.0
        return self._began_s * 1000.0

    @property
    def work_ms(self) -> float:
        """How long it has been since the last wait."""
        return (self._clock() - self._began_s) * 1000.0
