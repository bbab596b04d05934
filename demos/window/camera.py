"""Takes the pictures and the film of a window, at the time they were asked for."""

from __future__ import annotations

import itertools
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import pygame

from npc_sdk.errors import BackendError, NpcError, RequestError

from .film import Film
from .still import Still

PICTURE_AFTER_S: Final = 5.0


class Camera:
    """Looks at every frame that is shown. Not thread safe; files are written in threads of its own.

    Args:
        picture: Where one picture goes; the window closes when it is taken.
        film: What films the window.
        after_s: When the picture is taken or the film ends, from the beginning of the show; None takes the picture
            after some seconds and films to the end.
        folder: Where the pictures go that are asked for with a key.
    """

    def __init__(
        self,
        *,
        picture: Path | None = None,
        film: Film | None = None,
        after_s: float | None = None,
        folder: Path | None = None,
    ) -> None:
        self.is_done = False
        self._picture = picture
        self._film = film
        self._after_s = PICTURE_AFTER_S if after_s is None and picture is not None else after_s
        self._folder = folder or Path.cwd()
        self._began_ms: float | None = None
        self._last: pygame.Surface | None = None
        self._is_snap_wanted = self._is_film_full_told = False
        self._snaps: set[Path] = set()
        self._writers: list[threading.Thread] = []
        self._news: list[str] = []
        self._errors: list[NpcError] = []

    @property
    def is_filming(self) -> bool:
        """Whether every frame is wanted, also of a window that nobody sees."""
        return self._film is not None or self._picture is not None

    def look(self, surface: pygame.Surface, now_ms: float) -> None:
        """Look at a frame before it is shown."""
        self._last = surface
        if self._began_ms is None:
            self._began_ms = now_ms
        if self._film is not None:
            self._film.take(surface, now_ms)
            self._watch_film(self._film)
        if self._is_snap_wanted:
            self._is_snap_wanted = False
            self._take(surface, self._snap_file())
        if self._after_s is not None and now_ms - self._began_ms >= self._after_s * 1000.0:
            self._take_picture()
            self.is_done = True

    def snap(self) -> None:
        """Take a picture of the next frame, into a file of its own."""
        self._is_snap_wanted = True

    def news(self) -> list[str]:
        """Return what happened since the last time, in words for the viewer."""
        told, self._news = self._news, []
        return told

    def finish(self) -> None:
        """Write what is left; a window that closes early has its last frame taken.

        Raises:
            NpcError: A picture or the film that was asked for on the command line cannot be written, or nothing was
                to be seen yet (``no_picture``).
        """
        try:
            self._take_picture()
        finally:
            for writer in self._writers:
                writer.join()
            if self._film is not None:
                self._film.close()
        if self._errors:
            raise self._errors[0]

    def abandon(self) -> None:
        """Let go of what is not written yet, because something worse has happened."""
        self._picture = None
        with suppress(NpcError):
            self.finish()

    def _take_picture(self) -> None:
        if self._picture is None:
            return
        if self._last is None:
            raise RequestError(
                f"{self._picture} was not taken: the window closed before there was anything to see.",
                "Let it open for longer.",
                code="no_picture",
            )
        self._take(self._last, self._picture, is_wanted=True)
        self._picture = None

    def _take(self, surface: pygame.Surface, path: Path, *, is_wanted: bool = False) -> None:
        writer = threading.Thread(
            target=self._write, args=(Still.of(surface), path, is_wanted), name="picture", daemon=True
        )
        self._writers = [running for running in self._writers if running.is_alive()] + [writer]
        writer.start()

    def _write(self, still: Still, path: Path, is_wanted: bool) -> None:
        try:
            still.save(path)
            self._news.append(f"Picture: {path.name}")
        except Exception as error:  # nobody else would learn of it: this is a thread of its own
            told = error if isinstance(error, NpcError) else _unknown(path, error)
            self._news.append(told.cause)
            if is_wanted:
                self._errors.append(told)

    def _watch_film(self, film: Film) -> None:
        if film.is_open or self._is_film_full_told:
            return
        self._is_film_full_told = True
        self._news.append("The film is as long as it may be." if film.error is None else film.error.cause)

    def _snap_file(self) -> Path:
        names = (self._folder / f"npc-demo-{number}.png" for number in itertools.count(1))
        path = next(path for path in names if path not in self._snaps and not path.exists())
        self._snaps.add(path)
        return path


def _unknown(path: Path, error: Exception) -> NpcError:
    return BackendError(
        f"{path} cannot be made: {error!r:.200}.", "Ask for a film, or for another file.", code="picture_failed"
    )
