"""Makes the traces that come with the package: ``python -m npc_sdk.testing.make_traces [FOLDER]``.

All of them show a card of 8 GiB and a game that aims at 60 frames a second. The same program always makes the
same files; a test compares them.

calm
    The game holds 3.5 GiB, give or take 16 MiB, for 30 s.
level_load
    The game holds all but 3 GB. After 5 s it loads a level: 3 GB in 2 s, so that nothing is left. Frames take two to
    four times as long meanwhile. The level stays for 8 s, goes within 1 s, and 9 s of calm follow.
sawtooth
    A world is streamed in: within 4 s the game takes 2 GiB more, lets go of them at once, and does so again, 8 times.
slow_leak
    The game takes 40 MiB more each second, from 3.5 GiB until 256 MiB are left, and restarts.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from pathlib import Path

from npc_sdk.budget.trace import Trace, TraceSample

FOLDER = Path(__file__).parent / "traces"
CARD_BYTES = 8 << 30
FRAME_MS = 1000.0 / 60.0

_MIB = 1 << 20
_NOISE_BYTES = 16 * _MIB
_LEVEL_BYTES = 3_000_000_000

Story = Callable[[float], tuple[int, float]]
"""From the time in seconds to what the game holds, and how many times longer than planned its frames take."""


def make_trace(name: str) -> Trace:
    """Return one of the traces.

    Args:
        name: One of :data:`STORIES`.
    """
    seconds, period_ms, about, story = STORIES[name]
    chance = random.Random(name)
    samples = []
    for step in range(int(seconds * 1000.0 / period_ms)):
        at_ms = step * period_ms
        held_bytes, slowness = story(at_ms / 1000.0)
        noise_bytes = int((chance.random() * 2.0 - 1.0) * _NOISE_BYTES)
        frame_ms = FRAME_MS * slowness * (1.0 + 0.06 * (chance.random() - 0.5))
        used_bytes = min(max(held_bytes + noise_bytes, 0), CARD_BYTES) if held_bytes < CARD_BYTES else CARD_BYTES
        samples.append(
            TraceSample(
                at_ms=at_ms, total_bytes=CARD_BYTES, used_by_others_bytes=used_bytes, frame_ms=round(frame_ms, 3)
            )
        )
    return Trace(samples=tuple(samples), about=about)


def _calm(_at_s: float) -> tuple[int, float]:
    return 3584 * _MIB, 1.0


def _level_load(at_s: float) -> tuple[int, float]:
    before = CARD_BYTES - _LEVEL_BYTES
    if at_s < 5.0:
        return before, 1.0
    if at_s < 7.0:
        return before + int(_LEVEL_BYTES * (at_s - 5.0) / 2.0), 2.0 + 2.0 * (int(at_s * 10) % 3 == 0)
    if at_s < 15.0:
        return CARD_BYTES, 1.05
    if at_s < 16.0:
        return before + int(_LEVEL_BYTES * (16.0 - at_s)), 1.3
    return before, 1.0


def _sawtooth(at_s: float) -> tuple[int, float]:
    tooth = (at_s % 4.0) / 4.0
    return 4096 * _MIB + int(2048 * _MIB * tooth), 1.0 + 0.2 * tooth


def _slow_leak(at_s: float) -> tuple[int, float]:
    held = 3584 * _MIB + int(40 * _MIB * at_s)
    return (held, 1.0) if held < CARD_BYTES - 256 * _MIB else (3584 * _MIB, 1.0)


STORIES: dict[str, tuple[float, float, str, Story]] = {
    "calm": (30.0, 100.0, "made: a calm game on a card of 8 GiB", _calm),
    "level_load": (25.0, 100.0, "made: a level of 3 GB is loaded in 2 s on a card of 8 GiB", _level_load),
    "sawtooth": (32.0, 100.0, "made: 2 GiB are streamed in and let go again, on a card of 8 GiB", _sawtooth),
    "slow_leak": (125.0, 500.0, "made: a game that leaks 40 MiB a second on a card of 8 GiB", _slow_leak),
}
"""Seconds, milliseconds between two samples, what it is about, and what happens."""


def main(arguments: list[str]) -> None:
    """Write every trace into a folder; the package's own by default."""
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in STORIES:
        text = "".join(make_trace(name).to_lines())
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
