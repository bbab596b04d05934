"""One picture of a window, taken in a fraction of a millisecond and written elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pygame

from npc_sdk.errors import RequestError
from npc_sdk.models.extra import load_extra

if TYPE_CHECKING:
    from PIL.Image import Image

_BGRX_MASKS: Final = (0xFF0000, 0xFF00, 0xFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """What a surface showed.

    Args:
        size: Width and height in pixels.
        pixels: Four bytes each: blue, green, red and one without meaning.
    """

    size: tuple[int, int]
    pixels: bytes

    @classmethod
    def of(cls, surface: pygame.Surface) -> Still:
        """Return what a surface shows now."""
        size = surface.get_size()
        # What windows have nearly everywhere is copied as it lies.
        is_plain = surface.get_masks()[:3] == _BGRX_MASKS and surface.get_pitch() == 4 * size[0]
        if is_plain and surface.get_bytesize() == 4 and surface.get_parent() is None:
            return cls(size=size, pixels=surface.get_buffer().raw)
        return cls(size=size, pixels=pygame.image.tobytes(surface, "BGRA"))

    def image(self, size: tuple[int, int] | None = None) -> Image:
        """Return it as an image of Pillow.

        Args:
            size: Of the image; None leaves it as it was taken.

        Raises:
            RequestError: Pillow is not installed (``missing_extra``).
        """
        pillow = load_extra("PIL.Image", "demo")
        image: Image = pillow.frombuffer("RGB", self.size, self.pixels, "raw", "BGRX", 0, 1)
        return image if size in (None, self.size) else image.resize(size, pillow.Resampling.LANCZOS)

    def save(self, path: Path) -> None:
        """Write it as a PNG file.

        Raises:
            RequestError: It cannot be written (``file_unwritable``), or Pillow is not installed (``missing_extra``).
        """
        image = self.image()
        try:
            image.save(path, format="PNG", optimize=False, compress_level=6)
        except OSError as error:
            raise RequestError(
                f"{path} cannot be written: {error.strerror or error}.",
                "Name a file in a folder that can be written to.",
                code="file_unwritable",
                path=str(path),
            ) from error
