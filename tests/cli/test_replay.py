from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.wire.compare import NOTHING
from npc_sdk.wire.record_file import Record, opening, pack_record
from npc_sdk.wire.replay import Difference, Outcome

Npc = Callable[..., Any]

FOUND = Difference(number=7, at_ms=1500.0, what="end 3/9 turn", path="result.text", expected="a\x1b", got="b")


def recording(folder: Path, **header: Any) -> Path:
    file = folder / "r"
    file.write_bytes(opening() + pack_record(Record(0.0, "header", header)))
    return file


@pytest.fixture
def replayed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Replays come to what a test says; returns with which models they were run."""

    def use(difference: Difference | None = None, torn_at: int | None = None) -> list[Any]:
        models: list[Any] = []
        outcome = Outcome(records=9, sent=4, compared=5, difference=difference, torn_at=torn_at)

        class Fake:
            def __init__(self, recording: Any, *, model: str | None, wait_s: float | None) -> None:
                models.append(model)

            def run(self) -> Outcome:
                return outcome

        monkeypatch.setattr("npc_sdk.wire.replay.Replay", Fake)
        return models

    return use


def test_a_replay_without_a_difference(npc: Npc, tmp_path: Path, replayed: Any) -> None:
    replayed(torn_at=77)
    result = npc("replay", recording(tmp_path), "--fake")
    assert result.exit_code == 0, result.stderr
    assert "No difference: 9 records, 4 messages sent, 5 compared." in result.stdout
    assert "breaks off after 77 bytes" in result.stderr


def test_the_first_difference_is_shown(npc: Npc, tmp_path: Path, replayed: Any) -> None:
    replayed(FOUND)
    result = npc("replay", recording(tmp_path), "--fake")
    assert result.exit_code == 1
    assert "at record 7, 1.500 s" in result.stdout and "\x1b" not in result.stdout
    lines = [line.split() for line in result.stdout.splitlines()[1:]]
    assert [line[0] for line in lines] == ["message", "field", "expected", "got"]
    result = npc("replay", recording(tmp_path), "--fake", "--json")
    assert result.exit_code == 1 and json.loads(result.stdout)["difference"]["path"] == "result.text"
    replayed(Difference(number=1, at_ms=0.0, what="x", path="", expected=NOTHING, got={"a": "b" * 999}))
    result = npc("replay", recording(tmp_path), "--fake")
    assert "expected  (nothing)" in result.stdout and result.stdout.rstrip().endswith("...")
    result = npc("replay", recording(tmp_path), "--fake", "--json")
    assert json.loads(result.stdout)["difference"]["expected"] is None


def test_which_model_is_run(npc: Npc, tmp_path: Path, replayed: Any) -> None:
    models = replayed()
    real = recording(tmp_path, settings={"host": {"model": "starter"}}, tokenizer="abc")
    npc("replay", real)
    npc("replay", real, "--model", "other")
    npc("replay", real, "--fake")
    npc("replay", recording(tmp_path, settings={"host": {"model": "starter"}}, tokenizer="fake-1"))
    assert models == ["starter", "other", None, None]
    result = npc("replay", real, "--fake", "--model", "x")
    assert result.exit_code == 3 and "bad_options" in result.stderr


def test_what_is_no_recording_is_refused(npc: Npc, tmp_path: Path) -> None:
    result = npc("replay", tmp_path / "none")
    assert result.exit_code == 3 and "bad_recording" in result.stderr


def test_an_empty_recording_is_replayed(npc: Npc, tmp_path: Path) -> None:
    result = npc("replay", recording(tmp_path), "--fake", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {"records": 1, "sent": 0, "compared": 0, "difference": None, "torn_at": None}
