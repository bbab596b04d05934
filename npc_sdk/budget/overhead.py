"""What a GPU backend takes for itself before anything is loaded: measured once, remembered, and assumed until then."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

Source = Literal["measured", "assumed"]

_FILE: Final = "overhead.json"
_MIB: Final = 1 << 20
_MOST: Final = 1 << 40

ASSUMED_BYTES: Final = {"cuda": 550 * 10**6, "other": 256 * _MIB}
"""Until it is measured. CUDA's context takes 120 to 550 MB, depending on the card (llama.cpp, pull request 20595);
for other backends nobody says, and this is a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What a backend takes for itself on a device.

    Args:
        n_bytes: How much.
        source: Whether it was measured on this device or is assumed.
    """

    n_bytes: int
    source: Source


def backend_overhead(device: str, *, backend: str = "cuda", folder: Path | None = None) -> Overhead:
    """Return what a backend takes for itself on a device.

    Args:
        device: The device's UUID, or its name where it has none.
        backend: ``cuda``; anything else counts as ``other``.
        folder: Where measurements are kept; the user's data folder by default.
    """
    measured = _read(_path(folder)).get(f"{backend}:{device}")
    if isinstance(measured, int) and not isinstance(measured, bool) and 0 <= measured <= _MOST:
        return Overhead(n_bytes=measured, source="measured")
    return Overhead(n_bytes=ASSUMED_BYTES.get(backend, ASSUMED_BYTES["other"]), source="assumed")


def remember_overhead(device: str, n_bytes: int, *, backend: str = "cuda", folder: Path | None = None) -> Path:
    """Keep a measurement for later plans, and return the file that holds it.

    Args:
        device: The device's UUID, or its name where it has none.
        n_bytes: What was measured.
        backend: ``cuda`` or another name.
        folder: Where measurements are kept; the user's data folder by default.

    Raises:
        OSError: The file cannot be written.
    """
    path = _path(folder)
    values = {**_read(path), f"{backend}:{device}": n_bytes}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _path(folder: Path | None) -> Path:
    return (folder or Path(platformdirs.user_data_dir("npc-sdk", appauthor=False))) / _FILE


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
