"""How a host is doing, as a person sees it in 80 columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from npc_sdk.cli.console import plain
from npc_sdk.cli.memory_size import memory_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

    from npc_sdk.wire.messages import Telemetry

MOST_EVENTS: Final = 8
_LABEL: Final = 12
_TIGHT_SHARE: Final = 0.9


class TopState:
    """What a host has said so far. Not thread safe."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self.events: deque[dict[str, Any]] = deque(maxlen=MOST_EVENTS)
        self.lost = 0

    def take(self, message: Telemetry) -> None:
        """Take a message."""
        if message.kind == "status":
            self.figures = dict(message.data)
        else:
            self.events.append({"at_ms": message.at_ms, "kind": message.kind, "data": message.data})

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {**self.figures, "events": list(self.events), "lost": self.lost}


def summary(state: TopState) -> str:
    """Return the most important figures as one line."""
    figures = state.figures
    parts = [
        f"up {clock_text(figures.get('uptime_ms', 0.0))}",
        _characters(figures),
        f"{_number(_part(figures, 'recent').get('tokens_per_s'))} tokens/s",
        f"first token {_first_tokens(figures)}",
        f"memory {_device(figures)[1]}",
        f"frame {_frame(figures)}",
    ]
    return "; ".join(parts)


def event_text(event: Mapping[str, Any]) -> str:
    """Return an event as one line; no text of a player or a character is in it."""
    data = event["data"]
    kind = event["kind"]
    if kind in ("turn", "decision"):
        cost = _part(data, "cost")
        text = f"{kind}: {data.get('source')}, {data.get('why')}, {_ms(cost.get('total_ms'))}"
        text += f", first token {_ms(cost.get('first_token_ms'))}"
    else:
        more = ", ".join(f"{name} {value}" for name, value in data.items() if name != "event" and value is not None)
        text = f"{kind}: {data.get('event', '')} {more}"
    return plain(f"{clock_text(event['at_ms'])}  {text.rstrip()}")


def clock_text(ms: float) -> str:
    """Return a time as hours, minutes and seconds."""
    seconds = int(ms // 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def picture(state: TopState, *, width: int) -> RenderableType:
    """Return everything as lines for a terminal.

    Args:
        state: What is known.
        width: Columns of the terminal.
    """
    from rich.console import Group
    from rich.text import Text

    figures = state.figures
    if not figures:
        return Text("Waiting for the host ...", style="dim")
    lines = [_title(figures)]
    lines += [_line(label, text) for label, text in _rows(figures)]
    lines.insert(4, _memory_bar(figures, width))
    if state.events:
        lines += [Text(), Text("last events", style="bold")]
    lines += [Text("  " + event_text(event), style=_event_style(event)) for event in state.events]
    if state.lost:
        lines.append(Text(f"  {state.lost} messages were lost", style="yellow"))
    for line in lines:
        line.truncate(width, overflow="ellipsis")
        line.no_wrap = True
    return Group(*lines)


def _title(figures: Mapping[str, Any]) -> Text:
    from rich.text import Text

    engine = _part(figures, "engine")
    down = figures.get("down")
    text = Text(plain(f"{engine.get('model_name') or 'no model'} on {engine.get('backend') or '?'}"), style="bold")
    text.append(f"   up {clock_text(figures.get('uptime_ms', 0.0))}, process {figures.get('pid')}", style="dim")
    if down:
        text.append(f"   engine down: {plain(str(_part(figures, 'down').get('code')))}", style="bold red")
    return text


def _rows(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    stats, memory = _part(figures, "stats"), _part(figures, "memory")
    recent = _part(figures, "recent")
    held = [
        f"{name} {memory_size(memory[f'{name}_bytes'])}"
        for name in ("host", "engine", "context", "parked")
        if memory.get(f"{name}_bytes") is not None
    ]
    speed = f"{_number(recent.get('tokens_per_s'))} tokens/s"
    starving = "   starving" if stats.get("is_starving") else ""
    return [
        ("characters", _characters(figures)),
        ("speed", f"{speed}   step {_ms(stats.get('step_ms'))}   {stats.get('steps', 0)} steps{starving}"),
        ("first token", _first_tokens(figures)),
        ("processes", "   ".join(held)),
        ("frame", _frame(figures)),
    ]


def _characters(figures: Mapping[str, Any]) -> str:
    stats = _part(figures, "stats")
    sessions = figures.get("sessions", 0)
    clients = "1 client" if sessions == 1 else f"{sessions} clients"
    npcs = figures.get("npcs", 0)
    characters = "1 character" if npcs == 1 else f"{npcs} characters"
    return f"{characters}, {figures.get('talking', 0)} talking, {stats.get('waiting', 0)} waiting, {clients}"


def _first_tokens(figures: Mapping[str, Any]) -> str:
    first = _part(_part(figures, "recent"), "first_token_ms")
    if not first.get("count"):
        return "none within a minute"
    return f"p50 {_ms(first.get('p50'))}, p95 {_ms(first.get('p95'))} of {first['count']}"


def _device(figures: Mapping[str, Any]) -> tuple[float | None, str]:
    """Return which share of the budget is used, if there is one, and the figures as text."""
    memory = _part(figures, "memory")
    used, budget = memory.get("device_bytes") or 0, memory.get("budget_bytes")
    if not used and not budget:
        return None, "none on a graphics card"
    if not budget:
        return None, f"{memory_size(used)} on the graphics card, no budget"
    return used / budget, f"{memory_size(used)} of {memory_size(budget)}"


def _memory_bar(figures: Mapping[str, Any], width: int) -> Text:
    share, text = _device(figures)
    line = _line("VRAM", "")
    if share is not None:
        size = max(8, min(40, width - _LABEL - len(text) - 4))
        full = min(size, round(share * size))
        line.append("█" * full, style="red" if share > 1 else "yellow" if share > _TIGHT_SHARE else "green")
        line.append("░" * (size - full) + "  ", style="dim")
    line.append(text)
    return line


def _frame(figures: Mapping[str, Any]) -> str:
    frame = _part(figures, "frame")
    if not frame:
        return "the game says nothing"
    measured = frame.get("measured_ms")
    late = " (late)" if measured is not None and measured > frame["target_ms"] else ""
    return f"{_ms(measured)} of {_ms(frame['target_ms'])}{late}, {plain(str(frame.get('mode')))}"


def _line(label: str, text: str) -> Text:
    from rich.text import Text

    return Text(f"{label:<{_LABEL}} ", style="cyan").append(text, style="default")


def _event_style(event: Mapping[str, Any]) -> str:
    data = event["data"]
    if data.get("event") in ("engine_down", "store_failed", "record_failed", "trace_failed"):
        return "bold red"
    return "yellow" if data.get("source") == "fallback" else ""


def _part(figures: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = figures.get(name)
    return part if isinstance(part, Mapping) else {}


def _number(value: Any) -> str:
    return "?" if value is None else f"{value:.1f}"


def _ms(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value / 1000:.1f} s" if value >= 10_000 else f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms"
