from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.cli.serve import _seeded
from npc_sdk.wire.host_settings import HostConfiguration

Npc = Callable[..., Any]


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Makes hosts and serves none; returns what each was made with."""
    made: list[dict[str, Any]] = []

    def host(configuration: HostConfiguration, *, taps: Any) -> None:
        made.append({"seed": configuration.runtime.seed, "taps": [type(tap).__name__ for tap in taps]})
        for tap in taps:
            tap.close()

    monkeypatch.setattr("npc_sdk.wire.host.Host", host)
    monkeypatch.setattr("npc_sdk.wire.json_log.set_up_logging", lambda **options: None)
    monkeypatch.setattr("npc_sdk.wire.serve.run_host", lambda make, **options: make())
    return made


def test_what_is_asked_for_is_opened(npc: Npc, tmp_path: Path, served: list[dict[str, Any]]) -> None:
    options = ("--record", tmp_path / "r", "--trace", tmp_path / "t", "--metrics-port", "0")
    for arguments in ((), options):
        result = npc("serve", *arguments)
        assert result.exit_code == 0, result.stderr
    assert served[0] == {"seed": None, "taps": []}
    assert served[1]["taps"] == ["Recorder", "Trace", "Metrics"] and isinstance(served[1]["seed"], int)


def test_files_that_cannot_be_written_are_refused(npc: Npc, tmp_path: Path, served: list[dict[str, Any]]) -> None:
    for option in ("--record", "--trace"):
        result = npc("serve", option, tmp_path / "no" / "file")
        assert result.exit_code == 4 and "file_unusable" in result.stderr
    assert served == []


def test_a_seed_that_was_set_stays() -> None:
    configuration = HostConfiguration()
    seeded = _seeded(replace(configuration, runtime=replace(configuration.runtime, seed=7)))
    assert seeded.runtime.seed == 7 and _seeded(configuration).runtime.seed is not None
