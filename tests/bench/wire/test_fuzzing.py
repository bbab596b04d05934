from __future__ import annotations

from pathlib import Path

import pytest

from npc_sdk.bench.wire import fuzzing


def test_a_live_host_stands_a_little_garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzing, "ROUNDS", 1)
    monkeypatch.setattr(fuzzing, "CALM_S", 0.3)
    rows = {row.name: row for row in fuzzing._live(300, 1, tmp_path)}
    assert rows["unhandled exceptions, and turns of the good client that failed"].is_met, rows
    assert rows["connections left"].is_met, rows
