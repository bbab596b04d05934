"""Text on a surface: measured, cut, wrapped and cached, in the font that pygame brings. Any string can be drawn."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Generic, Literal, TypeAlias, TypeVar

import pygame

from .palette import INK, Colour

SizeName: TypeAlias = Literal["tiny", "small", "body", "mono", "large", "title", "huge"]
Align: TypeAlias = Literal["left", "center", "right"]

# Letter sizes in pixels at scale 1, and the least at any scale.
_SIZES: Mapping[SizeName, float] = {
    "tiny": 10.5,
    "small": 12,
    "mono": 12,
    "body": 14,
    "large": 17,
    "title": 22,
    "huge": 40,
}
_LEAST_PIXELS = 9
# Letters are painted so many times larger and made small: at their own size the font's hints tear words apart.
_ENLARGED = ((26, 3), (60, 2))
# pygame takes a size for its own font in units of which a letter's square has this part.
_FONT_UNIT = 0.6875
# Longer texts are cut before they are measured: more would not fit a window.
MOST_CHARACTERS = 2_000
_MOST_ON_A_LINE = 400
_ELLIPSIS = "…"
_BOX = "□"
_KEPT_IMAGES, _KEPT_WRAPS, _KEPT_WIDTHS = 768, 512, 4096
# What the font lacks and plain letters can stand for.
_STAND_INS: Mapping[str, str] = {
    "→": "->",
    "←": "<-",
    "⇒": "=>",
    "✓": "+",
    "✗": "x",
    "\u2010": "-",
    "\u2011": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\t": "    ",
}

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class _Recent(Generic[_Key, _Value]):
    """The values of the keys that were asked for last."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[_Key, _Value] = OrderedDict()

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Return the value of a key, made at the first time."""
        if key in self._values:
            self._values.move_to_end(key)
            return self._values[key]
        value = make()
        self._values[key] = value
        if len(self._values) > self._limit:
            self._values.popitem(last=False)
        return value


class _Letters:
    """The letters of one size."""

    def __init__(self, pixels: float) -> None:
        pixels = max(float(_LEAST_PIXELS), pixels)
        self._factor = next((factor for below, factor in _ENLARGED if pixels < below), 1)
        self._font = pygame.font.Font(None, round(pixels * self._factor / _FONT_UNIT))
        self.line_height = -(-self._font.get_linesize() // self._factor)

    def width(self, line: str) -> int:
        """Return how wide a line is."""
        return -(-self._font.size(line)[0] // self._factor)

    def image(self, line: str, colour: Colour) -> pygame.Surface:
        """Return the picture of a line."""
        large = self._font.render(line, True, colour)
        if self._factor == 1:
            return large
        width, height = (-(-length // self._factor) for length in large.get_size())
        canvas = pygame.Surface((width * self._factor, height * self._factor), pygame.SRCALPHA)
        canvas.fill((*colour, 0))
        canvas.blit(large, (0, 0))
        return pygame.transform.smoothscale(canvas, (width, height))


class Type:
    """Draws text at one scale. Not thread-safe: it belongs to the thread that draws.

    Args:
        scale: 1 for a window of 1280 by 720.
    """

    def __init__(self, scale: float = 1.0) -> None:
        if not pygame.font.get_init():
            pygame.font.init()
        self.scale = scale
        self._fonts: dict[SizeName, _Letters] = {name: _Letters(pixels * scale) for name, pixels in _SIZES.items()}
        self._images: _Recent[tuple[str, SizeName, Colour, Colour | None], pygame.Surface] = _Recent(_KEPT_IMAGES)
        self._wraps: _Recent[tuple[str, SizeName, int], tuple[str, ...]] = _Recent(_KEPT_WRAPS)
        self._widths: _Recent[tuple[str, SizeName], int] = _Recent(_KEPT_WIDTHS)

    def line_height(self, size: SizeName = "body") -> int:
        """Return how far apart the lines of a size are."""
        return self._fonts[size].line_height

    def measure(self, text: str, size: SizeName = "body") -> tuple[int, int]:
        """Return the width and height of a text on one line."""
        line = one_line(text)
        width = self._widths.get((line, size), lambda: self._fonts[size].width(line))
        return width, self.line_height(size)

    def draw(
        self,
        surface: pygame.Surface,
        text: str,
        at: tuple[float, float],
        *,
        size: SizeName = "body",
        colour: Colour = INK,
        align: Align = "left",
        width: float | None = None,
        outline: Colour | None = None,
        alpha: int = 255,
    ) -> pygame.Rect:
        """Draw one line; line breaks become spaces.

        Args:
            surface: What to draw on.
            text: Any string.
            at: The upper end of the line: its left, middle or right.
            size: How large.
            colour: In which colour.
            align: Which end of the line ``at`` is.
            width: How much room there is; what is longer ends in an ellipsis.
            outline: A colour around the letters, so that they can be read on anything.
            alpha: 0 cannot be seen, 255 is solid.

        Returns:
            Where the line is.
        """
        line = one_line(text) if width is None else self.cut(text, size, width)
        if not line:
            return pygame.Rect(round(at[0]), round(at[1]), 0, self.line_height(size))
        image = self._images.get((line, size, colour, outline), lambda: self._image(line, size, colour, outline))
        left = at[0] - {"left": 0.0, "center": image.get_width() / 2, "right": float(image.get_width())}[align]
        # A cached image is shared by lines of any alpha, so it is set each time.
        image.set_alpha(alpha)
        return surface.blit(image, (round(left), round(at[1])))

    def cut(self, text: str, size: SizeName, width: float) -> str:
        """Return a text on one line, with an ellipsis for what does not fit."""
        line = one_line(text)
        if self.measure(line, size)[0] <= width:
            return line
        low, high = 0, len(line)
        while low < high:
            middle = (low + high + 1) // 2
            fits = self._fonts[size].width(line[:middle].rstrip() + _ELLIPSIS) <= width
            low, high = (middle, high) if fits else (low, middle - 1)
        return line[:low].rstrip() + _ELLIPSIS if low else ""

    def wrap(self, text: str, size: SizeName, width: float) -> list[str]:
        """Return the lines of a text that are at most so wide; a word that is wider is broken."""
        key = (text[:MOST_CHARACTERS], size, int(width))
        return list(self._wraps.get(key, lambda: tuple(self._wrapped(key[0], size, max(1, key[2])))))

    def _wrapped(self, text: str, size: SizeName, width: int) -> list[str]:
        lines: list[str] = []
        for paragraph in text.splitlines() or [""]:
            line = ""
            for word in printable(paragraph).split():
                joined = f"{line} {word}" if line else word
                if self._fonts[size].width(joined) <= width:
                    line = joined
                    continue
                lines += [line] if line else []
                *whole, line = self._broken(word, size, width)
                lines += whole
            lines.append(line)
        return lines

    def _broken(self, word: str, size: SizeName, width: int) -> list[str]:
        font, pieces = self._fonts[size], []
        while font.width(word) > width and len(word) > 1:
            low, high = 1, len(word) - 1
            while low < high:
                middle = (low + high + 1) // 2
                low, high = (middle, high) if font.width(word[:middle]) <= width else (low, middle - 1)
            pieces.append(word[:low])
            word = word[low:]
        return [*pieces, word]

    def _image(self, line: str, size: SizeName, colour: Colour, outline: Colour | None) -> pygame.Surface:
        letters = self._fonts[size].image(line, colour)
        if outline is None:
            return letters
        edge = max(1, round(self.scale * 1.3))
        around = self._fonts[size].image(line, outline)
        image = pygame.Surface((letters.get_width() + 2 * edge, letters.get_height() + 2 * edge), pygame.SRCALPHA)
        for right in (-edge, 0, edge):
            for down in (-edge, 0, edge):
                image.blit(around, (edge + right, edge + down))
        image.blit(letters, (edge, edge))
        return image


def one_line(text: str) -> str:
    """Return a text as it can be drawn on one line."""
    return printable(text[:_MOST_ON_A_LINE])


@lru_cache(maxsize=2048)
def printable(text: str) -> str:
    """Return a text without what no font can draw: controls and marks go, unknown signs become boxes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_drawable(character) for character in unicodedata.normalize("NFC", text))


def _drawable(character: str) -> str:
    if character in _STAND_INS:
        return _STAND_INS[character]
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    if category.startswith("M") or category == "Cf":
        return ""
    # Beyond the basic plane, lone surrogates and unassigned: no glyph.
    return _BOX if ord(character) > 0xFFFF or category.startswith("C") else character
