"""Display cards that the machine holds, whether or not a driver runs them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Maker = Literal["NVIDIA", "AMD", "Intel"]

PCI_FOLDER = Path("/sys/bus/pci/devices")
_MAKERS: dict[str, Maker] = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
_DISPLAY_CLASS = "0x03"


def card_makers(folder: Path = PCI_FOLDER) -> tuple[Maker, ...]:
    """Return who made each display card; empty where the system does not show them (other than on Linux).

    Args:
        folder: Where Linux shows the devices on the bus.
    """
    return tuple(_cards(folder))


def _cards(folder: Path) -> Iterator[Maker]:
    try:
        places = sorted(folder.iterdir())
    except OSError:
        return
    for place in places:
        maker = _MAKERS.get(_text(place / "vendor"))
        if maker is not None and _text(place / "class").startswith(_DISPLAY_CLASS):
            yield maker


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
