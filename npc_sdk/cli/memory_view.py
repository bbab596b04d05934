"""A device's memory as a person sees it: a bar, who holds what, and how near the game's reserve is."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

from npc_sdk.cli.console import plain
from npc_sdk.cli.memory_size import memory_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from npc_sdk.budget.probe import MemoryReading, NoReading

Pressure = Literal["calm", "tight", "short"]

_TIGHT_SHARE = 0.05
_STYLES = {"calm": "green", "tight": "yellow", "short": "bold red"}
_RISING = " ▁▂▃▄▅▆▇█"
_REMEMBERED = 240
_LINES = 8


def pressure(reading: MemoryReading, reserve_bytes: int) -> Pressure:
    """Return how near a reading is to the game's reserve."""
    above = reading.free_bytes - reserve_bytes
    if above < 0:
        return "short"
    return "tight" if above < _TIGHT_SHARE * reading.total_bytes else "calm"


def pressure_text(reading: MemoryReading, reserve_bytes: int) -> str:
    """Return the same in words."""
    above = reading.free_bytes - reserve_bytes
    side = "above" if above >= 0 else "missing from"
    return f"{pressure(reading, reserve_bytes)}: {memory_size(abs(above))} {side} the reserve of " + memory_size(
        reserve_bytes
    )


def reading_text(reading: MemoryReading | NoReading, reserve_bytes: int) -> str:
    """Return a reading as one line, for output that nobody sees change."""
    from npc_sdk.budget.probe import NoReading

    if isinstance(reading, NoReading):
        return f"nothing: {reading.reason}"
    trust = "" if reading.finding is None else f" [{reading.trust}: {reading.finding.reason}]"
    free = f"{memory_size(reading.free_bytes)} of {memory_size(reading.total_bytes)} free"
    return f"{free}, {pressure_text(reading, reserve_bytes)}{trust}"


class MemoryView:
    """Draws readings, what was remarkable, and the steps that were taken. Not thread-safe.

    Args:
        title: The device and how it is looked at.
        reserve_bytes: What the game wants free.
    """

    def __init__(self, title: str, *, reserve_bytes: int) -> None:
        self._title = title
        self._reserve_bytes = reserve_bytes
        self._free_shares: deque[float] = deque(maxlen=_REMEMBERED)
        self._lines: deque[Text] = deque(maxlen=_LINES)
        self._last_finding = ""

    def note(self, line: str, *, style: str = "") -> None:
        """Add a line below the bar, such as a step of the governor; the last ones stay."""
        from rich.text import Text

        self._lines.append(Text(plain(line), style=style))

    def render(self, reading: MemoryReading | NoReading, *, width: int) -> RenderableType:
        """Return the picture of a reading.

        Args:
            reading: What was seen just now.
            width: Columns of the terminal.
        """
        from rich.console import Group
        from rich.text import Text

        from npc_sdk.budget.probe import NoReading

        title = Text(plain(self._title), style="bold", no_wrap=True, overflow="ellipsis")
        if isinstance(reading, NoReading):
            self._remark(reading)
            return Group(title, Text(f"nothing to see: {plain(reading.reason)}", style="bold red"), *self._lines)
        title.append(f", {memory_size(reading.total_bytes)}")
        self._free_shares.append(reading.free_bytes / reading.total_bytes)
        if reading.finding is None:
            self._last_finding = ""
        else:
            self._remark(reading.finding)
        bar, curve = _bar(reading, self._reserve_bytes, width), _curve(self._free_shares, width)
        state = (self._state(reading), *_fares(reading))
        return Group(title, bar, _legend(reading), *state, curve, *self._lines)

    def _remark(self, finding: NoReading) -> None:
        if finding.code != self._last_finding:
            self._last_finding = finding.code
            self.note(f"{finding.code}: {finding.reason}", style="yellow")

    def _state(self, reading: MemoryReading) -> Text:
        from rich.text import Text

        word = pressure(reading, self._reserve_bytes)
        text = Text.assemble(("pressure  ", "bold"), (pressure_text(reading, self._reserve_bytes), _STYLES[word]))
        if reading.trust != "measured":
            text.append(f"  ({reading.trust})", style="bold yellow")
        return text


def _fares(reading: MemoryReading) -> list[Text]:
    """Return how the device fares, when anybody knows."""
    from rich.text import Text

    if reading.utilisation is None:
        return []
    slow = f", slowed by {', '.join(reading.throttle)}" if reading.throttle else ""
    busy = f"{reading.utilisation * 100:.0f} %"
    return [Text.assemble(("busy      ", "bold"), busy, (plain(slow), "yellow"))]


def _parts(reading: MemoryReading) -> list[tuple[str, str, int, str]]:
    """Return the parts of the memory: what it is called, how it is drawn, its bytes, its colour."""
    reserved = reading.reserved_bytes or 0
    own = reading.own_bytes or 0
    others = max(0, reading.taken_bytes - own)
    whose = "in use" if reading.own_bytes is None else "others"
    parts = [
        (whose, "█", others, "blue"),
        ("model", "▓", own, "magenta"),
        ("driver" if reading.source == "nvml" else "kept", "▒", reserved, "bright_black"),
        ("free", "·", reading.free_bytes, "green"),
    ]
    return [part for part in parts if part[2] or part[0] == "free"]


def _bar(reading: MemoryReading, reserve_bytes: int, width: int) -> Text:
    from rich.text import Text

    bar = Text(no_wrap=True)
    done = drawn = 0
    for _, character, n_bytes, style in _parts(reading):
        done += n_bytes
        columns = round(done * width / reading.total_bytes) - drawn
        bar.append(character * max(0, columns), style=style)
        drawn += max(0, columns)
    bar = bar[:width]
    mark = width - 1 - min(width - 1, round(reserve_bytes * width / reading.total_bytes))
    return Text.assemble(bar[:mark], ("|", "bold red"), bar[mark + 1 :], no_wrap=True)


def _legend(reading: MemoryReading) -> Text:
    from rich.text import Text

    text = Text()
    for name, character, n_bytes, style in _parts(reading):
        text.append(f"{character} ", style=style)
        text.append(f"{name} {memory_size(n_bytes)}  ")
    text.rstrip()
    return text


def _curve(shares: deque[float], width: int) -> Text:
    from rich.text import Text

    label = "free      "
    seen = list(shares)[-max(1, width - len(label)) :]
    steps = len(_RISING) - 1
    return Text.assemble(
        (label, "bold"), ("".join(_RISING[round(max(0.0, min(1.0, share)) * steps)] for share in seen), "green")
    )
