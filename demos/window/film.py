"""Films of a window: frames are taken on the beat and written in a thread, so that the window is not late for them."""

from __future__ import annotations

import queue
import threading
from typing import Final

import pygame

from npc_sdk.errors import BackendError, NpcError

from .reels import Reel
from .still import Still

# A few moments of patience with a slow disk; then frames are left out, and the one before is shown for longer.
MOST_WAITING: Final = 12


class Film:
    """A film in the making. ``take`` and ``close`` belong to the window's thread.

    Args:
        reel: Where the frames go; used on the film's own thread from now on.
    """

    def __init__(self, reel: Reel) -> None:
        self.reel = reel
        self.skipped = 0
        self.error: NpcError | None = None
        self._began_ms: float | None = None
        self._next = 0
        self._waiting: queue.Queue[tuple[int, Still] | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._write, name="film", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether more frames are wanted: nothing went wrong, and the film is not as long as it may be."""
        return self.error is None and self._next < self.reel.most_frames

    def take(self, surface: pygame.Surface, now_ms: float) -> None:
        """Take a frame, if it is time for one; never waits."""
        if self._began_ms is None:
            self._began_ms = now_ms
        index = int((now_ms - self._began_ms) * self.reel.fps / 1000.0 + 0.5)
        if index < self._next or not self.is_open:
            return
        self._next = index + 1
        try:
            self._waiting.put_nowait((index, Still.of(surface)))
        except queue.Full:
            self.skipped += 1

    def close(self) -> None:
        """Write what is left and finish the file; takes as long as that takes.

        Raises:
            NpcError: The film could not be written.
        """
        self._waiting.put(None)
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _write(self) -> None:
        written, last = 0, None
        while (item := self._waiting.get()) is not None:
            index, still = item
            if self.error is None:
                # The time of frames that were left out is filled with the one before.
                self._add(*[last or still] * (index - written), still)
            written, last = index + 1, still
        self._end()

    def _add(self, *stills: Still) -> None:
        try:
            for still in stills:
                self.reel.add(still)
        except Exception as error:  # a thread that has ended would have the window wait for it without end
            self.error = _known(error)

    def _end(self) -> None:
        if self.error is None:
            try:
                self.reel.finish()
            except Exception as error:  # the window has to learn of it
                self.error = _known(error)
        if self.error is not None:
            self.reel.abandon()


def _known(error: Exception) -> NpcError:
    """Return an error as one of ours."""
    if isinstance(error, NpcError):
        return error
    return BackendError(f"The film cannot be made: {error!r:.200}.", "Record another kind of film.", code="film_failed")
