"""Sizes of memory as people read them, in the units in which memory is sold."""

from __future__ import annotations

_STEP = 1024


def memory_size(n_bytes: int) -> str:
    """Return a size in B, KiB, MiB or GiB; a negative one with its sign."""
    sign, size = ("-", float(-n_bytes)) if n_bytes < 0 else ("", float(n_bytes))
    if size < _STEP:
        return f"{sign}{size:.0f} B"
    for unit in ("KiB", "MiB"):
        size /= _STEP
        if size < _STEP - 0.5:
            return f"{sign}{size:.0f} {unit}"
    return f"{sign}{size / _STEP:.2f} GiB"
