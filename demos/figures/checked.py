"""Reads values out of what a host says: what is missing or of another shape than expected counts as not said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MOST_BYTES = 1 << 60
_MOST_CHARACTERS = 200
_NOTHING: Mapping[str, Any] = {}


def part(value: object, *names: str) -> Mapping[str, Any]:
    """Return the map that lies under these names, one in the other; an empty one when it does not."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else _NOTHING


def number(value: object) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        read = float(value)
    except OverflowError:
        return None
    return read if math.isfinite(read) else None


def whole(value: object) -> int | None:
    """Return a whole number from 0 up, or None."""
    read = number(value)
    return None if read is None or not 0 <= read <= MOST_BYTES else int(read)


def size_bytes(value: object) -> int:
    """Return a size in bytes; 0 when there is none."""
    return whole(value) or 0


def text(value: object) -> str:
    """Return a short text; empty when there is none."""
    return value[:_MOST_CHARACTERS] if isinstance(value, str) else ""
