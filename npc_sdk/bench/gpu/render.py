"""The stand-in for a game: a process that draws without a display, and tells how long each frame took.

``python -m npc_sdk.bench.gpu.render DEVICE WIDTH HEIGHT`` takes orders as lines of JSON and answers with lines of
JSON; while it draws, each frame is a line ``f`` with its milliseconds. The time of a frame is taken on the CPU, from
its beginning until everything is drawn (``glFinish``), the way a player meets it; a GPU's own timers would leave out
the waiting for another process's work.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Final, TextIO

from npc_sdk.errors import BackendError, NpcError
from npc_sdk.models.extra import load_extra

DRAWS: Final = 16
"""Pieces of a frame, so that a device can turn to another process in between, as with a game's many draws."""

_MOST_LOOPS: Final = 1 << 20
_SPIN_S: Final = 0.0005
_LIBRARIES: Final = ((None, None), ("libGL.so.1", "libEGL.so.1"), ("libOpenGL.so.0", "libEGL.so.1"))

_VERTEX: Final = """
#version 330
void main() {
    vec2 corner = vec2(float((gl_VertexID << 1) & 2), float(gl_VertexID & 2));
    gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}
"""

_FRAGMENT: Final = """
#version 330
uniform int loops;
uniform float seed;
out vec4 color;
void main() {
    vec3 value = vec3(gl_FragCoord.xy * 0.001, seed);
    for (int index = 0; index < loops; index++) {
        value = fract(sin(value * 12.9898 + value.yzx) * 437.5453);
    }
    color = vec4(value, 1.0);
}
"""


class Screen:
    """Something to draw on that nobody sees.

    Args:
        device: Number of the EGL device.
        width: Pixels.
        height: Pixels.

    Raises:
        RequestError: The drawing library is missing (``missing_extra``).
        BackendError: No context can be made (``no_egl``).
    """

    def __init__(self, device: int, width: int, height: int) -> None:
        self._context = _context(load_extra("moderngl", "bench"), device)
        self._program = self._context.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._array = self._context.vertex_array(self._program, [])
        self._frame = self._context.simple_framebuffer((width, height))
        self._frame.use()
        self.loops = 1

    def about(self) -> dict[str, str]:
        """Return who draws."""
        info = self._context.info
        return {name: str(info[f"GL_{name.upper()}"]) for name in ("vendor", "renderer", "version")}

    def draw(self, number: int) -> float:
        """Draw one frame, wait until it is drawn, and return the milliseconds that took."""
        began = perf_counter()
        self._program["loops"].value = self.loops
        for piece in range(DRAWS):
            self._program["seed"].value = (number * DRAWS + piece) % 997 / 997.0
            self._array.render(vertices=3)
        self._context.finish()
        return (perf_counter() - began) * 1000

    def calibrate(self, work_ms: float) -> float:
        """Choose how much is drawn so that a frame takes about so long, and return how long it takes."""
        self.loops = 1
        took = self._typical()
        while took < work_ms / 2 and self.loops < _MOST_LOOPS:
            self.loops *= 2
            took = self._typical()
        for _ in range(3):
            self.loops = max(1, min(_MOST_LOOPS, round(self.loops * work_ms / took)))
            took = self._typical()
        return took

    def _typical(self) -> float:
        for number in range(2):
            self.draw(number)
        return median(self.draw(number) for number in range(7))


def _context(library: Any, device: int) -> Any:
    causes: list[str] = []
    for gl, egl in _LIBRARIES:
        names = {} if gl is None else {"libgl": gl, "libegl": egl}
        try:
            return library.create_context(standalone=True, backend="egl", device_index=device, **names)
        except Exception as error:  # the library raises bare exceptions
            causes.append(str(error))
    raise BackendError(
        f"No EGL context can be made: {causes[0]}.",
        "Install libegl1 and the driver's OpenGL; in a container allow it graphics (NVIDIA_DRIVER_CAPABILITIES=all).",
        code="no_egl",
        causes=causes,
    )


def draw_frames(draw: Callable[[int], float], tell: Callable[[float], None], *, fps: float, seconds: float) -> int:
    """Draw frames for some seconds and return how many there were.

    Args:
        draw: Draws a frame and returns its milliseconds.
        tell: Is told them.
        fps: Frames a second at most; 0 draws one after the other without waiting.
        seconds: How long.
    """
    number = 0
    due_s = perf_counter()
    ends_s = due_s + seconds
    while perf_counter() < ends_s:
        tell(draw(number))
        number += 1
        if fps:
            due_s = max(due_s + 1 / fps, perf_counter() - 1 / fps)
            _wait_until(due_s)
    return number


def _wait_until(due_s: float) -> None:
    left_s = due_s - perf_counter()
    if left_s > 2 * _SPIN_S:
        time.sleep(left_s - _SPIN_S)
    while perf_counter() < due_s:
        continue


def serve(screen: Screen, source: TextIO, target: TextIO) -> None:
    """Follow orders until they end.

    Args:
        screen: What is drawn on.
        source: Orders, one line of JSON each.
        target: Answers.
    """

    def say(value: dict[str, Any]) -> None:
        target.write(json.dumps(value) + "\n")
        target.flush()

    def tell(frame_ms: float) -> None:
        target.write(f"f {frame_ms:.4f}\n")
        target.flush()

    say(screen.about())
    for line in source:
        order = json.loads(line)
        if "work_ms" in order:
            took_ms = screen.calibrate(float(order["work_ms"]))
            say({"frame_ms": took_ms, "loops": screen.loops})
        else:
            say({"frames": draw_frames(screen.draw, tell, fps=float(order["fps"]), seconds=float(order["seconds"]))})


def main() -> None:
    """Draw until standard input ends."""
    device, width, height = (int(word) for word in sys.argv[1:4])
    try:
        screen = Screen(device, width, height)
    except NpcError as error:
        sys.stdout.write(json.dumps({"refused": error.to_dict()}) + "\n")
        return
    serve(screen, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
