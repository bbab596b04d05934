from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.bench.engine import FIGURES, MODELS, run
from npc_sdk.bench.harness import Setup

ROW = {"figure": 1, "case": "x", "name": "ratio", "value": 0.99, "limit": 0.97, "is_at_least": True, "detail": ""}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    asked: dict[str, Any] = {"is_met": True}

    def run(figures: list[int] | None, **options: Any) -> dict[str, Any]:
        asked.update(options, figures=figures)
        options["report"]("half [way]")
        return {"machine": {}, "quick": True, "rows": [{**ROW, "is_met": asked["is_met"]}]}

    monkeypatch.setattr("npc_sdk.bench.engine.run", run)
    return asked


def test_figures_are_chosen_by_number(npc: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    result = npc("bench", "engine", "--figures", "1,3,7", "--quick", "--model-folder", tmp_path, "--threads", 2)
    assert result.exit_code == 0
    assert asked["figures"] == [1, 3, 7]
    assert (asked["quick"], asked["folder"], asked["threads"]) == (True, tmp_path, 2)
    assert "0.99" in result.stdout and "half [way]" in result.stderr


def test_a_missed_limit_ends_with_one(npc: Any, asked: dict[str, Any]) -> None:
    asked["is_met"] = False
    result = npc("bench", "engine")
    assert result.exit_code == 1
    assert asked["figures"] is None


def test_json_is_printed_alone_or_written(npc: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    assert json.loads(npc("bench", "engine", "--json", "-").stdout)["rows"][0]["value"] == 0.99
    result = npc("bench", "engine", "--json", tmp_path / "a.json")
    assert "ratio" in result.stdout
    assert json.loads((tmp_path / "a.json").read_text())["quick"] is True


def test_what_is_no_number_is_a_usage_error(npc: Any, asked: dict[str, Any]) -> None:
    assert npc("bench", "engine", "--figures", "one").exit_code == 2


def test_an_unknown_figure_is_bad_input(npc: Any) -> None:
    result = npc("bench", "engine", "--figures", str(max(FIGURES) + 1))
    assert result.exit_code == 3
    assert "unknown_figure" in result.stderr


@pytest.mark.parametrize("figures", ["1", "4,8", "7"])
def test_models_that_cannot_be_built_are_told_before_the_first_figure(
    npc: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, figures: str
) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    result = npc("bench", "engine", "--quick", "--figures", figures, "--model-folder", tmp_path)
    assert result.exit_code == 3
    assert "missing_extra" in result.stderr and '".[bench]"' in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_models_that_are_there_need_no_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "gguf", None)
    asked: list[Setup] = []
    monkeypatch.setitem(FIGURES, 7, lambda setup: asked.append(setup) or [])
    monkeypatch.setitem(FIGURES, 8, lambda setup: [])
    run([8], folder=tmp_path)
    (tmp_path / "mid.gguf").touch()
    run([7], folder=tmp_path)
    assert len(asked) == 1


def test_every_figure_names_its_models() -> None:
    assert set(MODELS) == set(FIGURES)


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What ``npc bench gpu`` runs on, and what comes of it."""
    found: dict[str, Any] = {"is_met": True, "is_closed": False, "error": None}

    class Card:
        def close(self) -> None:
            found["is_closed"] = True

    class Rig:
        card = Card()

    def find_rig(**options: Any) -> Any:
        options.pop("report")("building [it]")
        found.update(options)
        return found.get("skip") or Rig()

    def run(_rig: Any, names: list[str] | None, *, out: Path) -> dict[str, Any]:
        found.update(names=names, out=out)
        if found["error"] is not None:
            raise found["error"]
        return {"figures": {"plans": {"state": "done", "rows": [{"is_met": found["is_met"]}]}}}

    monkeypatch.setattr("npc_sdk.bench.gpu.rig.find_rig", find_rig)
    monkeypatch.setattr("npc_sdk.bench.gpu.run.run", run)
    monkeypatch.setattr("npc_sdk.bench.gpu.report.markdown", lambda result: "| a page |\n")
    return found


def test_gpu_figures(npc: Any, card: dict[str, Any], tmp_path: Path) -> None:
    done = npc("bench", "gpu", "--quick", "--out", tmp_path, "--figures", "plans, frames", "--model", "starter")
    assert (done.exit_code, done.stdout) == (0, "| a page |\n") and "building [it]" in done.stderr
    assert card["names"] == ["plans", "frames"] and card["out"] == tmp_path and card["is_closed"]
    assert (card["quick"], card["model"], card["folder"]) == (True, "starter", None)


def test_gpu_figures_that_miss(npc: Any, card: dict[str, Any]) -> None:
    card["is_met"] = False
    assert npc("bench", "gpu").exit_code == 1
    assert card["names"] is None and card["out"] == Path("npc-bench-gpu")


def test_a_machine_without_a_card_is_skipped(npc: Any, card: dict[str, Any], tmp_path: Path) -> None:
    from npc_sdk.bench.gpu.rig import Skip

    card["skip"] = Skip(code="driver_missing", reason="No driver.", next_step="Install it.")
    done = npc("bench", "gpu", "--out", tmp_path / "new")
    assert done.exit_code == 0 and done.stdout == "" and not (tmp_path / "new").exists()
    assert "Skipped (driver_missing): No driver. Install it." in done.stderr


def test_gpu_figures_that_are_broken_off(npc: Any, card: dict[str, Any]) -> None:
    card["error"] = KeyboardInterrupt()
    assert npc("bench", "gpu").exit_code == 130 and card["is_closed"]


def test_a_gpu_figure_that_there_is_not(npc: Any, card: dict[str, Any]) -> None:
    done = npc("bench", "gpu", "--figures", "plan")
    assert done.exit_code == 3 and "names" not in card and "plans" in done.stderr
