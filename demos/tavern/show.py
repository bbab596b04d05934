"""The tavern in a window: joins the evening, its picture and the overlay, and takes keys, clicks and letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pygame

from ..drawing.overlay import Overlay
from ..start import Request
from ..window.show import Show
from .headless import report_of
from .minds import Minds
from .picture import Picture
from .table import Table

_KEYS: Final = (("P", "pacing"), ("K", "kill engine"), ("R", "new evening"), ("F1", "hide"), ("Esc", "back"))


class TavernShow(Show):
    """An evening to be seen and talked to. Not thread safe.

    Letters go into the player's line; Esc leaves it, and then they are keys, until Enter or a click.

    Args:
        table: The table; the show begins and closes it.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._picture, self._overlay = Picture(), Overlay(_KEYS)
        self._is_overlay_shown = False
        self._keys: Mapping[str, Callable[[], None]] = {
            "k": table.kill_engine,
            "r": table.restart,
            "p": table.toggle_pacing,
        }
        table.begin()

    def advance(self, now_ms: float) -> None:
        """Let the evening go on."""
        self._table.advance(now_ms)

    def draw(self, surface: pygame.Surface) -> None:
        """Draw the moment."""
        self._picture.draw(surface, self._table.scene)
        if self._is_overlay_shown:
            self._overlay.draw(surface, self._table.gauges)

    def frame(self, target_ms: float, work_ms: float) -> None:
        """Tell the model how long the frame took."""
        self._table.frame(target_ms, work_ms)

    def on_key(self, key: str) -> bool:
        """Take a key."""
        table = self._table
        if key == "f1":
            self._is_overlay_shown = not self._is_overlay_shown
        elif key == "escape":
            return table.step_back()
        elif key == "enter":
            table.enter()
        elif key == "backspace" and table.is_typing:
            table.erase()
        elif key in self._keys and not table.is_typing:
            self._keys[key]()
        else:
            return False
        return True

    def on_text(self, text: str) -> None:
        """Take typed text."""
        self._table.type(text)

    def on_compose(self, text: str) -> None:
        """Take the unfinished text of an input method."""
        self._table.composed = text

    def on_click(self, at: tuple[int, int], button: int, size: tuple[int, int]) -> None:
        """Take a click: on a guest, to turn to it or away again; or on the player's line."""
        key = self._picture.guest_at(size, at)
        if key is not None and self._table.is_loaded:
            self._table.select(key)
        if key is not None or self._picture.is_line_at(size, at):
            self._table.is_typing = True

    def on_notice(self, text: str) -> None:
        """Show a line of the window's own."""
        self._table.notify(text)

    def report(self) -> Mapping[str, Any]:
        """Return what was said, and by whom it was heard."""
        return report_of(self._table, 0)

    def close(self) -> None:
        """Send everybody home, and end the host."""
        self._table.close()

    @property
    def is_typing(self) -> bool:
        """Whether letters go into the player's line."""
        return self._table.is_loaded and self._table.is_typing

    @property
    def is_loaded(self) -> bool:
        """Whether the evening has begun."""
        return self._table.is_loaded


def open_show(request: Request, report: Mapping[str, Any] | None) -> TavernShow:
    """Return the tavern that the command line asks for.

    Args:
        request: What the command line asks for.
        report: Not used: an evening is not shown again.
    """
    return TavernShow(Table(Minds(request.model, seed=request.seed), seed=request.seed))
