"""The process that draws, from the other side."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Final

from typing_extensions import Self

from npc_sdk.errors import BackendError, from_dict

SIZE: Final = (1280, 720)

_ANSWER_LIMIT_S: Final = 60.0
_GRACE_S: Final = 20.0


def render_command(device: int, size: tuple[int, int] = SIZE) -> list[str]:
    """Return what starts a process that draws.

    Args:
        device: Number of the EGL device.
        size: Pixels across and down.
    """
    return [sys.executable, "-m", "npc_sdk.bench.gpu.render", str(device), str(size[0]), str(size[1])]


class RenderProcess:
    """A process that draws. One thread uses it; another of its own hears of the frames.

    Args:
        command: What starts it.

    Attributes:
        about: Who draws: ``vendor``, ``renderer`` and ``version``.

    Raises:
        NpcError: It cannot draw here (``no_egl``, ``missing_extra``), or ended.
    """

    def __init__(self, command: list[str]) -> None:
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._on_frame: Callable[[float, float], None] | None = None
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            cwd=Path(__file__).resolve().parents[3],
            start_new_session=True,  # Ctrl-C is for the one who asks
        )
        self._thread = threading.Thread(target=self._read, name="npc-bench-frames", daemon=True)
        self._thread.start()
        try:
            self.about = self._answer(_ANSWER_LIMIT_S)
            if "refused" in self.about:
                raise from_dict(self.about["refused"])
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def calibrate(self, work_ms: float) -> float:
        """Choose the work of a frame, and return the milliseconds that it takes then."""
        self._order({"work_ms": work_ms})
        return float(self._answer(_ANSWER_LIMIT_S)["frame_ms"])

    def draw(
        self, *, fps: float, seconds: float, meanwhile: Callable[[], None], on_frame: Callable[[float], None]
    ) -> list[tuple[float, float]]:
        """Draw for some seconds.

        Args:
            fps: Frames a second at most; 0 does not wait between them.
            seconds: How long.
            meanwhile: What is done in this thread at the same time.
            on_frame: Told of each frame's milliseconds, on another thread.

        Returns:
            For each frame the moment when it was heard of, in seconds of ``perf_counter``, and its milliseconds.
        """
        frames: list[tuple[float, float]] = []

        def heard(at_s: float, frame_ms: float) -> None:
            frames.append((at_s, frame_ms))
            on_frame(frame_ms)

        self._on_frame = heard
        try:
            self._order({"fps": fps, "seconds": seconds})
            meanwhile()
            self._answer(seconds + _GRACE_S)
        finally:
            self._on_frame = None
        return frames

    def close(self) -> None:
        """End the process; safe to call twice."""
        self._child.kill()
        self._child.wait()
        self._thread.join(5)
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue

    def _order(self, value: dict[str, Any]) -> None:
        stream = self._child.stdin
        try:
            if stream is not None:
                stream.write(json.dumps(value) + "\n")
                stream.flush()
        except (OSError, ValueError) as error:
            raise _ended() from error

    def _answer(self, limit_s: float) -> dict[str, Any]:
        try:
            answer = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise BackendError("The process that draws does not answer.", code="render_stuck") from None
        if answer is None:
            raise _ended()
        return answer

    def _read(self) -> None:
        try:
            for line in self._child.stdout or ():
                if line.startswith("f "):
                    on_frame = self._on_frame
                    if on_frame is not None:
                        on_frame(perf_counter(), float(line[2:]))
                else:
                    self._answers.put(json.loads(line))
        except (OSError, ValueError):
            pass
        finally:
            self._answers.put(None)


def _ended() -> BackendError:
    return BackendError("The process that draws has ended.", code="render_ended")
