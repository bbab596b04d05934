from __future__ import annotations

import json

import pytest

from npc_sdk.errors import RequestError
from npc_sdk.forge.evaluation.figure import FIGURE_KINDS, Figure, Measure
from npc_sdk.forge.evaluation.result import Evaluation, Miss, percent


def sample(hits: int = 90) -> Evaluation:
    return Evaluation(
        model={"name": "NPC", "file": "npc.gguf", "bytes": 4_600_000, "sha256": "ab", "architecture": "nemotron_h"},
        settings={"count": 100, "seed": 1, "split": "held_out", "sampling": "greedy", "threads": 1, "slots": 8},
        figures=tuple(Figure(kind=kind, hits=hits, count=100) for kind in FIGURE_KINDS),
        measures=(
            Measure(key="speed.read", section="speed", name="Reading", value=5000.0, unit="tokens/s", goal=4000.0),
        ),
        notes=("3 answers were fallback lines (empty).",),
        misses=(Miss(key="facts", line="How | much?", answer="No.", problem="lacks 'x'"),),
        seconds=12.34,
    )


def test_an_evaluation_survives_as_json() -> None:
    evaluation = sample()
    data = json.loads(json.dumps(evaluation.to_dict()))
    again = Evaluation.from_dict(data)
    assert again.to_dict() == data and again.figure("facts").hits == 90


def test_other_data_is_refused() -> None:
    for data in ({}, {**sample().to_dict(), "format": 99}, {**sample().to_dict(), "figures": [{}]}):
        with pytest.raises(RequestError) as caught:
            Evaluation.from_dict(data)
        assert caught.value.code == "bad_evaluation"


def test_the_table_shows_figures_measures_and_notes() -> None:
    text = sample(80).markdown()
    assert "| **The right fact is in the answer** | 80.0 % (missed) | 100 | 71.1 to 86.7 % | 90.0 % |" in text
    assert "| Reading | 5,000 tokens/s | at least 4,000 tokens/s |" in text
    assert "- 3 answers were fallback lines (empty)." in text


def test_an_unknown_figure_is_no_figure() -> None:
    with pytest.raises(KeyError):
        sample().figure("beauty")


def test_percent() -> None:
    assert (percent(0.915), percent(None)) == ("91.5 %", "-")
