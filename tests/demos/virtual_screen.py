"""A screen of its own for a test: Xvfb, with a mouse and a keyboard that are pressed through XTEST."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

LIMIT_S = 30.0
LOOK_S = 0.02
START_LIMIT_S = 20.0
Box = tuple[float, float, float, float]
Value = TypeVar("Value")


def until(look: Callable[[], Value], what: str, *, limit_s: float = LIMIT_S) -> Value:
    """Return what a look brings, as soon as that is true; a test fails when it takes too long."""
    end_s = time.monotonic() + limit_s
    while time.monotonic() < end_s:
        seen = look()
        if seen:
            return seen
        time.sleep(LOOK_S)
    pytest.fail(f"{what}: not within {limit_s:.0f} s")


class VirtualScreen:
    """A screen with one window at a time. Not thread safe.

    Args:
        number: Of the display.
    """

    def __init__(self, number: int) -> None:
        from Xlib import X
        from Xlib.display import Display
        from Xlib.ext import xtest

        self.name = f":{number}"
        self._x, self._xtest = X, xtest
        self._display: Any = Display(self.name)
        self._root: Any = self._display.screen().root

    def close(self) -> None:
        """Leave the screen."""
        self._display.close()

    def environment(self) -> dict[str, str]:
        """Return the environment of a program that shall open its window here."""
        kept = {name: value for name, value in os.environ.items() if name not in ("WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
        return {**kept, "DISPLAY": self.name, "SDL_VIDEODRIVER": "x11", "SDL_AUDIODRIVER": "dummy"}

    # The window.

    @property
    def window(self) -> Any:
        """The window that is there, or None."""
        for child in self._root.query_tree().children:
            seen = self._or_none(child.get_attributes)
            if seen is not None and seen.map_state == self._x.IsViewable and child.get_geometry().width > 100:
                return child
        return None

    def size(self) -> tuple[int, int]:
        """Return the size of the window."""
        shape = self.window.get_geometry()
        return shape.width, shape.height

    def resize(self, width: int, height: int) -> None:
        """Make the window larger or smaller, at the upper left of the screen."""
        self.window.configure(x=0, y=0, width=width, height=height)
        self._display.sync()

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the window from the screen for a while, as minimising does."""
        window = self.window
        window.unmap()
        self._display.sync()
        yield
        window.map()
        until(lambda: self.window is not None, "the window comes back")
        self.focus()

    def focus(self) -> None:
        """Give the keyboard to the window, as nobody else does it here."""
        self.window.set_input_focus(self._x.RevertToPointerRoot, self._x.CurrentTime)
        self._display.sync()

    # What is to be seen.

    def picture(self, box: Box = (0.0, 0.0, 1.0, 1.0)) -> Any:
        """Return what is to be seen of a part of the window, as an image of Pillow.

        Args:
            box: Left, top, right and bottom, as shares of the window.
        """
        from PIL import Image

        shape = self.window.get_geometry()
        left, right = (round(shape.width * share) for share in (box[0], box[2]))
        top, bottom = (round(shape.height * share) for share in (box[1], box[3]))
        size = right - left, bottom - top
        seen = self._root.get_image(shape.x + left, shape.y + top, *size, self._x.ZPixmap, 0xFFFFFFFF)
        return Image.frombuffer("RGB", size, seen.data, "raw", "BGRX", 0, 1)

    def share_changed(self, before: Any, box: Box) -> float:
        """Return which share of the pixels of a part differs from what was there."""
        from PIL import ImageChops

        now = self.picture(box)
        if now.size != before.size:
            return 1.0
        differing = ImageChops.difference(before, now).convert("L").point(lambda value: 255 if value > 12 else 0)
        return differing.histogram()[255] / (now.size[0] * now.size[1])

    # Mouse and keyboard.

    def click(self, x: float, y: float) -> None:
        """Click on a place of the window, in pixels."""
        shape = self.window.get_geometry()
        self._fake(self._x.MotionNotify, x=round(shape.x + x), y=round(shape.y + y))
        self._fake(self._x.ButtonPress, 1)
        self._fake(self._x.ButtonRelease, 1)

    def press(self, name: str, *, control: bool = False) -> None:
        """Press a key by its X name, such as ``F1``, ``Return`` or ``k``."""
        held = [self._code("Control_L")] if control else []
        codes = [*held, self._code(name)]
        for code in codes:
            self._fake(self._x.KeyPress, code)
        for code in reversed(codes):
            self._fake(self._x.KeyRelease, code)

    def type(self, text: str) -> None:
        """Type small letters, digits and spaces."""
        for mark in text:
            self.press("space" if mark == " " else mark)

    def _code(self, name: str) -> int:
        from Xlib import XK

        code = self._display.keysym_to_keycode(XK.string_to_keysym(name))
        assert code, f"no key {name!r}"
        return int(code)

    def _fake(self, kind: int, detail: int = 0, **place: int) -> None:
        self._xtest.fake_input(self._display, kind, detail, **place)
        self._display.sync()

    def _or_none(self, ask: Callable[[], Any]) -> Any:
        from Xlib.error import XError

        try:
            return ask()
        except XError:
            return None


@contextmanager
def open_screen(size: tuple[int, int]) -> Iterator[VirtualScreen]:
    """Start a screen; the test is skipped where there can be none."""
    if not sys.platform.startswith("linux"):
        pytest.skip("virtual screens are there on Linux only")
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    for library in ("Xlib", "pygame", "PIL"):
        pytest.importorskip(library)
    reader, writer = os.pipe()
    words = ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size[0]}x{size[1]}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(words, pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        # It writes its number once clients may come; the end of the file comes when it cannot.
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        screen = VirtualScreen(int(number))
        try:
            yield screen
        finally:
            screen.close()
    finally:
        process.terminate()
        process.wait(START_LIMIT_S)
