from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest

from npc_sdk.budget.probe import Device, MemoryReading, NoReading
from npc_sdk.cli.budget_watch import Watched, open_watched, watch_probe
from npc_sdk.errors import BackendError

ENDED = NoReading(code="trace_ended", reason="The trace ended.")
READING = MemoryReading(total_bytes=100, free_bytes=50, at_ms=0.0, source="x")


class Script:
    """Says one thing after the other."""

    name = "script"
    device: Device | None = None

    def __init__(self, *answers: MemoryReading | NoReading | None) -> None:
        self._answers = list(answers)

    def read(self) -> MemoryReading | NoReading:
        answer = self._answers.pop(0)
        if answer is None:
            raise KeyboardInterrupt
        return answer

    def close(self) -> None:
        """Nothing is open."""


def watch(*answers: MemoryReading | NoReading | None, as_json: bool = False) -> None:
    def steps(reading: MemoryReading | NoReading) -> Sequence[str]:
        return [] if isinstance(reading, NoReading) else ["8 slots -> 6 slots"]

    watched = Watched(probe=Script(*answers), title="A card", remarks=("Chosen.",))
    watch_probe(watched, reserve_bytes=10, seconds=None, period_ms=10.0, as_json=as_json, steps=steps)


def test_steps_come_after_their_reading(capsys: pytest.CaptureFixture[str]) -> None:
    watch(READING, NoReading(code="device_lost", reason="Gone."), ENDED)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:2] == ["A card", "Chosen."]
    assert lines[3] == "8 slots -> 6 slots"
    assert lines[4].endswith("nothing: Gone.") and len(lines) == 5


def test_steps_are_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    watch(READING, NoReading(code="device_lost", reason="Gone."), ENDED, as_json=True)
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["pressure"], first["steps"]) == ("calm", ["8 slots -> 6 slots"])
    assert (second["code"], second["steps"]) == ("device_lost", [])


def test_ctrl_c_is_how_looking_on_ends(capsys: pytest.CaptureFixture[str]) -> None:
    watch(READING, READING, None)
    assert len(capsys.readouterr().out.splitlines()) == 6


def test_nothing_to_begin_with_is_an_error() -> None:
    with pytest.raises(BackendError) as caught:
        watch(NoReading(code="no_device", reason="There is none.", next_step="Name another."))
    assert (caught.value.code, caught.value.next_step) == ("no_device", "Name another.")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout", screen := Terminal())
    watch(READING, READING, ENDED)
    text = screen.getvalue()
    assert "█" in text and "pressure" in text and "8 slots -> 6 slots" in text and "Chosen." in text


def test_a_device_says_why_it_was_chosen() -> None:
    watched = open_watched("4GiB", None)
    assert watched.remarks == ("The budget was given by hand.",)
    watched.probe.close()
