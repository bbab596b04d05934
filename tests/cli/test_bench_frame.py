from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.bench.frame.cell import Course

SPREAD = {"p50": 16.7, "p99": 17.0, "p999": 18.0, "longest": 18.0}
CELL = {
    "scene": "light",
    "model": "",
    "characters": 0,
    "variant": "off",
    "state": "done",
    "others_share": 0.01,
    "is_complete": True,
    "frames": 3,
    "interval_ms": SPREAD,
    "work_ms": SPREAD,
    "late": 0,
    "long": 0,
    "log": {"interval_us": [16700, 16700, 17000], "work_us": [3000, 3000, 3000]},
}


class Bench:
    """Stands for the measuring."""

    def __init__(self) -> None:
        self.course: Course | None = None
        self.error: BaseException | None = None
        self.checks: list[dict[str, Any]] = []

    def run(self, course: Course, *, keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        self.course = course
        course.report("half [way]")
        course.tick("half", 0.5)
        result = {
            "date": "2026-11-20T20:00:00+00:00",
            "machine": {"processor": "a", "cores": 2, "system": "Linux", "python": "3.11"},
            "run_seconds": course.seconds,
            "threads": 1,
            "deadlines_ms": {},
            "scenes": {"light": {"units": 9, "work_ms": SPREAD}},
            "cells": [CELL],
            "checks": self.checks,
            "is_complete": self.error is None,
        }
        keep(result)
        if self.error is not None:
            raise self.error
        return result


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    pytest.importorskip("matplotlib", reason="the library that plots is not installed")
    made = Bench()
    monkeypatch.setattr("npc_sdk.bench.frame.run.run", made.run)
    return made


def test_options_make_the_course(npc: Any, bench: Bench, tmp_path: Path) -> None:
    result = npc(
        *("bench", "frame", "--out", tmp_path / "out", "--seconds", 5, "--characters", "1, 4,8"),
        *("--scenes", "heavy", "--models", "starter", "--variants", "paced,naive", "--seed", 3),
    )
    assert result.exit_code == 0 and "half [way]" in result.stderr
    course = bench.course
    assert course is not None
    assert (course.seconds, course.characters, course.seed) == (5.0, (1, 4, 8), 3)
    assert (course.scenes, course.models, course.variants) == (("heavy",), ("starter",), ("paced", "naive"))
    assert "npc bench frame" in result.stdout and "off" in result.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "frame-times.jsonl",
        "frame.json",
        "frame.md",
    ]


def test_quick_is_short_but_may_be_changed(npc: Any, bench: Bench, tmp_path: Path) -> None:
    assert npc("bench", "frame", "--quick", "--out", tmp_path, "--characters", "2").exit_code == 0
    course = bench.course
    assert course is not None and course.models == ("starter",) and course.characters == (2,)


def test_json_is_printed_alone(npc: Any, bench: Bench, tmp_path: Path) -> None:
    printed = json.loads(npc("bench", "frame", "--out", tmp_path, "--json", "-").stdout)
    assert printed["cells"][0]["frames"] == 3 and "log" not in printed["cells"][0]


def test_a_missed_promise_ends_with_one(npc: Any, bench: Bench, tmp_path: Path) -> None:
    names = {"scene": "light", "model": "starter", "characters": 8, "name": "p99 / off", "is_at_least": False}
    bench.checks = [{**names, "value": 1.4, "limit": 1.1, "is_met": False}]
    result = npc("bench", "frame", "--out", tmp_path)
    assert result.exit_code == 1 and "missed" in result.stdout


def test_ctrl_c_keeps_and_shows_what_was_measured(npc: Any, bench: Bench, tmp_path: Path) -> None:
    bench.error = KeyboardInterrupt()
    result = npc("bench", "frame", "--out", tmp_path)
    assert result.exit_code == 130 and "npc bench frame" in result.stdout
    assert json.loads((tmp_path / "frame.json").read_text(encoding="utf-8"))["is_complete"] is False


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("--characters", "many"), 2, "--characters"),
        (("--characters", "0"), 3, "bad_characters"),
        (("--models", "huge"), 3, "unknown_model"),
        (("--scenes", ""), 3, "unknown_scene"),
        (("--variants", "fast"), 3, "unknown_variant"),
        (("--seconds", "0"), 3, "bad_seconds"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    npc: Any, bench: Bench, tmp_path: Path, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    result = npc("bench", "frame", "--out", tmp_path, *arguments)
    assert result.exit_code == exit_code and words in result.stderr
    assert bench.course is None


def test_without_matplotlib_the_extra_is_named_at_once(
    npc: Any, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = npc("bench", "frame", "--out", tmp_path)
    assert result.exit_code == 3 and "missing_extra" in result.stderr and bench.course is None


def test_a_folder_that_cannot_be_written_to(npc: Any, bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    result = npc("bench", "frame", "--out", tmp_path / "taken")
    assert result.exit_code == 3 and "file_unwritable" in result.stderr and bench.course is None
