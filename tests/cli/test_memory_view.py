from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich.console import Console

from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.cli.memory_view import MemoryView, pressure, pressure_text, reading_text

GIB = 1 << 30
READING = MemoryReading(
    total_bytes=8 * GIB,
    free_bytes=2 * GIB,
    at_ms=0.0,
    source="nvml",
    own_bytes=GIB,
    used_by_others_bytes=4 * GIB,
    reserved_bytes=GIB,
    utilisation=0.43,
    throttle=("power_cap",),
)
LOST = NoReading(code="device_lost", reason="Gone \x1b[2J.")


def drawn(view: MemoryView, reading: MemoryReading | NoReading, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, highlight=False, emoji=False)
    console.print(view.render(reading, width=width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def view_of(reserve_bytes: int = GIB) -> MemoryView:
    return MemoryView("A card", reserve_bytes=reserve_bytes)


@pytest.mark.parametrize(("free", "word"), [(8, "calm"), (1.3, "tight"), (1, "tight"), (0.9, "short"), (0, "short")])
def test_pressure(free: float, word: str) -> None:
    assert pressure(replace(READING, free_bytes=int(free * GIB)), GIB) == word


def test_pressure_in_words() -> None:
    assert pressure_text(READING, GIB) == "calm: 1.00 GiB above the reserve of 1.00 GiB"
    assert pressure_text(READING, 3 * GIB) == "short: 1.00 GiB missing from the reserve of 3.00 GiB"


@pytest.mark.parametrize("width", [80, 120])
def test_a_picture(width: int) -> None:
    title, bar, legend, state, busy, curve = drawn(view_of(), READING, width)
    assert title == "A card, 8.00 GiB"
    eighth = width // 8
    assert bar == "█" * 4 * eighth + "▓" * eighth + "▒" * eighth + "·" * (eighth - 1) + "|" + "·" * eighth
    assert legend == "█ others 4.00 GiB  ▓ model 1.00 GiB  ▒ driver 1.00 GiB  · free 2.00 GiB"
    assert state == "pressure  calm: 1.00 GiB above the reserve of 1.00 GiB"
    assert busy == "busy      43 %, slowed by power_cap"
    assert curve == "free      ▂"


def test_without_knowing_whose_it_is() -> None:
    lines = drawn(view_of(), replace(READING, own_bytes=None, used_by_others_bytes=None, utilisation=None))
    assert "█ in use 5.00 GiB" in lines[2] and "model" not in lines[2]
    assert len(lines) == 5


def test_findings_are_told_once_until_all_is_well_again() -> None:
    view = view_of()
    held = replace(READING, trust="held", finding=replace(LOST, reason="Gone."))
    for _ in range(3):
        lines = drawn(view, held)
    assert "(held)" in lines[3]
    assert [line for line in lines if "device_lost" in line] == ["device_lost: Gone."]
    drawn(view, READING)
    assert len([line for line in drawn(view, held) if "device_lost" in line]) == 2


def test_steps_stay_below_the_bar() -> None:
    view = view_of()
    for number in range(20):
        view.note(f"8 slots -> {number} slots")
    lines = drawn(view, READING)
    assert lines[-1] == "8 slots -> 19 slots"
    assert len([line for line in lines if "slots" in line]) == 8


def test_nothing_to_see_steers_no_terminal() -> None:
    lines = drawn(view_of(), LOST)
    assert lines[1].startswith("nothing to see: Gone")
    assert "\x1b" not in "".join(lines)


def test_a_reading_in_a_line() -> None:
    assert reading_text(READING, GIB).startswith("2.00 GiB of 8.00 GiB free, calm")
    assert reading_text(replace(READING, trust="held", finding=LOST), GIB).endswith("[held: Gone \x1b[2J.]")
    assert reading_text(LOST, GIB).startswith("nothing: Gone")


sizes = some.integers(0, 10 * GIB)


@given(sizes, sizes, sizes, sizes, some.integers(20, 200))
def test_a_bar_is_as_wide_as_its_terminal(free: int, own: int, reserved: int, reserve: int, width: int) -> None:
    total = 10 * GIB
    reading = replace(READING, total_bytes=total, free_bytes=free, own_bytes=own, reserved_bytes=reserved)
    bar = drawn(view_of(reserve), reading, width)[1]
    assert len(bar) <= width and bar.count("|") == 1
