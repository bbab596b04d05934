"""The kinds of film that there are: MP4 through ffmpeg, GIF and WebP through Pillow, and a folder of pictures."""

from __future__ import annotations

import errno
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Protocol

import psutil

from npc_sdk.errors import CapacityError, NpcError, RequestError
from npc_sdk.models.extra import load_extra

from .still import Still

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES: Final = (".mp4", ".gif", ".webp")
# What is left to do in the end takes seconds, also after an hour of film.
FINISH_LIMIT_S: Final = 120.0


class Reel(Protocol):
    """Takes the frames of a film, all on one thread."""

    fps: float
    most_frames: int

    def add(self, still: Still) -> None:
        """Take the next frame; raises ``NpcError`` when it cannot be written."""
        ...

    def finish(self) -> None:
        """Complete the film; raises ``NpcError`` when it cannot be written."""
        ...

    def abandon(self) -> None:
        """Give up: what is there of the film may stay."""
        ...


def open_reel(path: Path, size: tuple[int, int]) -> Reel:
    """Return where a film is written to.

    Args:
        path: A file whose suffix says what kind of film it is; a folder when it has none, or is one already.
        size: Of the frames.

    Raises:
        RequestError: There is no film of that suffix (``bad_film``), the folder is not empty (``folder_not_empty``),
            ffmpeg is not there (``missing_program``) or Pillow is not (``missing_extra``).
    """
    suffix = "" if path.is_dir() else path.suffix.lower()
    if suffix == ".mp4":
        return Mp4(path, size)
    load_extra("PIL.Image", "demo")
    if suffix in (".gif", ".webp"):
        return Animation(path, size)
    if suffix:
        raise RequestError(
            f"{path} is no kind of film that can be made.",
            f"Name a file that ends with {', '.join(SUFFIXES)}, or a folder.",
            code="bad_film",
        )
    return Folder(path)


class Mp4:
    """A film in H.264, or in what else ffmpeg has.

    Args:
        path: The file.
        size: Of the frames; others are made to fit.
    """

    fps = 30.0
    most_frames = 30 * 60 * 60

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        program = shutil.which("ffmpeg")
        if program is None:
            raise RequestError(
                f"{path.name} needs the program ffmpeg, and it is not there.",
                "Install ffmpeg, or name a film that ends with .webp or .gif, or a folder.",
                code="missing_program",
                program="ffmpeg",
            )
        self._path = path
        self._size = size
        self._said = tempfile.TemporaryFile()
        self._has_hung = False
        self._process = subprocess.Popen(
            [program, *_mp4_words(program, size, self.fps), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            # Ctrl-C is for the window, which then completes the film.
            start_new_session=True,
        )
        with suppress(psutil.Error, OSError):
            # The game and the model go first.
            psutil.Process(self._process.pid).nice(10)

    def add(self, still: Still) -> None:
        """Hand a frame to ffmpeg."""
        pixels = still.pixels if still.size == self._size else still.image(self._size).tobytes("raw", "BGRX")
        try:
            self._input.write(pixels)
        except OSError as error:
            raise self._failure() from error

    def finish(self) -> None:
        """Wait until ffmpeg has written the rest; one that hangs is ended."""
        # Handing over the last of the pixels may hang too.
        guard = threading.Timer(FINISH_LIMIT_S, self._give_up)
        guard.daemon = True
        guard.start()
        try:
            self._input.close()
            code = self._process.wait()
        except OSError as error:
            raise self._failure() from error
        finally:
            guard.cancel()
        # An end that does not fit on the disk is told, and still no failure to some versions of ffmpeg.
        if code != 0 or self._has_lost_its_end():
            raise self._failure()
        self._said.close()

    def abandon(self) -> None:
        """End ffmpeg."""
        # First, so that nothing waits for it to take what is left.
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._input.close()
        self._said.close()

    @property
    def _input(self) -> IO[bytes]:
        if self._process.stdin is None:
            raise self._failure()
        return self._process.stdin

    def _give_up(self) -> None:
        self._has_hung = True
        self._process.kill()

    def _has_lost_its_end(self) -> bool:
        said = self._words().lower()
        return any(words in said for words in ("error writing", "error closing", "no space left"))

    def _words(self) -> str:
        self._said.seek(0)
        return self._said.read().decode("utf-8", "replace").strip()

    def _failure(self) -> NpcError:
        words = "".join(self._words().splitlines()[-1:]) or "it ended without a word"
        if self._has_hung:
            words = f"it had not ended after {FINISH_LIMIT_S:g} s"
        return RequestError(
            f"ffmpeg cannot write {self._path}: {words}.",
            "Check the file's folder and the room on the disk, or name a folder for single pictures.",
            code="film_failed",
            path=str(self._path),
        )


class Animation:
    """A GIF or WebP that goes round; its frames are kept on the disk until the end, and made smaller if need be.

    Args:
        path: The file.
        size: Of the frames.
    """

    fps = 12.5
    most_frames = 375
    most_width = 960

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        share = min(1.0, self.most_width / size[0])
        self._size = (max(1, round(size[0] * share)), max(1, round(size[1] * share)))
        self._path = path
        self._frames = 0
        # A file of many pictures of which one at a time is in memory, which is what Pillow wants to be given.
        self._kept = tempfile.TemporaryFile(prefix="npc-film-")
        self._pages = load_extra("PIL.TiffImagePlugin", "demo").AppendingTiffWriter(self._kept)

    def add(self, still: Still) -> None:
        """Keep a frame."""
        with _writing(self._path):
            still.image(self._size).save(self._pages, format="TIFF", compression="tiff_lzw")
            self._pages.newFrame()
            self._frames += 1

    def finish(self) -> None:
        """Make the animation of the frames."""
        if self._frames:
            with _writing(self._path):
                self._save()
        self._kept.close()

    def abandon(self) -> None:
        """Let go of the frames."""
        self._kept.close()

    def _save(self) -> None:
        pillow = load_extra("PIL.Image", "demo")
        self._kept.seek(0)
        pages: Image = pillow.open(self._kept)
        rest_ms = round(1000 / self.fps)
        if self._path.suffix.lower() == ".webp":
            pages.save(self._path, save_all=True, duration=rest_ms, loop=0, quality=80, method=3)
            return
        colours, plain = self._palette(pages), pillow.Dither.NONE
        frames = (self._page(pages, index).quantize(palette=colours, dither=plain) for index in range(self._frames))
        next(frames).save(self._path, save_all=True, append_images=frames, duration=rest_ms, loop=0, optimize=False)

    def _page(self, pages: Image, index: int) -> Image:
        pages.seek(index)
        return pages.convert("RGB")

    def _palette(self, pages: Image) -> Image:
        """Return colours that suit frames from all over the film."""
        pillow = load_extra("PIL.Image", "demo")
        chosen = sorted({index * (self._frames - 1) // 7 for index in range(8)})
        sheet: Image = pillow.new("RGB", (self._size[0], self._size[1] * len(chosen)))
        for row, index in enumerate(chosen):
            sheet.paste(self._page(pages, index), (0, row * self._size[1]))
        return sheet.quantize(256, method=pillow.Quantize.MEDIANCUT)


class Folder:
    """A folder of PNG files, one a frame.

    Args:
        path: The folder; it is made if it is not there, and must be empty.
    """

    fps = 15.0
    most_frames = 15 * 60 * 10

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames = 0
        with _writing(path):
            path.mkdir(parents=True, exist_ok=True)
            is_empty = next(path.iterdir(), None) is None
        if not is_empty:
            raise RequestError(
                f"The folder {path} is not empty.", "Name a new folder for the pictures.", code="folder_not_empty"
            )

    def add(self, still: Still) -> None:
        """Write a frame."""
        self._frames += 1
        with _writing(self._path):
            still.image().save(self._path / f"frame-{self._frames:05d}.png", format="PNG", compress_level=1)

    def finish(self) -> None:
        """Nothing is left to do."""

    def abandon(self) -> None:
        """What was written stays."""


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CapacityError(
                f"The disk is full: {path} is not complete.", "Free some room and try again.", code="disk_full"
            ) from error
        raise RequestError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Name a file in a folder that can be written to.",
            code="file_unwritable",
            path=str(path),
        ) from error


def _mp4_words(program: str, size: tuple[int, int], fps: float) -> list[str]:
    known = subprocess.run([program, "-hide_banner", "-encoders"], capture_output=True, text=True, check=False).stdout
    codec = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "20"] if "libx264" in known else ["-q:v", "3"]
    taken = ["-f", "rawvideo", "-pix_fmt", "bgr0", "-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-"]
    # Most players want an even number of rows and columns, and colours at half the resolution.
    shown = ["-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    return ["-hide_banner", "-loglevel", "error", "-y", *taken, "-an", "-threads", "2", *codec, *shown]
