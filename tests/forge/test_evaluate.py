from __future__ import annotations

import json
from pathlib import Path

import pytest

from npc_sdk.errors import ModelError, RequestError
from npc_sdk.forge.evaluate import Evaluation, compare, evaluate, table
from npc_sdk.testing import FakeEngine


def test_a_random_model_is_evaluated_and_fails(tiny_hybrid_path: Path, tmp_path: Path) -> None:
    said: list[str] = []
    transcript = tmp_path / "answers.jsonl"
    evaluation = evaluate(tiny_hybrid_path, count=2, report=said.append, transcript=transcript)
    assert evaluation.model["file"] == "tiny.gguf" and evaluation.settings["sampling"] == "as the persona says"
    for key in ("facts", "unknown", "manner", "in_role", "action", "no_action", "valid_calls", "orders", "tactics"):
        assert evaluation.figure(key).count >= 2, key
    assert evaluation.figure("facts").is_met is False
    assert evaluation.figure("valid_calls").share == 1.0
    assert {measure.key for measure in evaluation.measures} == {"variety", "speed.decode", "speed.read", "speed.load"}
    assert any("conversations" in line for line in said)
    assert json.loads(json.dumps(evaluation.to_dict()))["format"] == 1
    assert len(transcript.read_text(encoding="utf-8").splitlines()) > 50
    assert table(evaluation).row_count > 40


def test_another_architecture_is_evaluated_too(tiny_attention_path: Path) -> None:
    evaluation = evaluate(tiny_attention_path, count=1, greedy=True)
    assert evaluation.model["architecture"] == "llama" and evaluation.figure("tactics").count >= 1


def test_an_engine_of_the_caller_is_asked() -> None:
    evaluation = evaluate("", count=2, engine=FakeEngine(lambda prompt: "I do not know."))
    unknown = evaluation.figure("unknown")
    assert unknown.share == 1.0 and evaluation.figure("facts").share == 0.0
    assert [measure.key for measure in evaluation.measures] == ["variety"]


def test_a_model_that_cannot_talk_is_told_from_one_that_talks_badly(tmp_path: Path) -> None:
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "bert.gguf"
    writer = gguf.GGUFWriter(path, "bert")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    evaluation = evaluate(path, count=1)
    assert all(figure.count == 0 for figure in evaluation.figures)
    assert "Characters cannot speak with this model" in evaluation.notes[0]
    assert evaluation.figure("facts").note == "does not apply"
    assert all(measure.value is None for measure in evaluation.measures)


@pytest.mark.parametrize("options", [{"count": 0}, {"slots": 0}])
def test_nothing_cannot_be_counted(options: dict[str, int]) -> None:
    with pytest.raises(RequestError) as caught:
        evaluate("x.gguf", **options)  # type: ignore[arg-type]
    assert caught.value.code == "bad_count"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        evaluate(tmp_path / "none.gguf", count=1)


def test_files_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def evaluated(model: str, *, count: int, report: object) -> Evaluation:
        asked.append((model, count))
        return Evaluation(model={"file": model}, settings={}, figures=(), measures=())

    monkeypatch.setattr("npc_sdk.forge.evaluate.evaluate", evaluated)
    said: list[str] = []
    text, found = compare(["f32.gguf", "q8.gguf"], count=7, report=said.append)
    assert text.startswith("| Figure | f32.gguf | q8.gguf |") and len(found) == 2
    assert asked == [("f32.gguf", 7), ("q8.gguf", 7)] and said == ["evaluating f32.gguf", "evaluating q8.gguf"]
    with pytest.raises(RequestError):
        compare([])
