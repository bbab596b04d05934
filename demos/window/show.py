"""What a window runs: a demo takes part by being a :class:`Show`.

Its module is ``show.py`` in the demo's folder, with a function ``open_show(request, report) -> Show``: ``request`` is
what the command line asks for (:class:`demos.start.Request`), ``report`` the one to be shown again, or None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pygame


class Show(ABC):
    """A demo in a window. Everything is called on the window's thread, and nothing may wait.

    Places are in pixels of the surface; keys are SDL's names in lower case, such as ``space``, ``f1`` or ``k``.
    """

    @abstractmethod
    def advance(self, now_ms: float) -> None:
        """Go on to a moment; called once a frame, and less often while the window is hidden."""

    @abstractmethod
    def draw(self, surface: pygame.Surface) -> None:
        """Draw the moment, at whatever size the surface has now."""

    def frame(self, target_ms: float, work_ms: float) -> None:  # noqa: B027 - not every show needs it
        """Learn how long the last frame took, from after the wait to after it was shown."""

    def on_key(self, key: str) -> bool:
        """Take a key that is no text; returns whether it was used. An Esc that is not used closes the window."""
        return False

    def on_text(self, text: str) -> None:  # noqa: B027
        """Take text that was typed or pasted; only called while ``is_typing``. Never longer than the window allows."""

    def on_compose(self, text: str) -> None:  # noqa: B027
        """Take the unfinished text of an input method, to be shown after what was typed; empty when there is none."""

    def on_click(self, at: tuple[int, int], button: int, size: tuple[int, int]) -> None:  # noqa: B027
        """Take a click: 1 is the left button, 3 the right one."""

    def on_notice(self, text: str) -> None:  # noqa: B027
        """Show a line of the window's own, such as where a screenshot went."""

    def report(self) -> Mapping[str, Any]:
        """Return what happened as plain data, for ``--report``; also called after ``close``."""
        return {}

    def close(self) -> None:  # noqa: B027
        """Give everything back; may take a moment. Called once, also after an error."""

    @property
    def is_typing(self) -> bool:
        """Whether letters are text now, and no keys."""
        return False

    @property
    def is_loaded(self) -> bool:
        """Whether the show has begun: from then on, films and ``--after`` count."""
        return True

    @property
    def is_over(self) -> bool:
        """Whether the show has come to its end and the window shall close."""
        return False
