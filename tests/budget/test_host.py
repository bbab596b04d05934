from __future__ import annotations

import threading
from pathlib import Path

import psutil
import pytest

from npc_sdk.budget import host
from npc_sdk.budget.host import HostProbe
from npc_sdk.budget.probe import MemoryReading, NoReading


def test_the_system_is_seen() -> None:
    probe = HostProbe(now_ms=lambda: 5.0)
    seen = probe.read()
    assert isinstance(seen, MemoryReading)
    assert 0 < seen.free_bytes <= seen.total_bytes <= psutil.virtual_memory().total
    assert (seen.at_ms, seen.source, seen.own_bytes) == (5.0, "host", None)
    assert {"own_bytes", "used_by_others_bytes"} == set(seen.missing)
    assert probe.device is not None and probe.device.kind == "host" and probe.device.name


def test_a_system_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise OSError("no /proc")

    monkeypatch.setattr(host, "system_memory", silent)
    seen = HostProbe().read()
    assert isinstance(seen, NoReading) and seen.code == "system_silent"


def test_a_system_that_does_not_say_how_busy_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent() -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "cpu_times", silent)
    seen = HostProbe().read()
    assert isinstance(seen, MemoryReading) and seen.utilisation is None


def test_how_busy_it_was_is_seen_from_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([(100.0, 90.0), (110.0, 95.0), (110.0, 95.0), (120.0, 95.0)])
    monkeypatch.setattr(host, "_processor_seconds", lambda: next(seconds))
    probe = HostProbe()
    busy: list[float | None] = []

    def read() -> None:
        seen = probe.read()
        assert isinstance(seen, MemoryReading)
        busy.append(seen.utilisation)

    for _ in range(3):
        thread = threading.Thread(target=read)
        thread.start()
        thread.join()
    assert busy == [0.5, 0.0, 1.0]


def test_it_can_be_closed() -> None:
    probe = HostProbe()
    probe.close()
    probe.close()
    seen = probe.read()
    assert isinstance(seen, NoReading) and seen.code == "probe_closed"


def test_a_processor_always_has_a_name(tmp_path: Path) -> None:
    assert host._processor(tmp_path / "none")
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Quick 9000\n")
    assert host._processor(tmp_path / "cpuinfo") == "Quick 9000"
