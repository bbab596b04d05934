"""The host while a game runs: what it says, and what the player's keys do to it."""

from __future__ import annotations

from collections.abc import Callable

from ..drawing.notice import NoticeKind
from ..figures.checked import part, whole
from ..figures.figures import Figures
from ..havoc import kill
from .minds import Minds
from .news import words_of
from .room import reserve_mib


class HostControl:
    """Passes on what the host says, and does to it what the player wants. Not thread safe; owned by the game's loop.

    Args:
        minds: The host; None when no side is played by a model.
        figures: Take what it says.
        notice: Shows a line of news.
    """

    def __init__(self, minds: Minds | None, figures: Figures, notice: Callable[[str, NoticeKind], None]) -> None:
        self._minds, self._figures, self._notice = minds, figures, notice
        self._is_reserved = self._was_found = False
        self._reserve_mib: int | None = None
        self._engine_pid: int | None = None

    @property
    def is_gone(self) -> bool:
        """Whether there was a host, and it or its engine has ended for good."""
        return self._minds is not None and (self._minds.is_gone or self._figures.has_no_engine)

    def renew(self) -> None:
        """Take note that another host is there, of which nothing was asked yet."""
        self._is_reserved = False

    def listen(self, now_ms: float) -> None:
        """Take in what the host says; once a frame, never waits."""
        if self._minds is None:
            return
        self._minds.poll()
        for kind, data in self._minds.news():
            self._figures.news(kind, data, now_ms)
            step = self._figures.gauges(now_ms).last_step if kind == "budget_step" else ""
            words = words_of(kind, data, step=step, is_first=not self._was_found)
            self._was_found = self._was_found or kind == "host_found"
            if words is not None:
                self._notice(*words)
            if kind == "host_found" and not data.get("is_resumed"):
                self._is_reserved = False
        status = self._minds.figures()
        if status is not None:
            self._figures.take_status(status, now_ms)
            self._engine_pid = whole(part(status, "engine").get("process_id")) or None
            self._reserve_mib = reserve_mib(status) if not self._is_reserved else self._reserve_mib

    def toggle_pacing(self) -> None:
        """Let the model yield to the frame, or not."""
        if self._minds is None:
            self._notice("No side is played by a model.", "news")
            return
        self._minds.is_paced = self._figures.is_paced = not self._minds.is_paced
        if self._minds.is_paced:
            self._notice("The model hears of the frames and yields to them.", "good")
        else:
            self._notice("The model hears of no frames.", "news")

    def toggle_reserve(self, *, is_busy: bool) -> None:
        """Take memory from the model for the game, or give it back.

        Args:
            is_busy: Whether the host is being started.
        """
        if self._minds is None:
            self._notice("No side is played by a model.", "news")
            return
        if is_busy:
            self._notice("The host is being started; try it again when it is there.", "news")
            return
        if self._reserve_mib is None:
            self._notice("Nobody watches over the memory of this host.", "news")
            return
        self._is_reserved = not self._is_reserved
        self._minds.reserve(self._reserve_mib if self._is_reserved else 0)
        taken = f"The game takes {self._reserve_mib:,} MiB of the memory."
        self._notice(taken if self._is_reserved else "The game gives the memory back.", "news")

    def kill_engine(self) -> None:
        """End the engine's process, to see what becomes of the battle."""
        if self._minds is None or self._engine_pid is None or not kill(self._engine_pid):
            self._notice("There is no engine to be killed.", "news")
            return
        self._notice(f"Killed: the engine, process {self._engine_pid}.", "trouble")
        self._engine_pid = None
