from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from npc_sdk.forge import pipeline
from npc_sdk.forge.evaluate import DEFAULT_COUNT, DEFAULT_SEED, Evaluation, Figure
from npc_sdk.forge.evaluation.figure import FIGURE_KINDS


def test_training_is_asked_as_told(npc: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def train_all(**options: Any) -> Path:
        asked.update(options)
        options["progress"].stage("begins")
        return tmp_path / "m.gguf"

    monkeypatch.setattr(pipeline, "train_all", train_all)
    result = npc(
        "forge", "train", "--preset", "smoke", "--minutes", 2, "--out", tmp_path, "--seed", 7, "--base", "starter"
    )
    assert result.exit_code == 0
    assert result.stdout.endswith(f"{tmp_path / 'm.gguf'}\n")
    assert (asked["preset_name"], asked["minutes"], asked["out"], asked["seed"]) == ("smoke", 2.0, tmp_path, 7)
    assert asked["base"] == "starter"


def test_training_needs_a_folder(npc: Any) -> None:
    assert npc("forge", "train").exit_code == 2


def test_an_unknown_recipe_is_bad_input(npc: Any, tmp_path: Path) -> None:
    result = npc("forge", "train", "--preset", "giant", "--out", tmp_path)
    assert result.exit_code == 3


@pytest.mark.parametrize("base", ["no-such-model", "pyproject.toml"])
def test_a_base_that_is_no_model_is_bad_input(npc: Any, tmp_path: Path, base: str) -> None:
    result = npc("forge", "train", "--preset", "smoke", "--out", tmp_path / "out", "--base", base)
    assert result.exit_code == 3 and "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_a_run_is_reported(npc: Any, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"1234")
    (tmp_path / pipeline.CHECKSUMS).write_text("ab12  m.gguf\n")
    run = {"preset": {"name": "smoke"}, "seed": 1, "minutes": 0.5, "position": {"step": 3, "tokens": 99}}
    (tmp_path / pipeline.RUN_FILE).write_text(json.dumps(run))
    shown = npc("forge", "report", tmp_path)
    assert shown.exit_code == 0
    assert all(part in shown.stdout for part in ("smoke", "step 3", "tokens 99", "m.gguf", "ab12"))
    data = json.loads(npc("forge", "report", tmp_path, "--json").stdout)
    assert data["models"] == [{"file": "m.gguf", "bytes": 4, "sha256": "ab12"}]


@pytest.mark.parametrize(("text", "code"), [(None, "no_run"), ("{", "bad_run"), ("[]", "bad_run"), ("{}", "bad_run")])
def test_a_folder_without_a_run_is_bad_input(npc: Any, tmp_path: Path, text: str | None, code: str) -> None:
    if text is not None:
        (tmp_path / pipeline.RUN_FILE).write_text(text)
    result = npc("forge", "report", tmp_path)
    assert result.exit_code == 3
    assert code in result.stderr


EVALUATION = Evaluation(
    model={"name": "tiny", "file": "m.gguf", "bytes": 4, "sha256": "ab12", "architecture": "nemotron_h"},
    settings={"count": 3, "seed": 1, "split": "held_out", "sampling": "greedy", "threads": 1, "slots": 1},
    figures=(Figure(kind=FIGURE_KINDS[0], hits=3, count=3),),
    measures=(),
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    asked: dict[str, Any] = {"evaluation": EVALUATION}

    def evaluate(model: str, **options: Any) -> Evaluation:
        asked.update(options, model=model)
        options["report"]("half [way]")
        evaluation: Evaluation = asked["evaluation"]
        return evaluation

    monkeypatch.setattr("npc_sdk.forge.evaluate.evaluate", evaluate)
    return asked


def test_a_model_is_evaluated(npc: Any, asked: dict[str, Any]) -> None:
    result = npc("forge", "evaluate", "m.gguf", "--count", 3, "--threads", 2, "--greedy")
    assert result.exit_code == 0
    assert (asked["model"], asked["count"], asked["threads"], asked["greedy"]) == ("m.gguf", 3, 2, True)
    assert FIGURE_KINDS[0].name in result.stdout and "half [way]" in result.stderr


def test_an_evaluation_asks_what_the_kit_asks_by_default(npc: Any, asked: dict[str, Any]) -> None:
    npc("forge", "evaluate", "m.gguf")
    assert (asked["count"], asked["seed"]) == (DEFAULT_COUNT, DEFAULT_SEED)


def test_the_figures_are_json_on_request(npc: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    assert json.loads(npc("forge", "evaluate", "m.gguf", "--json", "-").stdout) == EVALUATION.to_dict()
    npc("forge", "evaluate", "m.gguf", "--json", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == EVALUATION.to_dict()


def test_a_missed_goal_ends_with_one(npc: Any, asked: dict[str, Any]) -> None:
    kind = replace(FIGURE_KINDS[0], goal=0.9)
    asked["evaluation"] = replace(EVALUATION, figures=(Figure(kind=kind, hits=1, count=3),))
    assert npc("forge", "evaluate", "m.gguf").exit_code == 1


def test_a_run_keeps_its_figures_and_gets_a_card(npc: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    run = {"preset": {"name": "smoke"}, "seed": 1, "minutes": 0.5, "position": {"step": 3}}
    (tmp_path / pipeline.RUN_FILE).write_text(json.dumps(run))
    early = npc("forge", "report", tmp_path, "--card")
    assert early.exit_code == 3 and "not_evaluated" in early.stderr
    assert "Not evaluated yet" in npc("forge", "report", tmp_path).stdout
    assert npc("forge", "evaluate", "m.gguf", "--into", tmp_path).exit_code == 0
    assert FIGURE_KINDS[0].name in npc("forge", "report", tmp_path).stdout
    assert json.loads(npc("forge", "report", tmp_path, "--json").stdout)["evaluation"] == EVALUATION.to_dict()
    assert npc("forge", "report", tmp_path, "--card").exit_code == 0
    assert "tiny" in (tmp_path / "MODEL_CARD.md").read_text()


def test_an_evaluation_needs_a_model(npc: Any) -> None:
    assert npc("forge", "evaluate", "nobody").exit_code == 3
