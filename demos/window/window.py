"""A window that runs a :class:`Show` at 60 frames a second."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Final

import pygame

from npc_sdk.errors import BackendError, NpcError

from ..drawing.palette import NIGHT
from .camera import Camera
from .display import no_display, open_display
from .keyboard import Held, clean, is_letter, key_name
from .pace import Beat
from .show import Show
from .stopping import Stop, stopping

FPS: Final = 60
TARGET_MS: Final = 1000.0 / FPS
# Nobody sees it, but the game goes on.
HIDDEN_MS: Final = 50.0
# A smaller window shows this, made smaller.
LEAST_SIZE: Final = (640, 360)
_PASTE_KEYS: Final = pygame.KMOD_CTRL | pygame.KMOD_META
_COMMAND_KEYS: Final = _PASTE_KEYS | pygame.KMOD_ALT


class Window:
    """A window of the operating system. Not thread safe; made and used on the main thread.

    Args:
        size: Width and height in pixels.
        title: What its bar says.
        is_full_screen: Whether it takes the whole screen, whatever the size.
        is_unseen: Whether there is no window at all and everything is drawn just for pictures.

    Raises:
        RequestError: There is no display (``no_display``).
    """

    def __init__(
        self, size: tuple[int, int], title: str, *, is_full_screen: bool = False, is_unseen: bool = False
    ) -> None:
        self._size = size
        self._is_full_screen = is_full_screen
        self._is_hidden = False
        self._is_closing = False
        self._is_typing = False
        self._held = Held()
        self._canvas: pygame.Surface | None = None
        open_display(is_unseen=is_unseen)
        pygame.display.set_caption(title)
        self._set_mode().fill(NIGHT)
        pygame.display.flip()
        pygame.font.init()
        pygame.key.stop_text_input()
        # Only Backspace is let through when it repeats.
        pygame.key.set_repeat(350, 40)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as they are now."""
        return pygame.display.get_window_size()

    def close(self) -> None:
        """Close a window in which nothing was run; safe to call twice."""
        pygame.display.quit()

    def run(self, show: Show, *, camera: Camera | None = None) -> None:
        """Run a show until it or its viewer ends it; the show and the window are closed then, whatever happened.

        Args:
            show: What is to be seen.
            camera: Takes pictures and films; the window's F12 needs it too.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed in the terminal; all is closed by then.
            NpcError: The show failed, or a picture or film cannot be written.
        """
        taking = camera or Camera()
        with stopping() as stop:
            try:
                try:
                    self._loop(show, taking, stop)
                finally:
                    show.close()
                _finish(taking, is_interrupt=stop.is_interrupt)
            except BaseException:
                taking.abandon()
                raise
            finally:
                self.close()
        if stop.is_interrupt:
            raise KeyboardInterrupt

    def _loop(self, show: Show, camera: Camera, stop: Stop) -> None:
        beat, was_loaded = Beat(), False
        while not (stop.is_wanted or self._is_closing or show.is_over):
            now_ms = beat.wait(HIDDEN_MS if self._is_hidden and not camera.is_filming else TARGET_MS)
            self._take_events(show, camera)
            show.advance(now_ms)
            if show.is_loaded and not was_loaded:
                was_loaded = True
                # What is there now stays: nobody has to look through it for garbage between two frames.
                gc.collect()
                gc.freeze()
            self._follow_typing(show)
            if self._is_hidden and not camera.is_filming:
                continue
            surface = self._draw(show)
            if show.is_loaded:
                camera.look(surface, now_ms)
            pygame.display.flip()
            show.frame(TARGET_MS, beat.work_ms)
            for text in camera.news():
                show.on_notice(text)
            if camera.is_done:
                break

    def _draw(self, show: Show) -> pygame.Surface:
        """Draw the moment; returns the surface in its full size."""
        surface = pygame.display.get_surface()
        if surface is None:
            raise BackendError("The window has lost its surface.", "Start the demo again.", code="window_lost")
        canvas = self._canvas_for(surface.get_size())
        if canvas is None:
            show.draw(surface)
            return surface
        show.draw(canvas)
        pygame.transform.smoothscale(canvas, surface.get_size(), surface)
        return canvas

    def _canvas_for(self, size: tuple[int, int]) -> pygame.Surface | None:
        """Return what to draw on when the window is too small; None when it is not."""
        if size[0] >= LEAST_SIZE[0] and size[1] >= LEAST_SIZE[1]:
            self._canvas = None
        elif self._canvas is None:
            self._canvas = pygame.Surface(LEAST_SIZE).convert()
        return self._canvas

    def _take_events(self, show: Show, camera: Camera) -> None:
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                self._is_closing = True
            elif event.type == pygame.KEYDOWN:
                self._press(event, show, camera)
            elif event.type == pygame.KEYUP:
                self._held.release(event.key)
            elif event.type == pygame.TEXTINPUT and show.is_typing:
                self._type(event.text, show)
            elif event.type == pygame.TEXTEDITING and show.is_typing:
                show.on_compose(clean(event.text))
            elif event.type == pygame.MOUSEBUTTONDOWN:
                self._click(event, show)
            else:
                self._follow_window(event, show)

    def _follow_window(self, event: pygame.Event, show: Show) -> None:
        if event.type in (pygame.WINDOWMINIMIZED, pygame.WINDOWHIDDEN):
            self._is_hidden = True
        elif event.type in (pygame.WINDOWRESTORED, pygame.WINDOWSHOWN, pygame.WINDOWMAXIMIZED, pygame.WINDOWEXPOSED):
            self._is_hidden = False
        elif event.type == pygame.WINDOWFOCUSLOST:
            self._held.clear()
            show.on_compose("")

    def _press(self, event: pygame.Event, show: Show, camera: Camera) -> None:
        name = key_name(event.key, event.scancode)
        if not self._held.press(event.key) and name != "backspace":
            return
        # Asked anew for each key: the one before may have closed the panel.
        if show.is_typing and name == "v" and event.mod & _PASTE_KEYS and not event.mod & pygame.KMOD_ALT:
            self._type(_clipboard(), show)
        elif event.mod & _COMMAND_KEYS or (show.is_typing and is_letter(name)):
            return
        elif name == "f12":
            camera.snap()
        elif not show.on_key(name) and name == "escape":
            self._is_closing = True

    def _type(self, text: str, show: Show) -> None:
        kept = clean(text)
        if kept:
            show.on_text(kept)

    def _click(self, event: pygame.Event, show: Show) -> None:
        size, (x, y) = pygame.display.get_window_size(), event.pos
        if self._canvas is not None:
            across, down = self._canvas.get_size()
            x, y, size = x * across // max(1, size[0]), y * down // max(1, size[1]), (across, down)
        if event.button in (1, 2, 3):
            show.on_click((x, y), event.button, size)

    def _follow_typing(self, show: Show) -> None:
        if show.is_typing == self._is_typing:
            return
        self._is_typing = show.is_typing
        if self._is_typing:
            pygame.key.start_text_input()
        else:
            pygame.key.stop_text_input()

    def _set_mode(self) -> pygame.Surface:
        size, flags = ((0, 0), pygame.FULLSCREEN) if self._is_full_screen else (self._size, pygame.RESIZABLE)
        try:
            return pygame.display.set_mode(size, flags)
        except pygame.error as error:
            pygame.display.quit()
            raise no_display(error) from error


def _finish(camera: Camera, *, is_interrupt: bool) -> None:
    """Write pictures and films; who presses Ctrl-C knows that one may be missing."""
    try:
        camera.finish()
    except NpcError:
        if not is_interrupt:
            raise


def _clipboard() -> str:
    read: Callable[[], str] = pygame.scrap.get_text
    try:
        return read()
    except (pygame.error, UnicodeError):
        return ""
