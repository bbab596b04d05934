"""Sizes of memory as they are read at a glance."""

from __future__ import annotations

_MIB = 1 << 20


def size_text(n_bytes: float) -> str:
    """Return a size such as ``24 MiB`` or ``5.2 GiB``."""
    mib = n_bytes / _MIB
    if mib >= 1000:
        return f"{mib / 1024:.1f} GiB"
    return f"{mib:.0f} MiB" if mib >= 0.95 or not n_bytes else f"{mib:.1f} MiB"
