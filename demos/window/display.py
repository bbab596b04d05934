"""The screen that windows open on, or none, when everything is drawn just for pictures."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pygame

from npc_sdk.errors import RequestError

UNSEEN_DRIVER: Final = "dummy"
_UNSEEN: Final = ("dummy", "offscreen", "evdev")


def open_display(*, is_unseen: bool) -> None:
    """Open the screen; SDL would quietly draw into nothing when there is none.

    Args:
        is_unseen: Whether it shall do just that.

    Raises:
        RequestError: There is no display (``no_display``).
    """
    wished = UNSEEN_DRIVER if is_unseen else os.environ.get("SDL_VIDEODRIVER", "")
    # What is drawn by the processor needs no graphics library to get to the screen. Where there is no graphics card,
    # SDL would take one that runs on the processor too, on all cores, for several milliseconds a frame.
    os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
    try:
        with _driver(wished):
            pygame.display.init()
    except pygame.error as error:
        raise no_display(error) from error
    driver = pygame.display.get_driver()
    if driver in _UNSEEN and driver != wished:
        pygame.display.quit()
        raise no_display()


@contextmanager
def _driver(name: str) -> Iterator[None]:
    before = os.environ.get("SDL_VIDEODRIVER")
    if name:
        os.environ["SDL_VIDEODRIVER"] = name
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("SDL_VIDEODRIVER", None)
        else:
            os.environ["SDL_VIDEODRIVER"] = before


def no_display(error: pygame.error | None = None) -> RequestError:
    """Return what is wrong when no window can be opened.

    Args:
        error: What SDL says.
    """
    said = f" ({error})" if error is not None and str(error) else ""
    missing = " DISPLAY and WAYLAND_DISPLAY are not set." if _has_no_display_name() else ""
    return RequestError(
        f"There is no display to open a window on{said}.{missing}",
        "Run it on a desktop, or without a window: npc demo --headless --report out.json; "
        "--headless --screenshot out.png also draws.",
        code="no_display",
    )


def _has_no_display_name() -> bool:
    is_named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform.startswith("linux") and not is_named
