from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from npc_sdk.cli.top_view import TopState, clock_text, event_text, picture, summary
from npc_sdk.wire import messages as m

STATUS: dict[str, Any] = {
    "uptime_ms": 3_723_000.0,
    "pid": 4711,
    "sessions": 2,
    "npcs": 12,
    "talking": 3,
    "engine": {"model_name": "npc-starter-with-a-name-that-is-much-longer-than-it-should-be", "backend": "CUDA0"},
    "stats": {"waiting": 1, "steps": 10234, "step_ms": 12.1, "is_starving": True},
    "recent": {"tokens_per_s": 81.5, "first_token_ms": {"count": 14, "p50": 182.0, "p95": 10_410.0}},
    "memory": {"host_bytes": 1 << 27, "engine_bytes": 3 << 29, "device_bytes": 3 << 29, "budget_bytes": 2 << 30},
    "frame": {"target_ms": 16.6, "measured_ms": 18.25, "mode": "combat", "hints": 4},
}
COST = {"total_ms": 1234.0, "first_token_ms": 180.0}


def message(kind: str, data: dict[str, Any], at_ms: float = 61_000.0) -> m.Telemetry:
    return m.Telemetry(seq=0, at_ms=at_ms, kind=kind, data=data)


def drawn(state: TopState, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(picture(state, width=width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def a_state() -> TopState:
    state = TopState()
    state.take(message("status", STATUS))
    state.take(message("turn", {"source": "fallback", "why": "deadline", "cost": COST}))
    state.take(message("news", {"event": "engine_down", "error": "engine_crashed", "is_final": None}))
    state.take(message("session", {"event": "opened", "sessions": 2}))
    return state


def test_everything_fits_eighty_columns() -> None:
    lines = drawn(a_state(), 80)
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines)
    for part in (
        "12 characters, 3 talking, 1 waiting, 2 clients",
        "81.5 tokens/s   step 12.1 ms   10234 steps   starving",
        "p50 182 ms, p95 10.4 s of 14",
        "1.50 GiB of 2.00 GiB",
        "host 128 MiB   engine 1.50 GiB",
        "18.2 ms of 16.6 ms (late), combat",
        "00:01:01  turn: fallback, deadline, 1234 ms, first token 180 ms",
        "00:01:01  news: engine_down error engine_crashed",
    ):
        assert part in text, part
    bar = next(line for line in lines if line.startswith("VRAM"))
    assert bar.count("█") == 30 and bar.count("░") == 10


def test_little_is_drawn_of_a_host_that_says_little() -> None:
    assert drawn(TopState(), 80) == ["Waiting for the host ..."]
    state = TopState()
    state.take(message("status", {"down": {"code": "engine_crashed"}}))
    state.lost = 3
    text = "\n".join(drawn(state, 80))
    assert "engine down: engine_crashed" in text and "3 messages were lost" in text
    assert "none on a graphics card" in text and "the game says nothing" in text


def test_memory_without_a_budget_and_over_it() -> None:
    state = a_state()
    state.figures = {**STATUS, "memory": {"device_bytes": 3 << 29}}
    assert "1.50 GiB on the graphics card, no budget" in summary(state)
    state.figures = {**STATUS, "memory": {"device_bytes": 3 << 30, "budget_bytes": 1 << 30}}
    bar = next(line for line in drawn(state, 80) if line.startswith("VRAM"))
    assert "░" not in bar and "3.00 GiB of 1.00 GiB" in bar


def test_a_summary_is_one_line() -> None:
    line = summary(a_state())
    assert line.startswith("up 01:02:03; 12 characters") and "\n" not in line
    assert "memory 1.50 GiB of 2.00 GiB; frame 18.2 ms of 16.6 ms (late), combat" in line


def test_only_the_last_events_stay_and_nothing_a_terminal_obeys() -> None:
    state = TopState()
    for n in range(20):
        state.take(message("news", {"event": f"\x1b[2J{n}"}))
    assert len(state.events) == 8 and "\x1b" not in event_text(state.events[0])
    assert state.to_dict()["events"][0]["data"]["event"].endswith("12")
    assert clock_text(0.0) == "00:00:00"
