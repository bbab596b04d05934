from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.budget.probe import MemoryReading, NoReading
from npc_sdk.budget.trace import Trace
from npc_sdk.cli.budget_record import Recorded, record_trace
from npc_sdk.errors import BackendError

LOST = NoReading(code="device_lost", reason="The card has fallen off the bus.")


def test_a_recording_is_a_trace(npc: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    result = npc("budget", "record", path, "--seconds", 0.1, "--period-ms", 20, "--device", "4GiB")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{path} is written: ")
    trace = Trace.load(path)
    assert len(trace.samples) >= 3 and trace.findings == ()
    assert "configured" in trace.about and "20 ms" in trace.about
    assert {sample.total_bytes for sample in trace.samples} == {4 << 30}


def test_a_recording_is_written_once(npc: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("mine")
    arguments = ("budget", "record", path, "--seconds", 0, "--device", "host")
    result = npc(*arguments)
    assert result.exit_code == 3 and "file_exists" in result.stderr and "--replace" in result.stderr
    assert path.read_text() == "mine"
    facts = json.loads(npc(*arguments, "--replace", "--json").stdout)
    assert (facts["samples"], facts["missed"], facts["path"]) == (1, {}, str(path))


def test_a_place_that_cannot_be_written(npc: Any, tmp_path: Path) -> None:
    result = npc("budget", "record", tmp_path / "none" / "a.jsonl", "--seconds", 0, "--device", "host")
    assert result.exit_code == 3 and "file_unwritable" in result.stderr


@pytest.mark.parametrize("command", [("record", "x.jsonl"), ("watch",)])
@pytest.mark.parametrize(("device", "code"), [("GPU-nowhere", None), ("nonsense", "bad_device"), ("0GiB", "bad_size")])
def test_a_device_that_cannot_be_read(
    npc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], device: str, code: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    result = npc("budget", *command, "--device", device, "--seconds", 0)
    assert result.exit_code == (5 if code is None else 3)
    assert (code or "error: ") in result.stderr
    assert list(tmp_path.iterdir()) == [], "no file is left behind"


class Flaky:
    """Sees something twice, then nothing, then Ctrl-C is pressed."""

    name = "flaky"
    device = None

    def __init__(self) -> None:
        self.readings = 0

    def read(self) -> MemoryReading | NoReading:
        self.readings += 1
        if self.readings > 5:
            raise KeyboardInterrupt
        if self.readings > 3:
            return LOST
        return MemoryReading(total_bytes=100, free_bytes=self.readings, at_ms=0.0, source="flaky")

    def close(self) -> None:
        """Nothing is open."""


def test_ctrl_c_ends_a_recording_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    recorded = record_trace(Flaky(), path, seconds=None, period_ms=1.0, is_new=True)
    assert (recorded.samples, dict(recorded.missed)) == (2, {"device_lost": 2})
    assert (recorded.least_free_bytes, recorded.most_free_bytes) == (2, 3)
    assert len(Trace.load(path).samples) == 2
    assert "2 times device_lost" in recorded.text()


def test_nothing_to_begin_with_is_an_error(tmp_path: Path) -> None:
    flaky = Flaky()
    flaky.readings = 3
    with pytest.raises(BackendError) as caught:
        record_trace(flaky, tmp_path / "a.jsonl", seconds=1.0, period_ms=1.0, is_new=True)
    assert (caught.value.code, caught.value.next_step) == ("device_lost", "See npc doctor.")


def test_a_record_of_nothing_reads_well() -> None:
    assert "1 sample in" in Recorded(path="a", about="", samples=1).text()
    assert Recorded(path="a", about="").text() == "a is written: 0 samples in 0.0 s, 0 B to 0 B free."


def test_a_watch_prints_a_line_each_period(npc: Any) -> None:
    result = npc("budget", "watch", "--device", "4GiB", "--seconds", 0.1, "--period-ms", 50, "--reserve", "1GiB")
    title, reason, *lines = result.stdout.splitlines()
    assert (title, reason) == ("a device with a given budget (configured)", "The budget was given by hand.")
    assert len(lines) >= 2
    assert lines[0].split() == "0.0 s 4.00 GiB of 4.00 GiB free, calm: 3.00 GiB above the reserve of 1.00 GiB".split()


def test_a_watch_for_programs(npc: Any) -> None:
    result = npc("budget", "watch", "--device", "4GiB", "--seconds", 0, "--json", "--reserve", "5GiB")
    [line] = [json.loads(text) for text in result.stdout.splitlines()]
    assert (line["free_bytes"], line["pressure"], line["trust"], line["steps"]) == (4 << 30, "short", "measured", [])


def test_a_trace_is_watched_to_its_end(npc: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"at_ms": 0, "total_bytes": 100, "used_by_others_bytes": 1}\nnoise\n')
    result = npc("budget", "watch", "--trace", path, "--seconds", 0)
    assert result.exit_code == 0
    assert "line 2: trace_bad_line: this is no JSON" in result.stdout
    assert "99 B of 100 B free" in result.stdout


def test_a_shipped_trace_is_known_by_name(npc: Any) -> None:
    assert "3 GB" in npc("budget", "watch", "--trace", "level_load", "--seconds", 0).stdout
    result = npc("budget", "watch", "--trace", "storm")
    assert result.exit_code == 3 and "unknown_trace" in result.stderr and "level_load" in result.stderr
    assert "trace_unreadable" in npc("budget", "watch", "--trace", "storm.jsonl").stderr


def test_a_reserve_must_be_a_size(npc: Any) -> None:
    result = npc("budget", "watch", "--reserve", "some")
    assert result.exit_code == 3 and "bad_size" in result.stderr


@pytest.mark.parametrize("command", [("record", "a.jsonl"), ("watch",)])
@pytest.mark.parametrize("option", ["--seconds", "--period-ms"])
def test_times_must_be_times(
    npc: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for value in ("nan", "inf", "-1"):
        # Releases of Typer differ in what they let through.
        assert npc("budget", *command, "--device", "4GiB", option, value).exit_code in (2, 3)
    assert list(tmp_path.iterdir()) == []


def test_a_reserve_of_nothing(npc: Any) -> None:
    result = npc("budget", "watch", "--device", "4GiB", "--seconds", 0, "--reserve", "0")
    assert result.exit_code == 0 and "reserve of 0 B" in result.stdout
