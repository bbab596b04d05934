"""What a window's keys and pasted texts mean, whatever the keyboard and whoever pastes."""

from __future__ import annotations

import unicodedata
from typing import Final

import pygame

MOST_TEXT: Final = 500
_SAME: Final = {"return": "enter", "keypad enter": "enter", "esc": "escape", "break": "pause"}
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def key_name(key: int, scancode: int) -> str:
    """Return the name of a key: ``k``, ``f1``, ``space``, ``enter``, ``escape``, ``backspace``.

    Args:
        key: What the key means on this keyboard.
        scancode: Where it is: a letter of another alphabet is taken for the Latin one in its place.
    """
    name = pygame.key.name(key).lower()
    index = scancode - pygame.KSCAN_A
    if (len(name) != 1 or not name.isascii()) and 0 <= index < len(_LETTERS):
        return _LETTERS[index]
    return _SAME.get(name, name)


def is_letter(name: str) -> bool:
    """Whether a key writes something, so that it is no key while one types."""
    return len(name) == 1 or name in ("space", "tab") or name.startswith("[")


def clean(text: str) -> str:
    """Return what can be typed into one line of a text: bounded, without what controls a screen.

    Args:
        text: As it came from the keyboard, the clipboard or an input method; may be of any length.
    """
    kept = (" " if mark.isspace() else mark for mark in text[: 4 * MOST_TEXT] if _is_text(mark))
    return "".join(kept)[:MOST_TEXT]


def _is_text(mark: str) -> bool:
    return mark.isspace() or unicodedata.category(mark) not in ("Cc", "Cs", "Co", "Cn")


class Held:
    """Which keys are down, so that a key that repeats by itself counts once. Not thread safe."""

    def __init__(self) -> None:
        self._keys: set[int] = set()

    def press(self, key: int) -> bool:
        """Note that a key went down; returns whether it was up before."""
        is_new = key not in self._keys
        self._keys.add(key)
        return is_new

    def release(self, key: int) -> None:
        """Note that a key went up."""
        self._keys.discard(key)

    def clear(self) -> None:
        """Forget all: the window is no longer told."""
        self._keys.clear()
