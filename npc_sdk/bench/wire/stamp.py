"""Words that tell when they were born, from a small vocabulary, so that histories of them stay small."""

from __future__ import annotations

import re
import time

STEP_US = 10
_BITS = 12
_MASK = (1 << _BITS) - 1
_WRAP_US = STEP_US << 2 * _BITS
_STAMP = re.compile(r"n(\d+) w(\d+) x(\d+)")


def now_us() -> int:
    """Return microseconds of the monotonic clock, which all processes of a machine share."""
    return time.monotonic_ns() // 1000


def stamped(number: int, at_us: int) -> str:
    """Return the words for an event.

    Args:
        number: Its place in its turn.
        at_us: When it was born.
    """
    steps = at_us % _WRAP_US // STEP_US
    return f" n{number} w{steps >> _BITS} x{steps & _MASK}"


def stamps(text: str, now: int) -> list[tuple[int, int]]:
    """Return number and age in microseconds of each event in a text; ages are right up to two minutes.

    Args:
        text: What arrived.
        now: The time now, as :func:`now_us` gives it.
    """
    found: list[tuple[int, int]] = []
    for number, high, low in _STAMP.findall(text):
        born_us = ((int(high) << _BITS) + int(low)) * STEP_US
        found.append((int(number), (now - born_us) % _WRAP_US))
    return found
